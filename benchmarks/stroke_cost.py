"""What keeping a stroke safe costs in the window, and how soon it is on disk."""

# The steps of `KeptLayer` are measured one by one, which nobody else should call.
# ruff: noqa: SLF001

from __future__ import annotations

import json
import os
import statistics
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import napari
import numpy as np
import psutil
from qtpy.QtWidgets import QApplication
from results import table, write_section

from napari_segsuite.data.recovery import FOLDER_VARIABLE
from napari_segsuite.widgets.safety.kept_layer import KeptLayer
from napari_segsuite.widgets.safety.net import SafetyNet
from napari_segsuite.widgets.session import SESSIONS

_STROKES = 25
_STEPS = 20
# What a stroke may cost, in ms, on an image and with a 3D brush in a volume.
_SHAPES = {(2048, 2048): 2.0, (64, 1024, 1024): 5.0}
# Far below the layer itself: it is not copied.
_MOST_GROWTH = 300.0


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


def _kept(layer: Any, viewer: napari.Viewer) -> tuple[Any, SafetyNet, KeptLayer]:
    """Let a layer be kept, and wait until all of it is on disk."""
    session = SESSIONS.of(viewer)
    net = session.shared(SafetyNet)
    net.keep(layer)
    if not net.flush(300):
        raise RuntimeError(net.problem)
    (kept,) = net._kept.values()
    return session, net, kept


def _measure(shape: tuple[int, ...]) -> tuple[list[float], list[float]]:
    """Return for each stroke the seconds of our own work, and until it is safe."""
    viewer = napari.Viewer()
    layer: Any = viewer.add_labels(np.zeros(shape, np.uint8))
    layer.brush_size, layer.n_edit_dimensions = 40, len(shape)
    session, net, kept = _kept(layer, viewer)
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
    return own, safe


def _growth() -> float:
    """Return by how many MB keeping a layer of 1 GiB, all of it painted, grows us."""
    viewer = napari.Viewer()
    layer: Any = viewer.add_labels(np.ones((1024, 1024, 1024), np.uint8))
    QApplication.processEvents()
    process = psutil.Process()
    before = most = process.memory_info().rss
    over = threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(0.005):
            most = max(most, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        session, net, _ = _kept(layer, viewer)
        _stroke(layer, np.random.default_rng(0), 2)
        QApplication.processEvents()
        net.flush(5)
    finally:
        over.set()
        watcher.join()
    session.close()
    viewer.close()
    return (most - before) / 1e6


def _cells(seconds: list[float]) -> tuple[str, str]:
    return (
        f"{statistics.median(seconds) * 1e3:.2f} ms",
        f"{max(seconds) * 1e3:.2f} ms",
    )


def main() -> None:
    """Measure an image, a volume painted by a 3D brush, and the memory of 1 GiB."""
    rows, wrong, report = [], [], {"strokes each": _STROKES}
    with TemporaryDirectory() as folder:
        os.environ[FOLDER_VARIABLE] = str(Path(folder))
        for shape, limit in _SHAPES.items():
            own, safe = _measure(shape)
            name = " × ".join(map(str, shape))
            rows.append((name, *_cells(own), *_cells(safe)))
            median = statistics.median(own) * 1e3
            report[f"{name}, our work, median ms"] = round(median, 3)
            report[f"{name}, most ms"] = round(max(own) * 1e3, 3)
            wrong += [name] * (median > limit)
        growth = _growth()
    head = ("layer", "our work, median", "most", "redrawn and on disk, median", "most")
    grown = f"Keeping a layer of 1 GiB took {growth:.0f} MB of memory besides it."
    lines = [*table(head, rows), "", grown]
    write_section("stroke_cost", "Cost of keeping a stroke safe", lines)
    wrong += ["memory"] * (growth > _MOST_GROWTH)
    report["growth with a layer of 1 GiB, MB"] = round(growth)
    print(json.dumps({**report, "wrong": wrong}))


if __name__ == "__main__":
    main()
