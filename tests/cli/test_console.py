"""Progress on terminals and in pipes."""

from __future__ import annotations

import io
import math

from napari_segsuite.cli.console import Bar, Console, Lines, epoch_text
from napari_segsuite.jobs.events import EpochEnd, Notice, Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def _epoch(dice: float) -> EpochEnd:
    return EpochEnd(epoch=3, step=60, seconds=4.0, loss=0.25, dice=dice, best=True)


def test_results_and_remarks_go_to_different_streams() -> None:
    out, err = io.StringIO(), io.StringIO()
    console = Console(out, err)

    console.remark("reading")
    console.result("a table")

    assert (out.getvalue(), err.getvalue()) == ("a table\n", "reading\n")


def test_a_terminal_gets_a_bar_with_the_time_left() -> None:
    err = Terminal()
    console = Console(io.StringIO(), err)

    event = Progress(fraction=0.5, message="training", seconds_left=65.0)
    console.on_event(event)

    bar = "[##########----------]  50%  training, 1 min 5 s left"
    assert err.getvalue() == "\r" + bar


def test_a_bar_is_wiped_away_before_other_lines() -> None:
    err = Terminal()
    console = Console(io.StringIO(), err)

    console.on_event(Progress(fraction=1.0, message="x"))
    console.on_event(Notice(message="Nothing to do."))

    assert err.getvalue().endswith("\r" + " " * 30 + "\rNothing to do.\n")


def test_a_bar_is_not_drawn_more_often_than_it_can_be_seen() -> None:
    stream = Terminal()
    bar = Bar(stream)

    for step in range(1000):
        bar.show(step / 1000, "training")

    assert stream.getvalue().count("\r") < 50


def test_a_pipe_gets_whole_lines() -> None:
    stream = io.StringIO()

    Lines(stream, pause=0.0).show(0.25, "training")

    assert stream.getvalue() == " 25%  training\n"


def test_a_pipe_hears_nothing_of_what_is_quickly_done() -> None:
    stream = io.StringIO()
    lines = Lines(stream, pause=1000.0)

    lines.show(0.25, "training")
    lines.show(1.0, "training")

    assert stream.getvalue() == ""


def test_progress_tells_the_numbers_of_the_last_epoch() -> None:
    err = Terminal()
    console = Console(io.StringIO(), err)

    console.on_event(_epoch(dice=0.9))
    console.on_event(Progress(fraction=0.1, message="training"))

    assert "training  (loss 0.250, Dice 0.900)" in err.getvalue()


def test_an_epoch_without_held_out_pixels_shows_no_dice() -> None:
    assert epoch_text(_epoch(dice=math.nan)) == "loss 0.250"
