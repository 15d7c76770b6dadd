import io

import numpy as np
import pytest
from PIL import Image

from napari_segsuite.widgets.measure.judged import Rule
from napari_segsuite.widgets.measure.pictures import report_pictures

TRUE = np.array([[0, 1], [1, 0]])
PRED = np.array([[0, 1], [0, 1]])
RED = np.array([[0, 0, 0, 0], [1, 0, 0, 1]], float)


def colors(ids):
    return RED[ids]


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.png)))


def pictures(**options):
    inputs = {
        "truth": TRUE,
        "prediction": PRED,
        "true_colors": colors,
        "pred_colors": colors,
        "rule": Rule(),
    }
    return report_pictures(**(inputs | options))


def test_truth_prediction_and_verdicts():
    truth, prediction, verdicts = pictures()
    assert truth.caption == "Truth"
    assert pixels(truth).shape == (2, 2, 3)
    # Red at half opacity over grey 32.
    assert pixels(truth)[0].tolist() == [[32, 32, 32], [144, 16, 16]]
    assert pixels(prediction)[1].tolist() == [[32, 32, 32], [144, 16, 16]]
    # Right #009E73, missed #56B4E9, too much #D55E00.
    assert pixels(verdicts).reshape(-1, 3).tolist() == [
        [32, 32, 32],
        [16, 95, 74],
        [59, 106, 132],
        [122, 63, 16],
    ]
    assert "missed blue" in verdicts.caption


def test_the_image_lies_below():
    first, truth, *_ = pictures(image=np.array([[0, 50], [100, 200]]), limits=(0, 100))
    assert first.caption == "Image"
    assert pixels(first)[..., 0].tolist() == [[0, 128], [255, 255]]
    assert pixels(truth)[1, 1].tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    ("image", "white"),
    [
        (np.full((2, 2, 3), 255, np.uint8), 255),
        (np.full((2, 2, 4), 1.0), 255),
        (np.full((2, 2), np.nan), 0),
        (np.array([[0, 1], [2, 3]]) == 3, 0),
    ],
)
def test_kinds_of_images(image, white):
    assert pixels(pictures(image=image)[0])[0, 0].tolist() == [white] * 3


def test_a_flat_image_is_drawn():
    assert pixels(pictures(image=np.full((2, 2), 7))[0]).max() == 0


def test_large_slices_are_thinned_out():
    large = np.zeros((2100, 30), int)
    first, *_ = pictures(truth=large, prediction=large, image=large)
    assert pixels(first).shape == (700, 10, 3)


def test_empty_slices_have_no_pictures():
    empty = np.zeros((0, 4), int)
    assert pictures(truth=empty, prediction=empty) == ()
