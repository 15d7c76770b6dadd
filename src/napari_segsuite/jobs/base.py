"""What a job is, and what its handler may know of the outside."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

from pydantic import ValidationError

from napari_segsuite._model import Model, describe_invalid
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.events import Event

T = TypeVar("T")


class Result(Model):
    """The base of what jobs return."""


R = TypeVar("R", bound=Result)


class Job(Model, Generic[R]):
    """A frozen description of work; knows nothing of who carries it out.

    Subclasses set `kind` (its name in JSON), `handler` (``"module:function"``,
    imported where the job runs) and `result_type`; `stoppable` if their handler
    asks `JobContext.stop_requested` and returns the best so far; `written` if it
    writes files or model folders: the names of the fields that say where.
    """

    kind: ClassVar[str]
    handler: ClassVar[str]
    result_type: ClassVar[type[Result]]
    stoppable: ClassVar[bool] = False
    written: ClassVar[tuple[str, ...]] = ()


class JobContext(Protocol):
    """All that a handler may know of the outside."""

    @property
    def scratch(self) -> Path:
        """A private folder for temporary arrays; whoever runs the job empties it."""

    def emit(self, event: Event) -> None:
        """Tell whoever listens; returns at once."""

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if the job was cancelled; call once per step."""

    def stop_requested(self) -> bool:
        """Whether to finish early and keep the best so far."""

    def control(self, name: str) -> Any:
        """Return the newest value sent under `name` while running, or None."""

    def cached(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value kept for `key`, made by `make` the first time."""


def job_types() -> Mapping[str, type[Job[Any]]]:
    """Return every kind of job: ours and those of other packages.

    Other packages add theirs under the entry point group ``napari_segsuite.jobs``.
    """
    from napari_segsuite.jobs.evaluation import Evaluate
    from napari_segsuite.jobs.exchange import ExportLabels, ImportLabels
    from napari_segsuite.jobs.importing import DownloadModel, ImportModel
    from napari_segsuite.jobs.instances import DetectInstances, TrainMaskRCNN
    from napari_segsuite.jobs.panoptic import MergePanoptic, PredictPanoptic
    from napari_segsuite.jobs.prediction import Predict
    from napari_segsuite.jobs.prompting import (
        EmbedPlane,
        FollowObjects,
        SegmentEverything,
        SegmentPrompt,
    )
    from napari_segsuite.jobs.training import TrainUNet

    own: tuple[type[Job[Any]], ...] = (
        TrainUNet,
        Predict,
        Evaluate,
        EmbedPlane,
        SegmentPrompt,
        FollowObjects,
        SegmentEverything,
        TrainMaskRCNN,
        DetectInstances,
        PredictPanoptic,
        MergePanoptic,
        ExportLabels,
        ImportLabels,
        ImportModel,
        DownloadModel,
    )
    found = {job.kind: job for job in own}
    for entry in entry_points(group="napari_segsuite.jobs"):
        try:
            job = entry.load()
            found.setdefault(job.kind, job)
        except Exception as error:
            # Another package's fault must not take our own jobs away.
            msg = f"The job {entry.value} of another package cannot be used: {error}"
            warnings.warn(msg, stacklevel=2)
    return found


def dump_job(job: Job[Any]) -> dict[str, Any]:
    """Return `job` as JSON values, with its kind."""
    return {"kind": job.kind, **job.model_dump(mode="json")}


def load_job(
    values: Mapping[str, Any], types: Mapping[str, type[Job[Any]]] | None = None
) -> Job[Any]:
    """Return the job that `dump_job` wrote.

    Parameters
    ----------
    values : mapping
        What `dump_job` returned.
    types : mapping, optional
        What `job_types` returned, if it was asked before: it takes some 5 ms.

    Raises
    ------
    InputError
        If the kind is unknown or a field does not fit.
    """
    fields = dict(values)
    kind = fields.pop("kind", None)
    types = job_types() if types is None else types
    if kind not in types:
        msg = f"The job's kind is {kind!r}; known kinds are {', '.join(sorted(types))}."
        raise InputError(msg)
    try:
        return types[kind].model_validate(fields)
    except ValidationError as error:
        msg = f"The job of kind {kind!r} cannot be read: {describe_invalid(error)}."
        raise InputError(msg) from error


Handler = Callable[[Any, JobContext], Result]


def resolve(job: Job[Any]) -> Handler:
    """Import and return the function that carries out `job`."""
    module, _, function = job.handler.partition(":")
    return cast(Handler, getattr(import_module(module), function))
