"""One sentence says what was scored."""

import numpy as np
import pytest

from napari_segsuite.metrics import count
from napari_segsuite.widgets.measure.choice import MOST_IDS, Scorer
from napari_segsuite.widgets.measure.meaning import Wish
from napari_segsuite.widgets.measure.summary import summary

PRED = [0, 1, 2, 2]


@pytest.mark.parametrize(
    ("true", "wish", "sentence"),
    [
        (
            [0, 1, 1, 2],
            Wish(unpainted=False, mode="classes"),
            "Image: all pixels; means without background.",
        ),
        (
            [0, 1, 1, 2],
            Wish(unpainted=False, background_id=None, mode="classes"),
            "Image: all pixels; means over all classes.",
        ),
        (
            [0, 0, 1, 2],
            Wish(unpainted=True, background_id=None, mode="classes"),
            "Image: only painted pixels, 50.0\N{NO-BREAK SPACE}%; "
            "means over all classes.",
        ),
        (
            [0, 1, 1, 1],
            Wish(mode="instances"),
            "Image: 1 true and 2 predicted objects.",
        ),
        (
            [0, 0, 0, 0],
            Wish(unpainted=True, mode="classes"),
            "Image: nothing is painted there, so there is nothing to score.",
        ),
    ],
)
def test_it_says_what_the_means_hold(true, wish, sentence) -> None:
    assert summary("Image", Scorer().score(count(true, PRED), wish)) == sentence


def test_too_many_classes_are_taken_for_objects() -> None:
    ids = np.arange(MOST_IDS + 1)
    scores = Scorer().score(count(ids, ids), Wish(mode="classes"))
    assert "10,001 different ids: objects, it seems" in summary("Image", scores)
