"""What ids mean is guessed from what is in the layers."""

import numpy as np
import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count, score_table
from napari_segsuite.widgets.measure.meaning import (
    Wish,
    guess_background,
    guess_mode,
    guess_unpainted,
    meaning_of,
)
from napari_segsuite.widgets.measure.parts import OUTSIDE

NAMED = (ClassInfo(id=3, name="Background"), ClassInfo(id=4, name="cell"))
MANY = np.arange(40)


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


@pytest.mark.parametrize(
    ("wish", "ids", "mode"),
    [
        (Wish(), [0, 1, 2], "classes"),
        (Wish(), MANY, "instances"),
        (Wish(NAMED), MANY, "classes"),  # there is a class table
        (Wish(true_segments={7: 1}, pred_segments={1: 1}), [0, 7], "panoptic"),
        (Wish(true_segments={1: 1}, pred_segments={1: 1}), [0, 1], "classes"),
        (Wish(true_segments={7: 1}), [0, 7], "classes"),  # on one side only
        (Wish(objects=True), [0, 1, 2, 3], "instances"),
        (Wish(NAMED, objects=True), [0, 1, 2, 3], "instances"),  # of named classes
        (Wish(objects=False), MANY, "instances"),
    ],
)
def test_the_mode_is_guessed(wish: Wish, ids: object, mode: str) -> None:
    assert guess_mode(count(ids, ids), wish) == mode


def test_a_complete_truth_without_0_has_its_background_in_a_class() -> None:
    meaning = meaning_of(count([3, 4, 4], [3, 3, 4]), Wish(NAMED))

    assert meaning.unpainted is False
    assert meaning.background_id == 3


def test_wishes_go_before_guesses() -> None:
    table = count([0, 1, 2], [1, 1, 2])

    meaning = meaning_of(table, Wish((), False, None, "classes"))
    objects = meaning_of(table, Wish(mode="instances"))

    assert meaning.score(table) == score_table(table, background_id=None)
    assert objects.score(table) == score_table(table, mode="instances")


def test_segments_are_scored_by_their_classes() -> None:
    table = count([0, 11, 11, 12], [5, 5, 5, 6])
    wish = Wish(
        (ClassInfo(id=1, name="cell"), ClassInfo(id=2, name="sky", thing=False)),
        true_segments={11: 1, 12: 2},
        pred_segments={5: 1, 6: 2},
    )

    report = meaning_of(table, wish).score(table)

    # Void leaves the union, so both segments match exactly.
    assert report.panoptic is not None
    assert report.panoptic.overall.pq == 1.0
    assert [(c.name, c.is_thing) for c in report.panoptic.classes] == [
        ("cell", True),
        ("sky", False),
    ]


def test_what_lies_outside_the_region_is_neither_scored_nor_guessed_from() -> None:
    true = [OUTSIDE, OUTSIDE, 1, 1, 0]
    table = count(true, [9, 9, 1, 0, 0])

    meaning = meaning_of(table, Wish())

    assert meaning.score(table) == meaning.score(count(true[2:], [1, 0, 0]))
    assert [c.id for c in meaning.score(table).classes] == [0, 1]


def test_objects_with_negative_ids_get_a_sentence() -> None:
    table = count([0, -1], [0, 1])

    with pytest.raises(InputError, match="ids above 0"):
        meaning_of(table, Wish(mode="instances")).score(table)
