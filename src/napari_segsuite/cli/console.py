"""What the command line writes: results, remarks and progress."""

from __future__ import annotations

import math
import shutil
import time
from typing import Protocol, TextIO

from napari_segsuite.jobs.events import EpochEnd, Event, Notice, PlanReady, Progress
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan
from napari_segsuite.plan.unet import UNetPlan


class ProgressDisplay(Protocol):
    """Where the state of a running job is shown."""

    def show(self, fraction: float | None, text: str) -> None:
        """Show the part that is done, 0 to 1 or None if unknown, and what it is."""

    def clear(self) -> None:
        """Make room for other lines; called before them and when a job ends."""


class Bar:
    """A bar on a terminal, drawn over itself at most ten times a second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn = -math.inf
        self._width = 0

    def show(self, fraction: float | None, text: str) -> None:
        """Draw the bar and `text`, cut to the terminal's width."""
        now = time.monotonic()
        if now - self._drawn < 0.1 and fraction != 1.0:
            return
        self._drawn = now
        line = text
        if fraction is not None:
            full = round(20 * fraction)
            line = f"[{'#' * full}{'-' * (20 - full)}] {fraction:4.0%}  {text}"
        line = line[: shutil.get_terminal_size().columns - 1]
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)

    def clear(self) -> None:
        """Wipe the bar away."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0


class Lines:
    """Plain lines, for files and pipes: one after each few seconds of silence."""

    def __init__(self, stream: TextIO, *, pause: float = 5.0) -> None:
        self._stream = stream
        self._pause = pause
        self._written = time.monotonic()

    def show(self, fraction: float | None, text: str) -> None:
        """Write a line if the last is long enough ago."""
        now = time.monotonic()
        if now - self._written < self._pause:
            return
        self._written = now
        part = "" if fraction is None else f"{fraction:4.0%}  "
        self._stream.write(f"{part}{text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Begin the silence anew: another line is being written."""
        self._written = time.monotonic()


class Console:
    """The two streams of the command: results on one, all else on the other.

    Parameters
    ----------
    out : TextIO
        Results: tables, model cards, JSON.
    err : TextIO
        Progress and remarks; a bar if it is a terminal, plain lines otherwise.
    """

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self._out = out
        self._err = err
        self._progress: ProgressDisplay = Bar(err) if err.isatty() else Lines(err)
        self._state = ""

    def result(self, text: str) -> None:
        """Write `text`, which the user asked for."""
        self._progress.clear()
        self._out.write(text if text.endswith("\n") else text + "\n")
        self._out.flush()

    def remark(self, text: str) -> None:
        """Write a line about what is going on."""
        self._progress.clear()
        self._err.write(text + "\n")
        self._err.flush()

    def begin(self, text: str) -> None:
        """Say what starts now; progress belongs to it until the next one."""
        self._state = ""
        self.remark(text)

    def on_event(self, event: Event) -> None:
        """Show what a running job tells."""
        match event:
            case Progress():
                text = event.message or self._state
                if event.seconds_left is not None:
                    text += f", {_duration(event.seconds_left)} left"
                if self._state and event.message:
                    text += f"  ({self._state})"
                self._progress.show(event.fraction, text)
            case EpochEnd():
                self._state = epoch_text(event)
            case PlanReady():
                self.remark(plan_text(event.plan))
            case Notice():
                self.remark(event.message)


def plan_text(plan: UNetPlan | MaskRCNNPlan) -> str:
    """Return a plan as one paragraph."""
    from napari_segsuite.plan.choose import explain
    from napari_segsuite.plan.choose_maskrcnn import explain_maskrcnn

    return explain(plan) if isinstance(plan, UNetPlan) else explain_maskrcnn(plan)


def epoch_text(epoch: EpochEnd) -> str:
    """Return an epoch's numbers in a few words."""
    text = f"loss {epoch.loss:.3f}"
    for name, score in (("Dice", epoch.dice), ("F1", epoch.f1)):
        text += "" if math.isnan(score) else f", {name} {score:.3f}"
    return text


def _duration(seconds: float) -> str:
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
