"""What was written to a Labels layer, followed through napari's undo and redo."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from weakref import ref

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray
from psygnal import Signal

# napari forgets steps beyond this many.
_STEPS_KEPT: Final = 100


@dataclass(frozen=True, eq=False)
class Step:
    """One item of the layer's history: a stroke, or something that was committed."""

    atoms: tuple[Any, ...]
    """Its parts, as napari's `paint` event told them."""
    commit: Any = None
    """What was committed by it; None for strokes."""

    def is_undone(self, data: NDArray[Any]) -> bool:
        """Whether the pixels are as they were before."""
        # Later parts may have changed pixels again; before the first nothing had.
        return _holds(self.atoms[0], data, before=True)

    def is_done(self, data: NDArray[Any]) -> bool:
        """Whether the pixels are as they were made."""
        return _holds(self.atoms[-1], data, before=False)


class Trail:
    """Notices when steps in a layer are undone and done again, by whoever does it.

    napari tells that a layer was drawn anew, not why; so the pixels of the last step
    are looked at. Strokes are steps too: what lies below one cannot be undone before.
    """

    undone = Signal(object)
    """What was committed by a step that has been undone."""
    redone = Signal(object)
    """What was committed by a step that has been done again."""
    painted = Signal()
    """Somebody painted, or the layer got new data."""

    def __init__(self) -> None:
        self._layer: Any = lambda: None
        self._done: deque[Step] = deque(maxlen=_STEPS_KEPT)
        self._undone: list[Step] = []
        self._writing: Any = None
        self._data: Any = None

    @property
    def layer(self) -> Labels | None:
        """The layer that is followed."""
        found: Labels | None = self._layer()
        return found

    @property
    def can_redo(self) -> bool:
        """Whether the layer has a step that was undone."""
        return bool(self._undone)

    def follow(self, layer: Labels | None) -> None:
        """Follow another layer, or none; what is known of the one before is lost."""
        before = self.layer
        if layer is before:
            return
        if before is not None:
            for event, slot in self._slots(before):
                with suppress(ValueError, RuntimeError):
                    event.disconnect(slot)
        self._layer = (lambda: None) if layer is None else ref(layer)
        self._forget()
        if layer is not None:
            for event, slot in self._slots(layer):
                event.connect(slot)

    def write(
        self,
        changes: Iterable[tuple[tuple[NDArray[np.intp], ...], Any]],
        commit: Any,
    ) -> None:
        """Write to the layer, all as one step of its history.

        Parameters
        ----------
        changes : iterable of (indices, values)
            As `Labels.data_setitem` takes them; each is taken when those before are
            written. If no pixel changes, there is no step.
        commit : object
            What `undone` and `redone` tell.
        """
        layer = self.layer
        if layer is None:
            return
        self._writing = commit
        try:
            with layer.block_history():
                for indices, values in changes:
                    if indices and indices[0].size:
                        layer.data_setitem(indices, values)
        finally:
            self._writing = None

    def _slots(self, layer: Labels) -> tuple[tuple[Any, Any], ...]:
        events = layer.events
        return (
            (events.paint, self._on_paint),
            (events.set_data, self._on_drawn),
            (events.data, self._on_data),
        )

    def _on_paint(self, event: Any) -> None:
        atoms = tuple(event.value)
        if atoms:
            self._undone.clear()
            self._done.append(Step(atoms, self._writing))
        if self._writing is None:
            self.painted.emit()

    def _on_drawn(self, _event: Any = None) -> None:
        layer = self.layer
        if layer is None or not isinstance(layer.data, np.ndarray):
            return
        if layer.data is not self._data:  # told before the `data` event
            self._on_data()
            return
        # An error here, inside napari's own undo, would be told to the wrong place.
        with suppress(IndexError, ValueError, TypeError):
            while self._done and self._done[-1].is_undone(layer.data):
                step = self._done.pop()
                self._undone.append(step)
                if step.commit is not None:
                    self.undone.emit(step.commit)
            while self._undone and self._undone[-1].is_done(layer.data):
                step = self._undone.pop()
                self._done.append(step)
                if step.commit is not None:
                    self.redone.emit(step.commit)

    def _on_data(self, _event: Any = None) -> None:
        self._forget()
        self.painted.emit()

    def _forget(self) -> None:
        layer = self.layer
        self._data = None if layer is None else layer.data
        self._done.clear()
        self._undone.clear()


def _holds(atom: Any, data: NDArray[Any], *, before: bool) -> bool:
    """Whether the pixels of a part of a step are as before it, or as after it."""
    key = getattr(atom, "slice_key", None)
    if key is None:
        indices, old, new = atom
        now = data[indices]
        return bool(np.all(now == (old if before else new)))
    now, wanted = data[key], atom.old_values if before else atom.new_value
    return bool(np.all((now if atom.mask is None else now[atom.mask]) == wanted))
