"""Several predictions side by side against one truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import (
    ContingencyTable,
    Report,
    SurfaceReport,
    count_blocks,
)
from napari_segsuite.widgets.measure.score_names import lower_is_better

Progress = Callable[[float], None]

# Where surfaces are measured too, the part of the time that counting takes.
_COUNTING: Final = 0.1


@dataclass(frozen=True, slots=True)
class Contender:
    """A prediction that is to be scored.

    Parameters
    ----------
    key : object
        What the prediction is known by: its layer.
    name : str
        For people.
    truth, prediction : array or None
        Two label arrays of one shape, lazy or not; None with a `problem`.
    score : callable or None
        Makes the report of their contingency table; None with a `problem`.
    where : str
        Which part is scored, for people.
    problem : str
        Why it cannot be scored, for people; "" if it can.
    surfaces : callable or None
        Measures the surfaces too, where that is wanted: called with `progress` as
        `try_out` is.
    """

    key: object
    name: str
    truth: Any = None
    prediction: Any = None
    score: Callable[[ContingencyTable], Report] | None = None
    where: str = ""
    problem: str = ""
    surfaces: Callable[[Progress], SurfaceReport] | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a contender did.

    Parameters
    ----------
    contender : Contender
        The prediction.
    scores : mapping of str to float
        Its headline numbers; empty if there is a problem.
    problem : str
        Why there are none, or none of surfaces, for people.
    """

    contender: Contender
    scores: Mapping[str, float]
    problem: str = ""

    def value(self, score: str) -> float:
        """Return one of the headline numbers; NaN if there is none."""
        return self.scores.get(score, math.nan)


def try_out(contender: Contender, progress: Progress) -> Standing:
    """Score one contender.

    Parameters
    ----------
    contender : Contender
        The prediction.
    progress : callable
        Called with the part that is done, in 0 … 1. What it raises ends the scoring;
        it must be no `InputError`.

    Returns
    -------
    Standing
        With a problem if the arrays cannot be compared or read.
    """
    if contender.score is None:
        return Standing(contender, {}, contender.problem)
    weight = 1.0 if contender.surfaces is None else _COUNTING
    try:
        table = count_blocks(
            contender.truth,
            contender.prediction,
            progress=lambda part: progress(weight * part),
        )
        report = contender.score(table)
    except InputError as error:
        return Standing(contender, {}, str(error))
    except (OSError, ValueError) as error:  # raised by readers of files
        return Standing(contender, {}, f"The labels could not be read: {error}")
    if contender.surfaces is None:
        return Standing(contender, report.headline)
    try:
        surfaces = contender.surfaces(
            lambda part: progress(weight + (1 - weight) * part)
        )
    except InputError as error:
        return Standing(contender, report.headline, str(error))
    return Standing(contender, replace(report, surfaces=surfaces).headline)


def ranked(standings: Sequence[Standing], score: str) -> list[Standing]:
    """Return the standings, the best first; those without the score come last.

    Equals stay in their order.
    """
    sign = 1 if lower_is_better(score) else -1

    def key(standing: Standing) -> tuple[bool, float]:
        value = standing.value(score)
        return (True, 0.0) if math.isnan(value) else (False, sign * value)

    return sorted(standings, key=key)


def places(order: Sequence[Standing], score: str) -> list[int | None]:
    """Return the rank of each of the ranked standings; equals share the better one.

    None where there is no score.
    """
    ranks: list[int | None] = []
    for i, standing in enumerate(order):
        value = standing.value(score)
        if math.isnan(value):
            ranks.append(None)
        elif i and value == order[i - 1].value(score):
            ranks.append(ranks[-1])
        else:
            ranks.append(i + 1)
    return ranks
