"""The entry point of ``segsuite``: commands, and how they end.

Exit codes: 0 done, 1 failed (one line on stderr says why), 2 wrong usage, 130
interrupted.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

import tyro
from pydantic import ValidationError

from napari_segsuite import __version__
from napari_segsuite._model import describe_invalid
from napari_segsuite.cli.console import Console
from napari_segsuite.cli.demo import DemoCommand
from napari_segsuite.cli.evaluate import EvaluateCommand
from napari_segsuite.cli.exchange import (
    ExportCoco,
    ExportImageJ,
    ExportPanoptic,
    ImportCoco,
    ImportImageJ,
    ImportPanoptic,
)
from napari_segsuite.cli.link import LinkCommand
from napari_segsuite.cli.merge import MergeCommand
from napari_segsuite.cli.model_import import DownloadCommand, ImportCommand
from napari_segsuite.cli.models import ListModels, ShowModel
from napari_segsuite.cli.parsing import Command, UsageError, registry
from napari_segsuite.cli.predict import PredictCommand
from napari_segsuite.cli.prompt import PromptCommand
from napari_segsuite.cli.run import RunCommand
from napari_segsuite.cli.train import ResumeCommand, TrainUNetCommand
from napari_segsuite.cli.train_maskrcnn import TrainMaskRCNNCommand
from napari_segsuite.errors import Cancelled, SegsuiteError

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
INTERRUPTS = (Cancelled, KeyboardInterrupt)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands after ``segsuite``; None takes it from the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without "µ" is no reason to lose the result.
            stream.reconfigure(errors="replace")
    console = Console(sys.stdout, sys.stderr)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        return execute(VersionCommand(), console)
    try:
        command = parse(words)
    except UsageError as error:
        return _complain(console, str(error), WRONG_USAGE)
    except SystemExit as end:
        return DONE if end.code is None else int(end.code)
    return execute(command, console)


def parse(words: Sequence[str]) -> Command:
    """Return the command that `words` mean.

    Raises
    ------
    SystemExit
        After help (0) or a complaint about wrong usage (2) was written.
    UsageError
        If an option is out of bounds.
    """
    train = tyro.extras.SubcommandApp()
    train.command(name="unet")(TrainUNetCommand)
    train.command(name="maskrcnn")(TrainMaskRCNNCommand)
    train.command(name="resume")(ResumeCommand)
    models = tyro.extras.SubcommandApp()
    models.command(name="list")(ListModels)
    models.command(name="show")(ShowModel)
    models.command(name="import")(ImportCommand)
    models.command(name="download")(DownloadCommand)
    exporting = tyro.extras.SubcommandApp()
    exporting.command(name="coco")(ExportCoco)
    exporting.command(name="coco-panoptic")(ExportPanoptic)
    exporting.command(name="imagej")(ExportImageJ)
    importing = tyro.extras.SubcommandApp()
    importing.command(name="coco")(ImportCoco)
    importing.command(name="coco-panoptic")(ImportPanoptic)
    importing.command(name="imagej")(ImportImageJ)
    app = tyro.extras.SubcommandApp()
    app.command(name="demo")(DemoCommand)
    app.command(
        train, name="train", help="Train a model on painted labels or drawn objects."
    )
    app.command(name="predict")(PredictCommand)
    app.command(name="prompt")(PromptCommand)
    app.command(name="evaluate")(EvaluateCommand)
    app.command(name="link")(LinkCommand)
    app.command(name="merge")(MergeCommand)
    app.command(exporting, name="export", help="Write labels for other programs.")
    app.command(importing, name="import", help="Read labels of other programs.")
    app.command(models, name="models", help="List, show, import and download models.")
    app.command(name="run")(RunCommand)
    command: Command = app.cli(
        prog="segsuite",
        description="Paint, click, train, predict and score segmentations.",
        args=words,
        registry=registry(),
    )
    return command


@dataclass(frozen=True, kw_only=True)
class VersionCommand(Command):
    """Show the version."""

    def run(self, console: Console) -> None:
        """Write the version."""
        console.result(__version__)


def execute(command: Command, console: Console) -> int:
    """Run `command`, say in one line what went wrong, and return the exit code."""
    try:
        command.run(console)
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does. Python would complain
        # once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except UsageError as error:
        return _complain(console, str(error), WRONG_USAGE)
    except (Exception, KeyboardInterrupt) as error:
        if command.debug:
            details = getattr(error, "details", "")
            console.remark(f"{traceback.format_exc()}{details}")
        code = INTERRUPTED if isinstance(error, INTERRUPTS) else FAILED
        return _complain(console, sentence(error), code)
    return DONE


def sentence(error: BaseException) -> str:
    """Return what `error` means, for people."""
    match error:
        case SegsuiteError():
            return str(error)
        case KeyboardInterrupt():
            return "Interrupted; nothing half-written was kept."
        case ValidationError():
            return describe_invalid(error)
        case MemoryError():
            return "There is not enough memory for this."
    return (
        f"Something unforeseen happened: {type(error).__name__}: {error}. Run it again "
        "with --debug, and report what it shows."
    )


def _complain(console: Console, text: str, code: int) -> int:
    console.remark(f"segsuite: {' '.join(text.split())}")
    return code


if __name__ == "__main__":
    sys.exit(main())
