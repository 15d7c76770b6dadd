"""Drive the real window through a first model and write the pictures of the docs.

xvfb-run -a -s "-screen 0 1600x1000x24" .venv/bin/python scripts/make_screenshots.py

Training a Mask R-CNN takes too long for this: `--detector MODEL` names one that was
trained on nuclei before. Without it, the picture of its dock stays as it is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
from PIL import Image
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget
from scipy.ndimage import label

from napari_segsuite.data.samples import class_truth, make
from napari_segsuite.data.strokes import paint_strokes
from napari_segsuite.models.shipment import SHIPPED

PICTURES = Path(__file__).parents[1] / "docs" / "images"
PLUGIN = "napari-segsuite"
SAMPLE = "fluorescence"
SIZE = (1280, 800)
TRAINING_SECONDS = 15.0


class Tour:
    """A viewer that is led through the docks, and photographed on the way."""

    def __init__(self) -> None:
        self.viewer = napari.Viewer(title="napari")
        self.viewer.window.resize(*SIZE)

    def open_dock(self, name: str) -> QWidget:
        """Open a dock as the Plugins menu does, in place of the one before."""
        self.viewer.window.remove_dock_widget("all")
        _, dock = self.viewer.window.add_plugin_dock_widget(PLUGIN, name)
        self.wait(1.0)
        return dock

    def wait(self, seconds: float) -> None:
        """Let the window live for some time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.01)

    def wait_until(self, done: Callable[[], bool], seconds: float, what: str) -> None:
        """Let the window live until `done`, or say `what` did not happen."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                msg = f"{what} within {seconds} s"
                raise TimeoutError(msg)
            self.wait(0.1)

    def click(self, place: np.ndarray) -> None:
        """Click with the mouse on a place (y, x) in the world."""
        canvas = self.viewer.window._qt_viewer.canvas  # noqa: SLF001
        mapped = canvas.view.scene.transform.map([place[1], place[0], 0, 1])
        at = QPoint(round(float(mapped[0])), round(float(mapped[1])))
        QTest.mouseMove(canvas.native, at)
        self.wait(0.2)
        QTest.mouseClick(canvas.native, Qt.MouseButton.LeftButton, pos=at)

    def photograph(self, name: str) -> None:
        """Write a picture of the whole window, in few colours to keep it small."""
        self.wait(0.5)
        pixels = self.viewer.screenshot(canvas_only=False, flash=False)
        picture = Image.fromarray(np.asarray(pixels)[..., :3])
        picture = picture.quantize(128, dither=Image.Dither.NONE)
        picture.save(PICTURES / f"{name}.png", optimize=True)
        sys.stdout.write(f"docs/images/{name}.png {picture.size}\n")


def find_objects(tour: Tour, image: napari.layers.Image) -> None:
    """Photograph what the only Mask R-CNN in the library finds."""
    for layer in tour.viewer.layers:
        layer.visible = layer is image
    dock = tour.open_dock("Instances")
    dock.tabs.setCurrentIndex(1)
    panel = dock.find_panel
    panel.choice.image.choose(image)
    tour.wait_until(panel.find.isEnabled, 20, "Find could not be pressed")
    panel.find.click()
    tour.wait_until(lambda: not panel.finding.busy, 120, "finding did not end")
    panel.choosing.boxes.click()
    tour.wait(2.0)
    tour.photograph("instances")


def merge(tour: Tour, image: napari.layers.Image) -> None:
    """Photograph the classes of the newest model, merged with all nuclei."""
    for layer in tour.viewer.layers:
        layer.visible = layer is image
    dock = tour.open_dock("Panoptic")
    dock.models.choice.image.choose(image)
    dock.models.objects.choose(SHIPPED / "nuclei-unet")
    found = dock.models.classes[-1].name
    dock.things.set_thing(found, True)
    tour.wait_until(dock.start.isEnabled, 20, "Predict could not be pressed")
    dock.start.click()
    tour.wait_until(lambda: not dock.work.busy, 120, "merging did not end")
    tour.photograph("panoptic")


def main(detector: Path | None) -> None:
    """Take all pictures; that of the Instances dock only with a Mask R-CNN."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    tour = Tour()
    viewer = tour.viewer
    viewer.open_sample(PLUGIN, SAMPLE)
    image = next(la for la in viewer.layers if isinstance(la, napari.layers.Image))
    truth = next(la for la in viewer.layers if isinstance(la, napari.layers.Labels))
    truth.visible = False

    train = tour.open_dock("Train")
    tour.photograph("sample")

    train.painting.new_labels.click()
    tour.wait(0.5)
    painting = train.painting.labels.layer
    sample = class_truth(make(SAMPLE))
    strokes = paint_strokes(sample, np.random.default_rng(0))
    where = np.nonzero(strokes)
    painting.data_setitem(where, strokes[where])
    tour.wait_until(train.train.isEnabled, 20, "Train could not be pressed")
    tour.photograph("painted")

    train.name.setText("nuclei")
    train.train.click()
    tour.wait_until(lambda: len(train.training.epochs) > 2, 60, "no epoch ended")
    tour.wait(TRAINING_SECONDS)
    tour.photograph("train")
    if train.stop.isEnabled():
        train.stop.click()
    tour.wait_until(lambda: not train.training.busy, 60, "training did not stop")

    predict = tour.open_dock("Predict")
    tour.wait_until(predict.predict.isEnabled, 20, "Predict could not be pressed")
    painting.visible = False
    for layer in viewer.layers:
        layer.visible = layer is image
    predict.predict.click()
    tour.wait_until(lambda: not predict.predicting.busy, 60, "prediction did not end")
    tour.photograph("predict")

    metrics = tour.open_dock("Metrics")
    tour.wait_until(lambda: metrics.report is not None, 20, "nothing was scored")
    tour.photograph("metrics")

    merge(tour, image)

    for layer in viewer.layers:
        layer.visible = layer is image
    prompt = tour.open_dock("Prompt")
    prompt.image.choose(image)
    viewer.layers.selection.active = image
    tour.wait_until(lambda: () in prompt.prompting.asking.ready, 60, "nothing ready")
    objects, count = label(sample == sample.max())
    chosen = (count // 4, count // 2, 3 * count // 4)
    for number in chosen:
        inside = np.argwhere(objects == number)
        middle = np.abs(inside - inside.mean(axis=0)).sum(axis=1).argmin()
        tour.click(inside[middle] * image.scale)
        tour.wait_until(
            lambda: prompt.prompting.masks.at(()) is not None, 60, "no mask"
        )
        if number != chosen[-1]:
            prompt.objects.commit.click()
            tour.wait(0.5)
    tour.photograph("prompt")
    if detector is not None:
        # Not before: the docks above offer the newest model.
        shutil.copytree(detector, Path(os.environ["SEGSUITE_MODELS"]) / "objects")
        find_objects(tour, image)
    viewer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--detector", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as library:
        # The pictures show no models of whoever takes them.
        os.environ["SEGSUITE_MODELS"] = library
        os.environ["SEGSUITE_JOURNALS"] = library + "/journals"
        main(arguments.detector)
