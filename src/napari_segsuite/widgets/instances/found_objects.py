"""The objects of one result: what was detected, and which of it the layer shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray

from napari_segsuite.data.detections import Detections, PasteOptions
from napari_segsuite.data.linked_stacks import link_stack
from napari_segsuite.data.pasting import paste
from napari_segsuite.data.segments import Segment, features, segments_of


@dataclass(frozen=True)
class Choice:
    """Which of the detections are objects of the layer."""

    paste: PasteOptions = PasteOptions()
    """Score, overlap and area."""
    link: bool = True
    """Whether objects of neighbouring slices are joined where they overlap."""


@dataclass(frozen=True, eq=False)
class Pasted:
    """What a layer is to show."""

    labels: NDArray[np.int32]
    """Ids; an object has the same id whatever the choice."""
    segments: tuple[Segment, ...]
    """What is known of each id, ascending."""


def has_slices(detections: Detections) -> bool:
    """Whether there are neighbouring slices whose objects can be joined."""
    return any(size > 1 for size in detections.leading_shape)


def pasted(detections: Detections, choice: Choice) -> Pasted:
    """Return the chosen objects as labels.

    Joined objects take the id of the first of their parts, so that they keep their
    colours when a choice changes.
    """
    labels, segments = paste(detections, choice.paste)
    known = {one.id: one for one in segments}
    if not (choice.link and has_slices(detections)):
        return _measured(labels, known)
    joined = labels.copy()
    wholes = link_stack(joined, detections.axes, known)
    first = _first_parts(labels, joined)
    table = np.zeros(max(first, default=0) + 1, np.int32)
    for new, id_ in first.items():
        table[new] = id_
    known = {
        first[one.id]: one.model_copy(update={"id": first[one.id]}) for one in wholes
    }
    return _measured(table[joined], known)


class FoundObjects:
    """A result layer that can be filled anew from its detections.

    Parameters
    ----------
    layer : Labels
        The layer, whose array belongs to nobody else.
    detections : Detections
        What was found.
    choice : Choice
        What of it the layer shows.
    """

    def __init__(self, layer: Labels, detections: Detections, choice: Choice) -> None:
        self.layer = layer
        self.detections = detections
        self.choice = choice
        """What is shown, or about to be."""
        self.count = len(layer.features)
        """Objects that are shown."""
        self._painted = False
        self._array = layer.data
        layer.events.paint.connect(self._on_paint)

    @property
    def edited(self) -> bool:
        """Whether somebody has changed the layer: it is theirs then."""
        return self._painted or self.layer.data is not self._array

    def show(self, new: Pasted) -> None:
        """Fill the layer anew, unless somebody has changed it."""
        if self.edited:
            return
        np.copyto(self._array, new.labels)
        self.count = len(new.segments)
        self.layer.features = features(
            new.segments, self.detections.classes, self.detections.axes
        )
        self.layer.refresh(extent=False, highlight=False)

    def release(self) -> None:
        """Let go of the layer."""
        self.layer.events.paint.disconnect(self._on_paint)

    def _on_paint(self, _event: Any = None) -> None:
        self._painted = True


def _measured(labels: NDArray[np.int32], known: dict[int, Segment]) -> Pasted:
    """Return labels with areas and boxes of their objects."""
    return Pasted(labels, segments_of(labels, known, class_id=1))


def _first_parts(parts: NDArray[np.int32], wholes: NDArray[np.int32]) -> dict[int, int]:
    """Return the least id of the parts of each joined object: that of the first."""
    inside = parts > 0
    pairs = np.unique(wholes[inside].astype(np.int64) << 32 | parts[inside])
    # Ascending by whole, then by part; the last written is the least.
    pairs = pairs[::-1]
    whole, part = pairs >> 32, pairs & 0xFFFFFFFF
    return dict(zip(whole.tolist(), part.tolist(), strict=True))
