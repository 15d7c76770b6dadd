"""The slice that is shown, and pictures of it."""

import io

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from PIL import Image

from napari_segsuite.widgets.measure.meaning import Meaning
from napari_segsuite.widgets.measure.pair import Comparison
from napari_segsuite.widgets.measure.parts import OUTSIDE, ArrayPart, RegionPart
from napari_segsuite.widgets.measure.shown_slice import (
    current_slice,
    go_to_slice,
    judged_truth,
    pictures_of,
    rule_of,
)

CLASSES = Meaning("classes", unpainted=False, background_id=0)
WINDOW = (slice(1, 4), slice(2, 6), slice(0, 5))


def stack(viewer: ViewerModel, value: int) -> Labels:
    labels = np.zeros((4, 6, 7), np.uint8)
    labels[2, 3, 1] = value
    return viewer.add_labels(labels, scale=(3, 1, 1), translate=(10, 0, 0))


def test_the_viewer_is_moved_in_world_coordinates() -> None:
    viewer = ViewerModel()
    layer = stack(viewer, 1)
    viewer.add_image(np.zeros((2, 40, 6, 7)))  # one more axis, and other steps

    go_to_slice(viewer, layer, 0, 2)

    assert viewer.dims.point[1] == 16.0
    assert current_slice(viewer, layer, 0) == 2


def test_pictures_show_the_compared_part_of_the_slice() -> None:
    viewer = ViewerModel()
    truth, prediction = stack(viewer, 1), stack(viewer, 1)
    comparison = Comparison(
        ArrayPart(truth.data, WINDOW), ArrayPart(prediction.data, WINDOW), ""
    )
    go_to_slice(viewer, truth, 0, 2)

    pictures = pictures_of(viewer, (truth, prediction), comparison, CLASSES)

    assert [one.caption.partition(":")[0] for one in pictures] == [
        "Truth", "Prediction", "Right and wrong",
    ]  # fmt: skip
    pixels = np.asarray(Image.open(io.BytesIO(pictures[0].png)))
    assert pixels.shape[:2] == (4, 5)
    # The one labelled pixel, less the window's corner.
    colored = np.argwhere((pixels != pixels[0, 0]).any(axis=-1))
    assert colored.tolist() == [[1, 1]]


def test_the_image_below_is_shown_too() -> None:
    viewer = ViewerModel()
    viewer.add_image(np.random.default_rng(0).random((6, 7)))
    truth = viewer.add_labels(np.ones((6, 7), int))
    prediction = viewer.add_labels(np.ones((6, 7), int))
    window = (slice(0, 6), slice(0, 7))
    comparison = Comparison(
        ArrayPart(truth.data, window), ArrayPart(prediction.data, window), ""
    )

    pictures = pictures_of(viewer, (truth, prediction), comparison, CLASSES)

    assert [one.caption for one in pictures][:1] == ["Image"]


def test_what_is_not_scored_is_not_judged() -> None:
    truth = np.array([[0, 1], [2, 2]])
    window = (slice(0, 2), slice(0, 2))
    top = RegionPart(truth, window, (0, 1), (((0.0, 0.0), (0.0, 1.0), (0.4, 1.0)),))
    comparison = Comparison(top, ArrayPart(truth, window), "")
    painted = Meaning("classes", unpainted=True, background_id=1)

    assert rule_of(CLASSES).ignore_id == OUTSIDE
    assert rule_of(painted).ignore_id == 0
    assert judged_truth(comparison, CLASSES)[window][1].tolist() == [OUTSIDE] * 2
    assert judged_truth(comparison, painted)[window][1].tolist() == [0, 0]
