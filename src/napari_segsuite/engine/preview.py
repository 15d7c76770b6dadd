"""The live preview: one frame of an image, classified while the network trains."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from napari_segsuite.data.axes import without_channels
from napari_segsuite.data.frames import Frames, Window
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.engine.regions import Example
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import Preview

# Of larger frames a part is shown: the preview must come within a second.
_MOST_PIXELS = 1 << 20
# Previews may take this part of the training time.
_SHARE = 0.04
_FIRST_WAIT = 1.0
_KEPT_FILES = 4

Classify = Callable[[torch.Tensor], torch.Tensor]
"""From float32 (channels, *spatial) to maps, such as probabilities of classes."""

LabelsOf = Callable[[torch.Tensor], NDArray[np.int32]]
"""From maps (maps, *spatial) to ids (*spatial)."""


def by_class(ids: Sequence[int]) -> LabelsOf:
    """Return what labels each pixel with its likeliest class.

    Parameters
    ----------
    ids : sequence of int
        Class ids in the order of the network's output channels.
    """
    known = np.array(ids, dtype=np.int32)
    return lambda probabilities: known[probabilities.argmax(0).numpy()]


class Previews:
    """Shows what is known of the frame that the user looks at.

    The user's frame comes by ``ctx.control("preview")`` as ``{"example": 0, "frame":
    [...], "view": [[start, stop], ...]}``; until then it is the first one that is
    painted. Of a frame of more than a million pixels a part is shown: the one nearest
    to its paint within the view, which is counted along the frame's spatial axes and
    may be missing.

    Parameters
    ----------
    examples : sequence of Example
        The training images.
    labels_of : callable
        Reads labels from maps, as `by_class` does.
    ctx : JobContext
        Where to send previews.
    """

    def __init__(
        self, examples: Sequence[Example], labels_of: LabelsOf, ctx: JobContext
    ) -> None:
        self._examples = examples
        self._labels_of = labels_of
        self._ctx = ctx
        self._files: deque[Path] = deque()
        self._shown: tuple[int, int, Window] | None = None
        self._next = time.monotonic() + _FIRST_WAIT

    def show(self, classify: Classify, source: Literal["instant", "network"]) -> None:
        """Classify the user's frame and send it."""
        started = time.monotonic()
        number, index, window = wanted = self._wanted()
        example = self._examples[number]
        frames = example.image.frames
        labels = self._labels_of(_maps(classify, example, index, window))
        self._ctx.emit(
            Preview(
                labels=self._save(labels, frames),
                start=tuple(part.start for part in window),
                example=number,
                frame=frames.leading(index),
                source=source,
            )
        )
        self._shown = wanted
        now = time.monotonic()
        self._next = now + max(_FIRST_WAIT, (now - started) / _SHARE)

    def show_if_due(self, classify: Classify) -> None:
        """Show the network's answer if the last one is old, or the user moved on."""
        if time.monotonic() >= self._next or self._wanted() != self._shown:
            self.show(classify, "network")

    def _wanted(self) -> tuple[int, int, Window]:
        wish = self._ctx.control("preview")
        number, index = _asked(wish, self._examples) or next(
            (number, index)
            for number, example in enumerate(self._examples)
            for index, box in enumerate(example.survey.boxes)
            if box is not None
        )
        example = self._examples[number]
        shape = example.image.frames.spatial_shape
        box = example.survey.boxes[index]
        return number, index, _window(shape, box, _view(wish, shape))

    def _save(self, labels: NDArray[np.int32], frames: Frames) -> ArrayRef:
        path = self._ctx.scratch / f"preview-{time.monotonic_ns()}.npy"
        np.save(path, labels, allow_pickle=False)
        self._files.append(path)
        if len(self._files) > _KEPT_FILES:
            self._files.popleft().unlink(missing_ok=True)
        axes = without_channels(frames.axes)
        for letter in frames.leading_axes:
            axes = axes.replace(letter, "")
        return ArrayRef(path=path, axes=axes)


def _asked(wish: Any, examples: Sequence[Example]) -> tuple[int, int] | None:
    """Return (example, frame index) of the user's wish if there is such a frame."""
    try:
        number = int(wish["example"])
        place = tuple(int(i) for i in wish["frame"])
        frames = examples[number].image.frames
        index = int(np.ravel_multi_index(place, frames.leading_shape)) if place else 0
    except (KeyError, TypeError, ValueError, IndexError):
        return None
    return (number, index) if len(place) == len(frames.leading_shape) else None


def _view(wish: Any, shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return (start, stop) per axis of what the user sees; all if nobody says."""
    try:
        view = [(int(start), int(stop)) for start, stop in wish["view"]]
    except (KeyError, TypeError, ValueError):
        view = []
    if len(view) != len(shape) or any(start >= stop for start, stop in view):
        return [(0, size) for size in shape]
    return view


def _window(
    shape: tuple[int, ...], box: Window | None, view: Sequence[tuple[int, int]]
) -> Window:
    """Return all of a frame, or of a large one the part to show."""
    share = (_MOST_PIXELS / np.prod(shape, dtype=np.float64)) ** (1 / len(shape))
    if share >= 1:
        return tuple(slice(0, n) for n in shape)
    sizes = [max(1, int(n * share)) for n in shape]
    centres = [(b.start + b.stop) // 2 for b in box] if box else [n // 2 for n in shape]
    starts = []
    for n, size, centre, (low, high) in zip(shape, sizes, centres, view, strict=True):
        margin = min(size, high - low) // 2
        seen = np.clip(centre, low + margin, high - margin)
        starts.append(int(np.clip(seen - size // 2, 0, n - size)))
    return tuple(slice(a, a + size) for a, size in zip(starts, sizes, strict=True))


def _maps(
    classify: Classify, example: Example, index: int, window: Window
) -> torch.Tensor:
    image = example.image
    inner = image.zoom.covering(window, image.shape)
    found = classify(torch.from_numpy(image.read(index, inner)))
    return image.zoom.back(found, inner, window)
