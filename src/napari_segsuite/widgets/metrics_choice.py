"""What the numbers of a painting or a mask mean, guessed from what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.metrics import ContingencyTable, OverlapReport, score


@dataclass(frozen=True, slots=True)
class Meaning:
    """How ids are read.

    Parameters
    ----------
    unpainted : bool
        Whether 0 in the truth means "not painted" and is not scored.
    background_id : int or None
        The class that the means leave out.
    """

    unpainted: bool
    background_id: int | None


def guess_unpainted(table: ContingencyTable, declared: Sequence[ClassInfo]) -> bool:
    """Whether 0 in the truth looks unpainted rather than a class of its own.

    It does if a class with an id above 0 is called background, or if the truth has at
    least two classes beside 0 and the prediction never says 0.
    """
    if not (table.true_ids == 0).any():
        return False
    if _declared_background(declared) is not None:
        return True
    classes = np.unique(table.true_ids[table.true_ids != 0])
    return classes.size >= 2 and not (table.pred_ids == 0).any()


def guess_background(unpainted: bool, declared: Sequence[ClassInfo]) -> int:
    """Return the id that is probably background: by name, else 1 or 0."""
    named = _declared_background(declared)
    if named is not None and unpainted:
        return named
    # Paintings, where 0 is taken by "unpainted", have their background in 1.
    return 1 if unpainted else 0


def score_as(
    table: ContingencyTable, meaning: Meaning, declared: Sequence[ClassInfo]
) -> OverlapReport:
    """Score `table`; classes that are declared but absent score NaN."""
    names = {info.id: info.name for info in declared}
    background = meaning.background_id
    if background is not None and background in ids_of(table):
        names.setdefault(background, "background")
    return score(
        table,
        ignore_id=0 if meaning.unpainted else None,
        background_id=background,
        names=names,
    )


def ids_of(table: ContingencyTable) -> list[int]:
    """Return all ids of truth and prediction, ascending."""
    return [int(n) for n in np.union1d(table.true_ids, table.pred_ids)]


def _declared_background(declared: Sequence[ClassInfo]) -> int | None:
    named = (info.id for info in declared if info.name.strip().lower() == "background")
    return next(named, None)
