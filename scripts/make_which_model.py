"""Run the models that ship inside and write the pictures of docs/which-model.md.

.venv/bin/python scripts/make_which_model.py

Every image comes from the package's own generator or out of scikit-image's wheel, so
nothing is downloaded. `--unet` and `--maskrcnn` name other model folders; names of
pictures (`unet-good` …) make these alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from panels import Panel, Places, Window, side_by_side
from PIL import Image, ImageDraw
from scipy import ndimage
from skimage import data, transform

from napari_segsuite import api
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.samples import make
from napari_segsuite.jobs.prediction import PredictOptions
from napari_segsuite.jobs.training import TrainingOptions

PICTURES = Path(__file__).parents[1] / "docs" / "images"
NUCLEI = make("fluorescence").image
APART = (300, 110, 160)
"""Where nuclei can be told apart."""
HEAP = (72, 416, 96)
"""Where they cannot."""

CLASSES = (
    ClassInfo(id=1, name="rest", color="#0072B2"),
    ClassInfo(id=2, name="gland", color="#E69F00"),
)
"""What is painted on the tissue."""
# By class: lines from place to place (row,column). First on a clean sheet, then added
# where the result was wrong.
FIRST = {
    1: "270,195 420,210; 280,250 290,380; 60,485 330,470",
    2: "60,40 210,130; 120,400 250,400",
}
ADDED = {
    1: "230,8 390,22; 15,298 180,366; 430,420 420,440; 200,288 255,333 295,390; "
    "40,470 150,472 270,452; 270,190 262,235 225,275; 275,135 350,163 500,170; "
    "340,392 430,390",
    2: "40,190 150,240; 330,70 490,100; 340,290 470,330; 60,448 200,446; "
    "320,280 390,262; 240,40 330,110; 390,125 480,135",
}


def bundled(name: str) -> NDArray[Any]:
    """Return an image out of scikit-image's wheel."""
    image: NDArray[Any] = getattr(data, name)()
    return image


def _axes(image: NDArray[Any]) -> str:
    return "YXC" if image.ndim == 3 else "YX"


class Pictures:
    """All pictures.

    Parameters
    ----------
    unet, maskrcnn : str
        Names or folders of the models of nuclei.
    seconds : float
        How long a U-Net of classes may train.
    """

    def __init__(self, unet: str, maskrcnn: str, seconds: float) -> None:
        self._unet = unet
        self._maskrcnn = maskrcnn
        self._seconds = seconds

    def by_name(self) -> dict[str, Callable[[], list[Panel]]]:
        """Return what makes the panels of each picture."""
        tissue = bundled("immunohistochemistry")
        sky = bundled("hubble_deep_field")[:400, :500]
        retina = bundled("retina")[400:900, 500:1000]
        unet, rcnn = self._with_unet, self._with_maskrcnn
        return {
            "unet-good": lambda: [
                *_pair("nuclei", NUCLEI, APART, unet),
                *_pair("galaxies", sky, (20, 380, 120), unet),
            ],
            "unet-bad": lambda: [
                *_pair("a heap", NUCLEI, HEAP, unet),
                *_pair("tissue", tissue, (300, 190, 200), unet),
            ],
            "maskrcnn-good": lambda: [
                *_pair("nuclei", NUCLEI, APART, rcnn),
                *_pair("galaxies", sky, (20, 380, 120), rcnn),
            ],
            "maskrcnn-bad": lambda: [
                *_pair("a heap", NUCLEI, HEAP, rcnn),
                *_pair("vessels of a retina", retina, (0, 0, 500), rcnn),
            ],
            "click-good": click_good,
            "click-bad": click_bad,
            "size": self.size,
            "inverted": self.inverted,
            "noise": self.noise,
            "classes": self.classes,
            "own": self.own,
        }

    def _with_unet(self, image: NDArray[Any]) -> NDArray[Any]:
        return api.predict_objects(self._unet, image, axes=_axes(image)).labels

    def _with_maskrcnn(self, image: NDArray[Any]) -> NDArray[Any]:
        return api.detect(self._maskrcnn, image, axes=_axes(image)).labels

    def size(self) -> list[Panel]:
        """Show nuclei four times too large, and found in a quarter of the size."""
        part, window = NUCLEI[280:408, 110:238].astype(np.float32), (0, 0, 512)
        image = transform.rescale(part, 4)
        reduced = self._with_unet(transform.rescale(image, 0.25, anti_aliasing=True))
        back = np.kron(reduced, np.ones((4, 4), np.int32))
        return [
            *_pair("four times too large", image, window, self._with_unet),
            Panel("found when reduced", image, window, back),
        ]

    def inverted(self) -> list[Panel]:
        """Show dark nuclei, and found when bright."""
        image = NUCLEI.max() - NUCLEI
        return [
            *_pair("dark on bright", image, APART, self._with_maskrcnn),
            Panel("found when inverted", image, APART, self._with_maskrcnn(NUCLEI)),
        ]

    def noise(self) -> list[Panel]:
        """Show strong noise, and found when smoothed."""
        low, high = np.percentile(NUCLEI, (0.1, 99.9))
        noise = np.random.default_rng(0).normal(0, 0.4 * (high - low), NUCLEI.shape)
        image = (NUCLEI + noise).astype(np.float32)
        smooth = ndimage.gaussian_filter(image, 2)
        return [
            *_pair("strong noise", image, APART, self._with_unet),
            Panel("found when smoothed", smooth, APART, self._with_unet(smooth)),
        ]

    def classes(self) -> list[Panel]:
        """Show nuclei as one class, and as objects."""
        options = PredictOptions(readout="semantic")
        labels = api.predict(self._unet, NUCLEI, axes="YX", options=options)
        info = ClassInfo(id=int(labels.max()), name="nucleus", color="#E69F00")
        found = self._with_unet(NUCLEI)
        return [
            Panel("nuclei", NUCLEI, APART),
            Panel("classes", NUCLEI, APART, labels, classes=(info,)),
            Panel("objects", NUCLEI, APART, found),
        ]

    def own(self) -> list[Panel]:
        """Show what a U-Net learns from strokes, and from some more where it erred."""
        tissue, window = bundled("immunohistochemistry"), (0, 0, 512)
        painted = np.zeros(tissue.shape[:2], np.uint8)
        options = TrainingOptions(max_seconds=self._seconds, seed=0)
        panels: list[Panel] = []
        with tempfile.TemporaryDirectory() as folder:
            model = None
            for strokes, before, after in (
                (FIRST, "painted", "learned from it"),
                (ADDED, "painted more", "learned again"),
            ):
                painted = _painted(painted, strokes)
                start, model = model, Path(folder) / before
                api.train_unet(
                    *(tissue, painted, model),
                    axes="YXC",
                    start_from=start,
                    training=options,
                )
                labels = api.predict(model, tissue, axes="YXC")
                panels += [
                    Panel(before, tissue, window, painted, classes=CLASSES),
                    Panel(after, tissue, window, labels, classes=CLASSES),
                ]
        return panels


