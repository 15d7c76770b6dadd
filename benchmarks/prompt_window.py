"""The Prompt dock in the real window: from a click to its mask on the screen.

Needs a display. A click is a press and release of the mouse on the canvas; its mask is
on the screen with the first frame that Qt shows after it was drawn into its layer. The
image has 2048 × 2048 pixels in 16 bits, the model is the one that ships inside. The
same is measured while a network is being trained, and the gaps of the event loop while
the encoder of a ViT-B (random weights) prepares the image.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import napari
import numpy as np
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from results import table, write_section
from window import Heartbeat, pump

_PLUGIN = "napari-segsuite"
_SIDE = 2048
_CLICKS = 60
_TRAINING_CLICKS = 30
_EMBEDDING_SECONDS = 240


def picture() -> tuple[np.ndarray, np.ndarray]:
    """Return a large image of nuclei, and their places (y, x)."""
    from napari_segsuite.data.synthesis.nuclei import nuclei

    rng = np.random.default_rng(0)
    image, labels = nuclei(rng, (512, 512), (1.0, 1.0), count=90, radius=11.0)
    places = []
    for number in np.unique(labels)[1:]:
        inside = np.argwhere(labels == number)
        middle = inside.mean(axis=0)
        places.append(inside[np.abs(inside - middle).sum(axis=1).argmin()])
    tiles = _SIDE // 512
    shifts = [(512 * i, 512 * j) for i in range(tiles) for j in range(tiles)]
    every = np.array([np.add(place, shift) for shift in shifts for place in places])
    return np.tile(image, (tiles, tiles)), rng.permutation(every)


class Clicker:
    """Clicks in the window and waits for the mask."""

    def __init__(self, viewer: napari.Viewer, dock: Any) -> None:
        self._viewer, self._dock = viewer, dock
        self._canvas = viewer.window._qt_viewer.canvas.native  # noqa: SLF001
        self._drawn = 0.0
        self._canvas.frameSwapped.connect(self._on_frame)

    def click(self, place: np.ndarray) -> float:
        """Click, and return the seconds until the mask is on the screen."""
        canvas = self._viewer.window._qt_viewer.canvas  # noqa: SLF001
        scene = canvas.view.scene
        across, down = scene.transform.map([place[1], place[0], 0, 1])[:2]
        at = QPoint(round(float(across)), round(float(down)))
        QTest.mouseMove(self._canvas, at)
        pump(0.3)
        began = time.perf_counter()
        QTest.mouseClick(self._canvas, Qt.MouseButton.LeftButton, pos=at)
        pump(60, lambda: self._dock.prompting.masks.at(()) is not None)
        known = time.perf_counter()
        pump(10, lambda: self._drawn > known)
        seconds = self._drawn - began
        self._dock.objects.drop.click()
        pump(0.3)
        return seconds

    def _on_frame(self) -> None:
        self._drawn = time.perf_counter()


def train(viewer: napari.Viewer) -> Any:
    """Start to train on the sample image; return the Train dock."""
    from napari_segsuite.data.strokes import paint_strokes

    viewer.open_sample(_PLUGIN, "fluorescence")
    _, dock = viewer.window.add_plugin_dock_widget(_PLUGIN, "Train")
    pump(3)
    dock.painting.choice.image.choose(viewer.layers["fluorescence"])
    classes = np.asarray(viewer.layers["fluorescence truth"].data).astype(np.uint8)
    dock.painting.new_labels.click()
    painting = dock.painting.labels.layer
    strokes = paint_strokes(classes, np.random.default_rng(0))
    painting.data_setitem(np.nonzero(strokes), strokes[strokes > 0])
    pump(30, dock.train.isEnabled)
    dock.training_form.widget("max_seconds").value = 600
    dock.train.click()
    pump(120, lambda: bool(dock.training.epochs))
    return dock


def save_vit_b(folder: Path) -> None:
    """Save a ViT-B with random weights; in a process of its own, which loads torch."""
    code = (
        "import sys, pathlib, prompt_sam as p; p.save_model(pathlib.Path(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(folder)], check=True, cwd=Path(__file__).parent
    )


def milliseconds(seconds: list[float]) -> str:
    """Return median, 95th percentile and maximum."""
    middle, high = np.percentile(seconds, (50, 95))
    return f"{middle * 1000:.0f} / {high * 1000:.0f} / {max(seconds) * 1000:.0f} ms"


def main() -> None:
    """Measure and write the section."""
    image, places = picture()
    viewer = napari.Viewer()
    viewer.window.resize(1400, 900)
    viewer.add_image(image, name="large")
    pump(3)
    before = time.perf_counter()
    shown, dock = viewer.window.add_plugin_dock_widget(_PLUGIN, "Prompt")
    opening = time.perf_counter() - before
    pump(120, lambda: () in dock.prompting.asking.ready)
    ready = time.perf_counter() - before
    pump(2)
    clicker = Clicker(viewer, dock)
    clicks = [clicker.click(place) for place in places[:_CLICKS]]
    rest = Heartbeat()
    pump(20)
    rest.stop()
    with tempfile.TemporaryDirectory() as folder:
        save_vit_b(Path(folder))
        heart = Heartbeat()
        dock.model.choose(Path(folder) / "model")
        began = time.perf_counter()
        pump(_EMBEDDING_SECONDS, lambda: () in dock.prompting.asking.ready)
        embedding = time.perf_counter() - began
        heart.stop()
        dock.model.choose(dock.model.itemData(0))
        pump(30, lambda: () in dock.prompting.asking.ready)
    training = train(viewer)
    dock.image.choose(viewer.layers["large"])
    viewer.layers.selection.active = viewer.layers["large"]
    viewer.layers["fluorescence"].visible = False
    shown.raise_()
    viewer.reset_view()
    pump(30, lambda: () in dock.prompting.asking.ready)
    meanwhile = [clicker.click(place) for place in places[-_TRAINING_CLICKS:]]
    trained = training.training.busy
    training.training.cancel()
    pump(10, lambda: not training.training.busy)
    heavy = [name for name in ("torch", "monai") if name in sys.modules]
    viewer.close()
    rows = [
        ("opening the Prompt dock in a running napari", f"{opening * 1000:.0f} ms"),
        ("until the first slice is ready (a fresh worker)", f"{ready:.1f} s"),
        ("first click to mask on screen", f"{clicks[0] * 1000:.0f} ms"),
        (f"{_CLICKS} clicks: median / 95th percentile / longest", milliseconds(clicks)),
        (
            f"{_TRAINING_CLICKS} clicks during a training"
            + ("" if trained else " (which had ended)"),
            milliseconds(meanwhile),
        ),
        ("longest gap of the event loop, 20 s idle", f"{max(rest.gaps) * 1000:.0f} ms"),
        (
            f"longest gap during the {embedding:.1f} s of a ViT-B embedding",
            f"{max(heart.gaps) * 1000:.0f} ms",
        ),
        ("torch, monai in the window's process", ", ".join(heavy) or "none"),
    ]
    write_section("prompt_window", "Clicks in the window", table(("", ""), rows))


if __name__ == "__main__":
    main()
