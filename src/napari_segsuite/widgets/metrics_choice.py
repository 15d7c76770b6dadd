"""What the numbers of a painting or a mask mean: as the user says, else guessed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.metrics import ContingencyTable, OverlapReport, score_overlap

# More ids than this are objects; a table of them would only slow the window.
MOST_IDS = 10_000


@dataclass(frozen=True, slots=True)
class Wish:
    """How the user wants ids to be read.

    Parameters
    ----------
    classes : tuple of ClassInfo
        What is known of classes.
    unpainted : bool or "auto"
        Whether 0 in the truth means "not painted" and is not scored.
    background_id : int, None or "auto"
        The class that the means leave out; None leaves none out.
    """

    classes: tuple[ClassInfo, ...] = ()
    unpainted: bool | Literal["auto"] = "auto"
    background_id: int | Literal["auto"] | None = "auto"


@dataclass(frozen=True, slots=True)
class Scores:
    """What the dock shows; made where the counting is done, since it takes time.

    Parameters
    ----------
    ids : tuple of int
        All ids of truth and prediction, ascending.
    unpainted : bool
        How 0 in the truth was read.
    report : OverlapReport or None
        None if there are too many ids for a report.
    mean_dice, mean_iou, pixel_accuracy : float
        The headline numbers of the report.
    """

    ids: tuple[int, ...]
    unpainted: bool
    report: OverlapReport | None = None
    mean_dice: float = math.nan
    mean_iou: float = math.nan
    pixel_accuracy: float = math.nan


def score_as(table: ContingencyTable, wish: Wish) -> Scores:
    """Score `table`; classes that are known but absent score NaN."""
    ids = tuple(np.union1d(table.true_ids, table.pred_ids).tolist())
    unpainted = wish.unpainted
    if unpainted == "auto":
        unpainted = guess_unpainted(table, wish.classes)
    if len(ids) > MOST_IDS:
        return Scores(ids, unpainted)
    background = wish.background_id
    if background == "auto":
        # A truth that is complete without 0 has its background in a class as well.
        background = guess_background(unpainted or 0 not in ids, wish.classes)
    names = {info.id: info.name for info in wish.classes}
    if background is not None and background in ids:
        names.setdefault(background, "background")
    report = score_overlap(
        table,
        ignore_id=0 if unpainted else None,
        background_id=background,
        names=names,
    )
    return Scores(
        ids,
        unpainted,
        report,
        report.mean_dice,
        report.mean_iou,
        report.pixel_accuracy,
    )


def guess_unpainted(table: ContingencyTable, classes: Sequence[ClassInfo]) -> bool:
    """Whether 0 in the truth looks unpainted rather than a class of its own.

    It does if a class (all of which have ids above 0) is called background, or if the
    truth has at least two classes beside 0 and the prediction never says 0.
    """
    if not (table.true_ids == 0).any():
        return False
    if _named_background(classes) is not None:
        return True
    painted = np.unique(table.true_ids[table.true_ids != 0])
    return painted.size >= 2 and not (table.pred_ids == 0).any()


def guess_background(unpainted: bool, classes: Sequence[ClassInfo]) -> int:
    """Return the id that is probably background: by name, else 1 or 0."""
    named = _named_background(classes)
    if named is not None and unpainted:
        return named
    # Paintings, where 0 is taken by "unpainted", have their background in 1.
    return 1 if unpainted else 0


def _named_background(classes: Sequence[ClassInfo]) -> int | None:
    named = (info.id for info in classes if info.name.strip().lower() == "background")
    return next(named, None)