def _painted(before: NDArray[Any], strokes: dict[int, str]) -> NDArray[Any]:
    """Return what is painted, with strokes added."""
    picture = Image.fromarray(before)
    pen = ImageDraw.Draw(picture)
    for id_, lines in strokes.items():
        for line in lines.split("; "):
            places = [place.split(",") for place in line.split()]
            pen.line([(int(x), int(y)) for y, x in places], fill=id_, width=7)
    return np.array(picture)


def _pair(
    title: str,
    image: NDArray[Any],
    window: Window,
    find: Callable[[NDArray[Any]], NDArray[Any]],
) -> list[Panel]:
    """Return a part of an image, and what is found there."""
    return [
        Panel(title, image, window),
        Panel("found as it is", image, window, find(image)),
    ]


def click_good() -> list[Panel]:
    """Show one click on things with an edge of their own."""
    return [
        _clicked("a nucleus", NUCLEI, (150, 220, 128), [(215, 285)]),
        _clicked("one of two", NUCLEI, (15, 0, 128), [(75, 15)]),
        _clicked("a coin", bundled("coins"), (75, 157, 100), [(125, 207)]),
        _clicked("a cell", bundled("cell"), (200, 250, 300), [(370, 430)]),
    ]


def click_bad() -> list[Panel]:
    """Show one click on things without, and more clicks."""
    tissue, gland = bundled("immunohistochemistry"), (290, 200, 220)
    clicks = [(470, 330), (390, 290)]
    return [
        _clicked("a vessel", bundled("microaneurysms"), (22, 10, 64), [(50, 40)]),
        _clicked("two as one", NUCLEI, (220, 270, 128), [(265, 335)]),
        _clicked("part of a gland", tissue, gland, clicks[:1]),
        _clicked("two clicks", tissue, gland, clicks),
    ]


def _clicked(title: str, image: NDArray[Any], window: Window, clicks: Places) -> Panel:
    """Return what the click model makes of clicks on an object."""
    with api.PromptSession(image, "click-2d", axes=_axes(image)) as session:
        for y, x in clicks:
            session.click(y, x)
        mask = session.mask.astype(np.uint8)
    return Panel(title, image, window, mask, clicks)


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unet", default="nuclei-unet", help="name or model folder")
    parser.add_argument("--maskrcnn", default="nuclei-maskrcnn", help="likewise")
    parser.add_argument("--seconds", type=float, default=54, help="of each training")
    parser.add_argument("names", nargs="*", help="pictures to make; all if left out")
    given = parser.parse_args()
    pictures = Pictures(given.unet, given.maskrcnn, given.seconds).by_name()
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in given.names or pictures:
        path = PICTURES / f"which-{name}.png"
        side_by_side(pictures[name]()).save(path, optimize=True)
        size = path.stat().st_size / 1000
        sys.stdout.write(f"docs/images/{path.name} {size:.0f} kB\n")


if __name__ == "__main__":
    main()
