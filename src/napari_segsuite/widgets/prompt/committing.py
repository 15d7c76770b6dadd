"""Writing objects to a Labels layer so that napari's own undo takes them back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray
from psygnal import Signal

from napari_segsuite.data.prompts.objects import PromptedObject, with_object
from napari_segsuite.data.prompts.placing import Rule, place
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError
from napari_segsuite.widgets.layer_classes import declared
from napari_segsuite.widgets.prompt.draft import Draft
from napari_segsuite.widgets.prompt.object_book import ObjectBook
from napari_segsuite.widgets.prompt.picture import Index
from napari_segsuite.widgets.prompt.targets import HighestId
from napari_segsuite.widgets.prompt.trail import Trail
from napari_segsuite.widgets.session import Session

_NOTHING = MaskRuns(offset=(0, 0), shape=(0, 0))

Objects = tuple[PromptedObject, ...]


@dataclass(frozen=True, eq=False)
class Commit:
    """One object that was written, and what was known before and after."""

    draft: Draft
    """What it was written from."""
    steps: tuple[Draft, ...]
    """The drafts before, by which it came about."""
    before: Objects
    """The objects before."""
    after: Objects
    """The objects after."""


class Committing:
    """Commits drafts to one layer at a time, and follows undo and redo there.

    Parameters
    ----------
    session : Session
        The session of the viewer.
    """

    undone = Signal(Commit)
    """A commit was undone; the objects are as they were before."""
    redone = Signal(Commit)
    """A commit was done again."""

    def __init__(self, session: Session) -> None:
        self.book = ObjectBook(session)
        """The objects of the layer."""
        self.trail = Trail()
        """Its history."""
        self.highest = HighestId(session, self.trail)
        """Its highest id."""
        self.rule: Rule = "keep"
        """What happens where other objects are."""
        self.trail.undone.connect(self._on_undone)
        self.trail.redone.connect(self._on_redone)

    @property
    def layer(self) -> Labels | None:
        """The layer that is committed to."""
        return self.trail.layer

    def follow(self, layer: Labels | None) -> None:
        """Commit to another layer, or to none."""
        if layer is self.layer and layer is not None:
            return
        self.book.flush()
        self.trail.follow(layer)
        self.book.open(layer)
        self.highest.restart()
        for one in self.book.objects:
            self.highest.at_least(one.id)

    def commit(
        self,
        draft: Draft,
        steps: tuple[Draft, ...],
        masks: Mapping[Index, MaskRuns],
        class_id: int | None,
    ) -> PromptedObject:
        """Write an object to the layer, as one step of its history.

        Parameters
        ----------
        draft : Draft
            What is said about it; without id it gets a free one.
        steps : tuple of Draft
            How it came about, for undo.
        masks : mapping
            Its mask on each plane; planes it has no more are cleared of it.
        class_id : int or None
            Its class.

        Returns
        -------
        PromptedObject
            The object as it is known from now on.

        Raises
        ------
        InputError
            If the layer cannot hold it, or every pixel of it is taken.
        """
        layer = self.layer
        if layer is None:
            msg = "Choose the Labels layer to commit to, or press New."
            raise InputError(msg)
        if self.highest.value is None:
            msg = f"{layer.name!r} is still being looked through; press again."
            raise InputError(msg)
        id_ = draft.id or self.highest.value + 1
        known = self.book.find(id_)
        indices, values, placed = self._placed(layer, id_, masks, known)
        if not any(mask.area for mask in placed.values()):
            msg = (
                "Nothing was committed: every pixel of the mask is taken. Choose "
                "another rule under Overlap."
            )
            raise InputError(msg)
        made = PromptedObject(
            id=id_,
            class_id=class_id,
            prompts=dict(draft.prompts),
            chosen=dict(draft.chosen),
            masks={index: mask for index, mask in placed.items() if mask.area},
        )
        before = self.book.objects
        after = with_object(before, made)
        commit = Commit(replace(draft, id=id_), steps, before, after)
        self.trail.write(indices, values, commit)
        self.highest.at_least(id_)
        self.book.set(after)
        return made

    def _placed(
        self,
        layer: Labels,
        id_: int,
        masks: Mapping[Index, MaskRuns],
        known: PromptedObject | None,
    ) -> tuple[tuple[NDArray[np.intp], ...], NDArray[np.int64], dict[Index, MaskRuns]]:
        had = {} if known is None else known.masks
        background = next(
            (c.id for c in declared(layer) if c.name.lower() == "background"), 0
        )
        placed: dict[Index, MaskRuns] = {}
        where: list[list[NDArray[np.intp]]] = []
        values: list[NDArray[np.int64]] = []
        for index in sorted({*masks, *had}):
            placement = place(
                layer.data[index],
                masks.get(index, _NOTHING),
                id_,
                self.rule,
                before=had.get(index, _NOTHING),
                background=background,
            )
            placed[index] = placement.mask
            rows, columns = placement.indices
            leading = [np.full(rows.shape, i, np.intp) for i in index]
            where.append([*leading, rows, columns])
            values.append(placement.values)
        if not where:
            empty = np.zeros(0, np.intp)
            return (empty,) * layer.ndim, np.zeros(0, np.int64), {}
        indices = tuple(np.concatenate(parts) for parts in zip(*where, strict=True))
        return indices, np.concatenate(values), placed

    def _on_undone(self, commit: Commit) -> None:
        self.book.set(commit.before)
        self.undone.emit(commit)

    def _on_redone(self, commit: Commit) -> None:
        self.book.set(commit.after)
        self.redone.emit(commit)
