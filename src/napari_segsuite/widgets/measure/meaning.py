"""What the numbers of two layers mean: as the user says, else guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.metrics import ContingencyTable, Mode, Report, score_table
from napari_segsuite.widgets.measure.parts import OUTSIDE

Auto = Literal["auto"]

# Class tables rarely hold more: without one, more ids than this are objects.
_MOST_CLASSES = 32


@dataclass(frozen=True, slots=True)
class Wish:
    """How the user wants ids to be read, and what the layers say of them.

    Parameters
    ----------
    classes : tuple of ClassInfo
        What is known of classes.
    unpainted : bool or "auto"
        Whether 0 in the truth means "not painted" and is not scored.
    background_id : int, None or "auto"
        The class that the means leave out; None leaves none out.
    mode : {"classes", "instances", "panoptic", "auto"}
        What an id is.
    true_segments, pred_segments : mapping of int to int, or None
        The class of each segment, where the layer says it.
    objects : bool or None
        Whether ids are known or look to be objects; None if nobody looked.
    """

    classes: tuple[ClassInfo, ...] = ()
    unpainted: bool | Auto = "auto"
    background_id: int | Auto | None = "auto"
    mode: Mode | Auto = "auto"
    true_segments: Mapping[int, int] | None = None
    pred_segments: Mapping[int, int] | None = None
    objects: bool | None = None

    @property
    def knows_segments(self) -> bool:
        """Whether both layers say the class of their segments."""
        return self.true_segments is not None and self.pred_segments is not None


@dataclass(frozen=True, slots=True)
class Meaning:
    """How ids are read, with nothing left to guess.

    Parameters
    ----------
    mode : {"classes", "instances", "panoptic"}
        What an id is.
    unpainted : bool
        Whether 0 in the truth is not scored.
    background_id : int or None
        The class that means leave out; with instances, the id that is no object.
    names : mapping of int to str
        Names of classes.
    true_segments, pred_segments : mapping of int to int, or None
        With mode "panoptic", the class of each segment.
    stuff_ids : frozenset of int
        Classes that are areas rather than objects.
    """

    mode: Mode
    unpainted: bool
    background_id: int | None
    names: Mapping[int, str] = field(default_factory=dict)
    true_segments: Mapping[int, int] | None = None
    pred_segments: Mapping[int, int] | None = None
    stuff_ids: frozenset[int] = frozenset()

    def score(self, table: ContingencyTable) -> Report:
        """Score a table; what it counted outside the region of interest is left out.

        Raises
        ------
        InputError
            If an object has a negative id, or a segment no class.
        """
        inside = table.without_true(OUTSIDE)
        return score_table(
            inside,
            mode=self.mode,
            ignore_id=0 if self.unpainted else None,
            background_id=self.background_id,
            names=self.names,
            true_classes=self.true_segments,
            pred_classes=self.pred_segments,
            stuff_ids=self.stuff_ids,
        )


def meaning_of(table: ContingencyTable, wish: Wish) -> Meaning:
    """Return how to read the ids of `table`; classes known but absent are kept."""
    inside = table.without_true(OUTSIDE)
    mode = guess_mode(inside, wish) if wish.mode == "auto" else wish.mode
    names = {info.id: info.name for info in wish.classes}
    if mode == "instances":
        return Meaning(mode, unpainted=False, background_id=0)
    if mode == "panoptic":
        return Meaning(
            mode,
            unpainted=True,
            background_id=None,
            names=names,
            true_segments=wish.true_segments,
            pred_segments=wish.pred_segments,
            stuff_ids=frozenset(info.id for info in wish.classes if not info.thing),
        )
    unpainted = wish.unpainted
    if unpainted == "auto":
        unpainted = guess_unpainted(inside, wish.classes)
    ids = ids_of(inside)
    background = wish.background_id
    if background == "auto":
        # A truth that is complete without 0 has its background in a class as well.
        background = guess_background(unpainted or 0 not in ids, wish.classes)
    if background is not None and background in ids:
        names.setdefault(background, "background")
    return Meaning(mode, unpainted, background, names)


def ids_of(table: ContingencyTable) -> tuple[int, ...]:
    """Return all ids of truth and prediction, ascending."""
    return tuple(np.union1d(table.true_ids, table.pred_ids).tolist())


def guess_mode(table: ContingencyTable, wish: Wish) -> Mode:
    """Return what ids probably are.

    Segments, if both layers say the class of their segments and these are not simply
    the ids. Objects, if they are known or look to be. Else classes, if there is a class
    table or ids are few; else objects.
    """
    if wish.knows_segments:
        for segments in (wish.true_segments, wish.pred_segments):
            if segments and any(label != i for i, label in segments.items()):
                return "panoptic"
    if wish.objects:
        return "instances"
    most = max(np.unique(table.true_ids).size, np.unique(table.pred_ids).size)
    # Beside the ids there is usually a background.
    few = most <= _MOST_CLASSES + 1
    return "classes" if wish.classes or few else "instances"


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
