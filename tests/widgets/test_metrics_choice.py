"""What ids mean is guessed from what is in the layers."""

import numpy as np
import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.metrics import count, score_overlap
from napari_segsuite.widgets.metrics_choice import (
    MOST_IDS,
    Wish,
    guess_background,
    guess_unpainted,
    score_as,
)

NAMED = (ClassInfo(id=3, name="Background"), ClassInfo(id=4, name="cell"))


@pytest.mark.parametrize(
    ("true", "pred", "classes", "unpainted"),
    [
        ([0, 1, 2], [1, 1, 2], (), True),  # a painting, scored against a model
        ([0, 1, 2], [0, 1, 2], (), False),  # complete masks
        ([0, 1, 1], [1, 1, 1], (), False),  # a mask against a bad prediction
        ([0, 3, 4], [0, 3, 4], NAMED, True),  # background is named, so 0 is not it
        ([3, 3, 4], [3, 3, 4], NAMED, False),  # no zeros at all
    ],
)
def test_unpainted_is_guessed(
    true: list[int], pred: list[int], classes: tuple[ClassInfo, ...], unpainted: bool
) -> None:
    assert guess_unpainted(count(true, pred), classes) is unpainted


def test_background_is_guessed() -> None:
    assert guess_background(True, NAMED) == 3
    assert guess_background(True, ()) == 1
    assert guess_background(False, NAMED) == 0


def test_a_complete_truth_without_0_has_its_background_in_a_class() -> None:
    scores = score_as(count([3, 4, 4], [3, 3, 4]), Wish(NAMED))

    assert scores.unpainted is False
    assert scores.report is not None
    assert scores.report.background_id == 3


def test_wishes_go_before_guesses() -> None:
    true, pred = [0, 1, 2], [1, 1, 2]

    scores = score_as(count(true, pred), Wish((), False, None))

    assert scores.unpainted is False
    assert scores.report == score_overlap(count(true, pred), background_id=None)
    assert scores.mean_dice == scores.report.mean_dice


def test_too_many_ids_make_no_report() -> None:
    ids = np.arange(MOST_IDS + 1)

    scores = score_as(count(ids, ids), Wish())

    assert scores.report is None
    assert len(scores.ids) == MOST_IDS + 1
