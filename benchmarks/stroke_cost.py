"""What keeping a stroke safe costs in the window, and how soon it is on disk."""

# The steps of `KeptLayer` are measured one by one, which nobody else should call.
# ruff: noqa: SLF001

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import napari
import numpy as np
from qtpy.QtWidgets import QApplication
from results import table, write_section

from napari_segsuite.data.recovery import FOLDER_VARIABLE
from napari_segsuite.widgets.safety.kept_layer import KeptLayer
from napari_segsuite.widgets.safety.net import SafetyNet
from napari_segsuite.widgets.session import SESSIONS

_STROKES = 25
_STEPS = 20


def _stroke(layer: Any, rng: np.random.Generator, label: int) -> None:
    """Drag a brush of 40 pixels over 128 pixels, as the mouse does."""
    row, column = rng.integers(100, layer.data.shape[-1] - 200, 2)
    middle = [size // 2 for size in layer.data.shape[:-2]]
    with layer.block_history():
        for step in range(_STEPS):
            layer.paint((*middle, row + 4 * step, column + 5 * step), label)


def _own_work(kept: KeptLayer, layer: Any) -> float:
    """Return the seconds that the last stroke costs in the window's thread."""
    event: Any = SimpleNamespace(value=layer._undo_history[-1])
    start = time.perf_counter()
    kept._on_paint(event)
    kept._touch(((0, 1),) * layer.ndim)
    return time.perf_counter() - start


def _measure(shape: tuple[int, ...]) -> tuple[object, ...]:
    viewer = napari.Viewer()
    layer: Any = viewer.add_labels(np.zeros(shape, np.uint8))
    layer.brush_size, layer.n_edit_dimensions = 40, len(shape)
    session = SESSIONS.of(viewer)
    net = session.shared(SafetyNet)
    net.keep(layer)
    net.flush(60)
    (kept,) = net._kept.values()
    rng, own, safe = np.random.default_rng(0), [], []
    for number in range(_STROKES):
        _stroke(layer, rng, 1 + number % 5)
        start = time.perf_counter()
        QApplication.processEvents()
        if not net.flush(5):
            raise RuntimeError(net.problem)
        safe.append(time.perf_counter() - start)
        own.append(_own_work(kept, layer))
    session.close()
    viewer.close()
    return (" × ".join(map(str, shape)), *_cells(own), *_cells(safe))


def _cells(seconds: list[float]) -> tuple[str, str]:
    return (
        f"{statistics.median(seconds) * 1e3:.2f} ms",
        f"{max(seconds) * 1e3:.2f} ms",
    )


def main() -> None:
    """Measure an image and a volume."""
    with TemporaryDirectory() as folder:
        os.environ[FOLDER_VARIABLE] = str(Path(folder))
        rows = [_measure((2048, 2048)), _measure((64, 1024, 1024))]
    head = ("layer", "our work, median", "most", "redrawn and on disk, median", "most")
    write_section("stroke_cost", "Cost of keeping a stroke safe", table(head, rows))


if __name__ == "__main__":
    main()
