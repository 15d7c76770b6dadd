"""The window: how soon it is there, and how smooth it stays while training.

Needs a display. A timer in the real napari window beats every 5 ms; the longest time
between two beats is the longest that the window did not answer. The same is measured
for as long without training, since drawing in software takes its time too.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import napari
import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication
from results import table, write_section

_PLUGIN = "napari-segsuite"
_SECONDS = 60
_BEAT_MS = 5
_HEAVY = ("torch", "triton", "monai", "torchvision")


class Heartbeat:
    """Notes the gaps between the beats of a timer, in seconds, from now on."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(_BEAT_MS)

    def stop(self) -> None:
        """Note no more."""
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now


def pump(seconds: float, until: object = lambda: False) -> float:
    """Let the window live for a while; return how long."""
    began = time.perf_counter()
    while time.perf_counter() - began < seconds and not until():  # type: ignore[operator]
        QApplication.processEvents()
        time.sleep(0.001)
    return time.perf_counter() - began


def import_seconds(statement: str) -> float:
    """Return the median time of a statement in fresh processes."""
    code = (
        f"import time; t = time.perf_counter(); {statement}; "
        "print(time.perf_counter() - t)"
    )
    times = [
        float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(7)
    ]
    return statistics.median(times)


def main() -> None:
    """Measure and write the section."""
    imported = import_seconds("import napari_segsuite")
    viewer = napari.Viewer()
    viewer.window.resize(1400, 900)
    viewer.open_sample(_PLUGIN, "fluorescence")
    pump(3)
    before = time.perf_counter()
    _, dock = viewer.window.add_plugin_dock_widget(_PLUGIN, "Train")
    QApplication.processEvents()
    opening = time.perf_counter() - before
    pump(25)  # the worker warms up while its user paints
    classes = np.asarray(viewer.layers["fluorescence truth"].data).astype(np.uint8)
    dock.painting.new_labels.click()
    painting = dock.painting.labels.layer
    from napari_segsuite.data.strokes import paint_strokes

    strokes = paint_strokes(classes, np.random.default_rng(0))
    painting.data_setitem(np.nonzero(strokes), strokes[strokes > 0])
    pump(10, dock.train.isEnabled)
    idle = Heartbeat()
    pump(_SECONDS)
    idle.stop()
    dock.training_form.widget("max_seconds").value = _SECONDS
    heart = Heartbeat()
    pump(0.1)
    pressed = time.perf_counter()
    dock.train.click()
    started = pump(30, lambda: dock.training.run is not None)
    preview: list[float] = []

    def ended() -> bool:
        if not preview and not dock.training.preview.empty:
            preview.append(time.perf_counter() - pressed)
        return not dock.training.busy

    pump(_SECONDS + 30, ended)
    heart.stop()
    heavy = [name for name in _HEAVY if name in sys.modules]
    text = dock.status.text
    viewer.close()
    rows = [
        ("`import napari_segsuite`", f"{imported * 1000:.0f} ms"),
        ("opening the Train dock in a running napari", f"{opening * 1000:.0f} ms"),
        ("Train pressed, until the job runs in the worker", f"{started:.2f} s"),
        ("Train pressed, until the first preview is shown", f"{preview[0]:.2f} s"),
        (f"longest gap of the event loop, {_SECONDS} s idle", _gap(idle.gaps)),
        (f"longest gap of the event loop, {_SECONDS} s of training", _gap(heart.gaps)),
        ("torch, triton, monai, torchvision in the window's process", heavy or "none"),
        ("what the dock said in the end", text),
    ]
    write_section("window", "The window", table(("", ""), rows))


def _gap(gaps: list[float]) -> str:
    high = np.percentile(gaps, 99.9)
    return f"{max(gaps) * 1000:.0f} ms (99.9 %: {high * 1000:.0f} ms)"


if __name__ == "__main__":
    main()
