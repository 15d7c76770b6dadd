"""How commands end: exit codes, and the one line that says why."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from napari_segsuite import __version__
from napari_segsuite.cli.console import Console
from napari_segsuite.cli.main import execute, main
from napari_segsuite.cli.parsing import Command
from napari_segsuite.errors import Cancelled, InputError, JobFailed, SegsuiteError
from napari_segsuite.plan.unet import PlanChoices


@dataclass(frozen=True, kw_only=True)
class Ending(Command):
    """Ends as it is told."""

    error: BaseException | None = None

    def run(self, console: Console) -> None:
        if self.error is not None:
            raise self.error
        console.result("done")


def _run(command: Command) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = execute(command, Console(out, err))
    return code, out.getvalue(), err.getvalue()


def test_a_command_that_is_done_ends_with_0() -> None:
    assert _run(Ending()) == (0, "done\n", "")


def test_bad_input_is_one_line_and_ends_with_1() -> None:
    error = InputError("Nothing is painted.\n  Paint a few strokes.")

    code, out, err = _run(Ending(error=error))

    assert (code, out) == (1, "")
    assert err == "segsuite: Nothing is painted. Paint a few strokes.\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Cancelled("Stopped early.")])
def test_an_interrupted_command_ends_with_130(error: BaseException) -> None:
    code, _, err = _run(Ending(error=error))

    assert code == 130
    assert len(err.splitlines()) == 1


def test_an_unforeseen_error_shows_no_traceback_unless_asked() -> None:
    error = RuntimeError("odd")

    quiet, loud = _run(Ending(error=error)), _run(Ending(error=error, debug=True))

    assert quiet[0] == loud[0] == 1
    assert quiet[2].count("\n") == 1
    assert "--debug" in quiet[2]
    assert "Traceback" in loud[2]


def test_debug_shows_where_a_job_failed() -> None:
    error = JobFailed("The job failed.", "Traceback of the handler")

    assert "Traceback of the handler" in _run(Ending(error=error, debug=True))[2]
    assert "Traceback of the handler" not in _run(Ending(error=error))[2]


def test_a_value_that_no_job_takes_is_named() -> None:
    with pytest.raises(ValueError, match="levels") as caught:
        PlanChoices(levels=99)

    code, _, err = _run(Ending(error=caught.value))

    assert code == 1
    assert err == "segsuite: levels: Input should be less than or equal to 6, got 99\n"


def test_memory_that_runs_out_is_told_in_plain_words() -> None:
    assert _run(Ending(error=MemoryError()))[2].startswith("segsuite: There is not")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__


def test_every_error_of_ours_ends_with_1() -> None:
    assert _run(Ending(error=SegsuiteError("no")))[0] == 1


def test_output_into_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    # As in `segsuite models list | head -0`.
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "napari_segsuite.cli.main", "--version"],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)

    assert done.stderr == ""
    assert done.returncode == 1


def test_a_terminal_without_the_letters_still_gets_the_result(tmp_path: Path) -> None:
    np.save(tmp_path / "empty.npy", np.zeros((2, 2), np.uint8))
    words = "evaluate --truth empty.npy --prediction empty.npy"
    done = subprocess.run(
        [sys.executable, "-m", "napari_segsuite.cli.main", *words.split()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "?" in done.stdout  # the dash of a mean over no class
