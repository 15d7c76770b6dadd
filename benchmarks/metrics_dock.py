"""The Metrics dock: what a stroke costs the window, on thousands of objects.

Needs a display. Two Labels layers of 2048² pixels with 5,000 objects each lie in the
real napari window, the dock beside them with the table of objects in front. A person's
strokes are painted through the layer's own methods. Timed is what the dock does in the
window's thread for each: noticing, asking for a count, and showing what came back. A
timer that beats every 5 ms shows the longest time without an answer: while the dock
opens, with it, and without. In the end the surfaces of all pairs are measured.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import napari
import numpy as np
from numpy.typing import NDArray
from qtpy.QtWidgets import QApplication
from results import table, write_section
from window import Heartbeat, pump

from napari_segsuite.metrics import count
from napari_segsuite.widgets.measure.live_scores import LiveScores
from napari_segsuite.widgets.measure.metrics_dock import MetricsDock
from napari_segsuite.widgets.measure.watch import LayerWatch

_SIDE = 2048
_OBJECTS = 5000
_ROW = 71
_STROKES = 60


def objects(rng: np.random.Generator, shift: float) -> NDArray[np.int32]:
    """Return disks in a grid, about 29 pixels apart, each moved a little."""
    labels = np.zeros((_SIDE, _SIDE), np.int32)
    step = _SIDE / _ROW
    for i in range(_OBJECTS):
        middle = (np.array(divmod(i, _ROW)) + 0.5) * step + rng.uniform(-1, 1, 2)
        middle += rng.uniform(-shift, shift, 2)
        radius = step * rng.uniform(0.35, 0.48)
        low = np.maximum(0, middle - radius).astype(int)
        high = np.minimum(_SIDE, middle + radius + 2).astype(int)
        y, x = np.ogrid[low[0] : high[0], low[1] : high[1]]
        disk = (y - middle[0]) ** 2 + (x - middle[1]) ** 2 <= radius**2
        labels[low[0] : high[0], low[1] : high[1]][disk] = i + 1
    return labels


def timed(method: Callable[..., Any], times: list[float]) -> Callable[..., Any]:
    """Return the method, noting how long each call takes."""

    @wraps(method)
    def call(*args: Any) -> Any:
        began = time.perf_counter()
        try:
            return method(*args)
        finally:
            times.append(time.perf_counter() - began)

    return call


def paint(layer: Any, rng: np.random.Generator, wait: Callable[[], None]) -> None:
    """Paint strokes one after the other, with an undo now and then."""
    for stroke in range(_STROKES):
        start, turn = rng.uniform(100, _SIDE - 100, 2), rng.uniform(-8, 8, 2)
        label = int(rng.integers(0, _OBJECTS + 1))
        with layer.block_history():
            for step in range(10):
                layer.paint(tuple(start + step * turn), label)
                QApplication.processEvents()
        if stroke % 5 == 4:
            layer.undo()
        wait()


def main() -> None:
    """Measure and write the section."""
    noticing: list[float] = []
    asking: list[float] = []
    showing: list[float] = []
    for owner, name, times in (
        (LayerWatch, "_on_content", noticing),
        (LiveScores, "_count", asking),
        (LiveScores, "_on_counted", showing),
    ):
        setattr(owner, name, timed(getattr(owner, name), times))
    rng = np.random.default_rng(0)
    viewer = napari.Viewer()
    viewer.window.resize(1400, 900)
    truth = viewer.add_labels(objects(rng, 0), name="truth")
    prediction = viewer.add_labels(objects(rng, 3), name="prediction")
    truth.brush_size = 20
    pump(3)
    alone = Heartbeat()
    paint(truth, rng, lambda: pump(0.3) and None)
    alone.stop()
    began = time.perf_counter()
    dock = MetricsDock(viewer)
    viewer.window.add_dock_widget(dock, name="Metrics", area="right")
    opened = time.perf_counter() - began
    opening = Heartbeat()
    pump(30, until=lambda: dock.report is not None)
    first = time.perf_counter() - began
    pump(2)
    opening.stop()
    for times in (noticing, asking, showing):
        times.clear()
    latencies: list[float] = []

    def wait() -> None:
        # The clock of the dock, the count, and what they wait for each other.
        latencies.append(pump(0.1) + pump(5, until=lambda: not dock.live.busy))
        pump(0.2)

    beats = Heartbeat()
    paint(truth, rng, wait)
    beats.stop()
    report = dock.report
    kept = dock.live.scores
    expected = kept.meaning.score(count(truth.data, prediction.data)) if kept else None
    dock.surfaces.box.click()
    measured = Heartbeat()
    surfaces = pump(120, until=lambda: bool(dock.report and dock.report.surfaces))
    measured.stop()
    right = "the same" if report == expected else "NOT THE SAME"
    rows = [
        (name, len(times), f"{1e3 * statistics.median(times):.2f} ms",
         f"{1e3 * max(times):.1f} ms")
        for name, times in (
            ("noticing a change", noticing),
            ("asking for a count", asking),
            ("showing new scores", showing),
        )
    ]  # fmt: skip
    write_section(
        "metrics_dock",
        "The Metrics dock while painting",
        [
            f"Two layers of {_SIDE}² pixels with {_OBJECTS:,} objects each; {_STROKES} "
            "strokes of ten steps, every fifth undone. In the window's thread:",
            "",
            *table(("what", "times", "median", "longest"), rows),
            "",
            f"From the end of a stroke to its scores "
            f"{1e3 * statistics.median(latencies):.0f} ms (median). Longest time "
            f"without an answer {1e3 * max(beats.gaps):.0f} ms with the dock, "
            f"{1e3 * max(alone.gaps):.0f} ms without (napari's own painting and "
            "drawing in software). After the last stroke the scores are "
            f"{right} as those of a full recount.",
            "",
            f"Opening the dock takes {1e3 * opened:.0f} ms; its first scores come "
            f"{first:.1f} s later at most, and until two seconds after them the window "
            f"is at most {1e3 * max(opening.gaps):.0f} ms without an answer. Measuring "
            f"the surfaces of all pairs takes {surfaces:.1f} s, at most "
            f"{1e3 * max(measured.gaps):.0f} ms of them without an answer.",
        ],
    )
    viewer.close()


if __name__ == "__main__":
    main()
