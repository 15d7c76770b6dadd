"""What engine tests share: a context that remembers, and a tiny painted image."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.errors import Cancelled


class Listener:
    """A `JobContext` that remembers events; cancels or stops when told to."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.events: list[Any] = []
        self.shown: list[NDArray[Any]] = []
        """The previews; their files are gone after a few more."""
        self.controls: dict[str, Any] = {}
        self.cancel_at: str | None = None
        self.stop_at: str | None = None
        self._kept: dict[Hashable, Any] = {}

    def emit(self, event: Any) -> None:
        self.events.append(event)
        if event.type == "preview":
            self.shown.append(np.array(event.labels.open()))

    def check_cancelled(self) -> None:
        if self.cancel_at is not None and self.of(self.cancel_at):
            raise Cancelled("The job was cancelled.")

    def stop_requested(self) -> bool:
        return self.stop_at is not None and bool(self.of(self.stop_at))

    def control(self, name: str) -> Any:
        return self.controls.get(name)

    def cached(self, key: Hashable, make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def of(self, kind: str) -> list[Any]:
        return [event for event in self.events if event.type == kind]


@pytest.fixture
def listener(tmp_path: Path) -> Listener:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Listener(scratch)


@dataclass(frozen=True)
class Disk:
    """A noisy bright ball in the middle, and its sparse painting."""

    image: NDArray[np.uint8]
    inside: NDArray[np.uint8]
    """1 in the ball, 0 around it."""
    labels: NDArray[np.uint8]
    """Lines of paint: 1 outside, 2 inside, 0 where nothing is painted."""


@pytest.fixture
def disk() -> Callable[..., Disk]:
    """Return a function that makes a disk (or ball) of any shape."""

    def make(shape: tuple[int, ...], seed: int = 0) -> Disk:
        grid = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
        inside = (sum(axis**2 for axis in grid) < 0.4).astype(np.uint8)
        noise = np.random.default_rng(seed).normal(0, 12, shape)
        image = np.clip(60 + 120 * inside + noise, 0, 255).astype(np.uint8)
        labels = np.zeros_like(inside)
        labels[..., ::8, :] = inside[..., ::8, :] + 1
        return Disk(image, inside, labels)

    return make


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., ArrayRef]:
    """Return a function that saves an array and refers to it."""

    def saved(
        name: str,
        array: NDArray[Any],
        axes: str,
        spacing: tuple[float, ...] | None = None,
    ) -> ArrayRef:
        path = tmp_path / f"{name}.npy"
        np.save(path, array)
        return ArrayRef(path=path, axes=axes, spacing=spacing)

    return saved
