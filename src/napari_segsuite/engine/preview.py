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

# Larger frames are shown around their paint: the preview must come within a second.
_MOST_PIXELS = 1 << 20
# Previews may take this part of the training time.
_SHARE = 0.04
_FIRST_WAIT = 1.0
_KEPT_FILES = 4

Classify = Callable[[torch.Tensor], torch.Tensor]
"""From float32 (channels, *spatial) to probabilities (classes, *spatial)."""


class Previews:
    """Shows what is known of the frame that the user looks at.

    The user's frame comes by ``ctx.control("preview")`` as ``{"example": 0, "frame":
    [...]}``; until then it is the first one that is painted.

    Parameters
    ----------
    examples : sequence of Example
        The training images.
    ids : sequence of int
        Class ids in the order of the network's output channels.
    ctx : JobContext
        Where to send previews.
    """

    def __init__(
        self, examples: Sequence[Example], ids: Sequence[int], ctx: JobContext
    ) -> None:
        self._examples = examples
        self._ids = np.array(ids, dtype=np.int32)
        self._ctx = ctx
        self._files: deque[Path] = deque()
        self._shown: tuple[int, int] | None = None
        self._next = time.monotonic() + _FIRST_WAIT

    def show(self, classify: Classify, source: Literal["instant", "network"]) -> None:
        """Classify the user's frame and send it."""
        started = time.monotonic()
        number, index = self._wanted()
        example = self._examples[number]
        image = example.image
        window = _window(image.frames.spatial_shape, example.survey.boxes[index])
        labels = np.zeros(image.frames.spatial_shape, dtype=np.int32)
        labels[window] = self._ids[_classes(classify, example, index, window)]
        frames = image.frames
        self._ctx.emit(
            Preview(
                labels=self._save(labels, frames),
                example=number,
                frame=frames.leading(index),
                source=source,
            )
        )
        self._shown = number, index
        now = time.monotonic()
        self._next = now + max(_FIRST_WAIT, (now - started) / _SHARE)

    def show_if_due(self, classify: Classify) -> None:
        """Show the network's answer if the last one is old, or the user moved on."""
        if time.monotonic() >= self._next or self._wanted() != self._shown:
            self.show(classify, "network")

    def _wanted(self) -> tuple[int, int]:
        asked = _asked(self._ctx.control("preview"), self._examples)
        if asked is not None:
            return asked
        return next(
            (number, index)
            for number, example in enumerate(self._examples)
            for index, box in enumerate(example.survey.boxes)
            if box is not None
        )

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


def _window(shape: tuple[int, ...], box: Window | None) -> Window:
    """Return all of a frame, or of a large one what is around its paint."""
    share = (_MOST_PIXELS / np.prod(shape, dtype=np.float64)) ** (1 / len(shape))
    if share >= 1:
        return tuple(slice(0, n) for n in shape)
    sizes = [max(1, int(n * share)) for n in shape]
    centres = [(b.start + b.stop) // 2 for b in box] if box else [n // 2 for n in shape]
    starts = [
        int(np.clip(centre - size // 2, 0, n - size))
        for centre, size, n in zip(centres, sizes, shape, strict=True)
    ]
    return tuple(slice(a, a + size) for a, size in zip(starts, sizes, strict=True))


def _classes(
    classify: Classify, example: Example, index: int, window: Window
) -> NDArray[np.int64]:
    image = example.image
    inner = image.zoom.covering(window, image.shape)
    found = classify(torch.from_numpy(image.read(index, inner)))
    classes: NDArray[np.int64] = image.zoom.back(found, inner, window).argmax(0).numpy()
    return classes
