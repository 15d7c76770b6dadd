"""``segsuite run``."""

from __future__ import annotations

import json
from dataclasses import dataclass

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.parsing import Command, File
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import Result, load_job
from napari_segsuite.jobs.instances import TrainMaskRCNN
from napari_segsuite.jobs.training import TrainUNet


@dataclass(frozen=True, kw_only=True)
class RunCommand(Command):
    """Run a job that was saved as JSON, by a dock or by hand."""

    job: tyro.conf.Positional[File]
    """The JSON file; paths in it count from the current folder."""

    def run(self, console: Console) -> None:
        """Run the job and write its result as JSON."""
        from napari_segsuite import api
        from napari_segsuite.cli.train import train

        try:
            values = json.loads(self.job.read_text(encoding="utf-8"))
        except OSError as error:
            msg = f"{self.job} cannot be read: {error.strerror}."
            raise InputError(msg) from error
        except ValueError as error:
            msg = f"{self.job} is not JSON: {error}."
            raise InputError(msg) from error
        if not isinstance(values, dict):
            msg = f"{self.job} holds no job: a JSON object with a kind was expected."
            raise InputError(msg)
        job = load_job(values)
        console.begin(f"Running {job.kind}")
        result: Result
        if isinstance(job, TrainUNet | TrainMaskRCNN):
            result = train(job, console)
        else:
            result = api.run(job, on_event=console.on_event)
        console.result(result.model_dump_json(indent=2))
