"""Writing objects to a Labels layer so that napari's own undo takes them back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

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
    """What was written in one step, and what was known before and after."""

    draft: Draft
    """What it was written from."""
    steps: tuple[Draft, ...]
    """The drafts before, by which it came about."""
    before: Objects
    """The objects before."""
    after: Callable[[], Objects]
    """Returns the objects after."""


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
        id_ = draft.id or self._highest() + 1
        wanted = PromptedObject(
            id=id_,
            class_id=class_id,
            prompts=dict(draft.prompts),
            chosen=dict(draft.chosen),
            masks=dict(masks),
        )
        (made,) = self.write((wanted,), replace(draft, id=id_), steps)
        return made

    def write(
        self,
        objects: Sequence[PromptedObject],
        draft: Draft | None = None,
        steps: tuple[Draft, ...] = (),
    ) -> tuple[PromptedObject, ...]:
        """Write objects to the layer, all as one step of its history.

        Parameters
        ----------
        objects : sequence of PromptedObject
            The objects, with the masks that they are to have.
        draft : Draft, optional
            What comes back when the step is undone.
        steps : tuple of Draft, optional
            How the draft came about.

        Returns
        -------
        tuple of PromptedObject
            The objects that were written, with the pixels that they got; those that
            got none are left out.

        Raises
        ------
        InputError
            If the layer cannot hold them, or every pixel of all of them is taken.
        """
        layer = self._writable()
        self._highest()
        before = after = self.book.objects
        made: list[PromptedObject] = []

        def changes() -> Iterator[tuple[tuple[NDArray[np.intp], ...], Any]]:
            nonlocal after
            for one in objects:
                known = next((o for o in after if o.id == one.id), None)
                indices, values, placed = self._placed(layer, one, known)
                if placed:
                    got = one.replace(masks=placed)
                    made.append(got)
                    after = with_object(after, got)
                    yield indices, values

        commit = Commit(draft or Draft(), steps, before, lambda: after)
        self.trail.write(changes(), commit)
        if not made:
            msg = (
                "Nothing was committed: every pixel of the mask is taken. Choose "
                "another rule under Overlap."
            )
            raise InputError(msg)
        self.highest.at_least(max(one.id for one in made))
        self.book.set(after)
        return tuple(made)

    def _writable(self) -> Labels:
        layer = self.layer
        if layer is None:
            msg = "Choose the Labels layer to commit to, or press New."
            raise InputError(msg)
        return layer

    def _highest(self) -> int:
        if self.highest.value is None:
            name = self._writable().name
            msg = f"{name!r} is still being looked through; press again."
            raise InputError(msg)
        return self.highest.value

    def _placed(
        self, layer: Labels, one: PromptedObject, known: PromptedObject | None
    ) -> tuple[tuple[NDArray[np.intp], ...], NDArray[Any], dict[Index, MaskRuns]]:
        had = {} if known is None else known.masks
        background = next(
            (c.id for c in declared(layer) if c.name.lower() == "background"), 0
        )
        placed: dict[Index, MaskRuns] = {}
        where: list[list[NDArray[np.intp]]] = []
        values: list[NDArray[Any]] = []
        for index in sorted({*one.masks, *had}):
            placement = place(
                layer.data[index],
                one.masks.get(index, _NOTHING),
                one.id,
                self.rule,
                before=had.get(index, _NOTHING),
                background=background,
            )
            if placement.mask.area:
                placed[index] = placement.mask
            rows, columns = placement.indices
            leading = [np.full(rows.shape, i, np.intp) for i in index]
            where.append([*leading, rows, columns])
            values.append(placement.values)
        if not where:
            return (), np.zeros(0, layer.data.dtype), {}
        indices = tuple(np.concatenate(parts) for parts in zip(*where, strict=True))
        return indices, np.concatenate(values), placed

    def _on_undone(self, commit: Commit) -> None:
        self.book.set(commit.before)
        self.undone.emit(commit)

    def _on_redone(self, commit: Commit) -> None:
        self.book.set(commit.after())
        self.redone.emit(commit)
