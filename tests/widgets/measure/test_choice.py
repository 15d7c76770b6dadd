"""What the dock shows of a count."""

import numpy as np

from napari_segsuite.metrics import count
from napari_segsuite.widgets.measure.choice import MOST_IDS, Scorer
from napari_segsuite.widgets.measure.meaning import Wish


def test_scores_of_classes() -> None:
    scores = Scorer().score(count([0, 1, 1, 2], [0, 1, 2, 2]), Wish())

    # Class 1: Dice 2/3; class 2: Dice 2/3; the background is left out.
    assert scores.headline["mean_dice"] == 2 / 3
    assert scores.ids == (0, 1, 2)
    assert scores.report is not None
    assert len(scores.objects) == 0


def test_scores_of_objects_come_with_their_rows() -> None:
    scores = Scorer().score(count([0, 1, 1, 2], [0, 8, 8, 0]), Wish(mode="instances"))

    assert scores.meaning.mode == "instances"
    assert scores.objects.id.tolist() == [1, 2, 8]


def test_too_many_classes_make_no_report() -> None:
    ids = np.arange(MOST_IDS + 1)

    scores = Scorer().score(count(ids, ids), Wish(mode="classes"))

    assert scores.report is None
    assert len(scores.ids) == MOST_IDS + 1


def test_every_slice_has_its_scores_and_only_changed_ones_are_scored_anew() -> None:
    scorer, wish = Scorer(), Wish()
    slices = [count([0, 1], [0, 1]), count([0, 1], [1, 0])]
    whole = slices[0] + slices[1]

    first = scorer.score(whole, wish, axis=0, slices=slices)
    slices[1] = count([0, 1], [0, 1])
    second = scorer.score(slices[0] + slices[1], wish, axis=0, slices=slices)
    third = scorer.score(
        slices[0] + slices[1], Wish(mode="instances"), axis=0, slices=slices
    )

    assert first.report is not None
    assert first.report.slices is not None
    assert first.report.slices.column("mean_dice").tolist() == [1.0, 0.0]
    assert second.report is not None
    assert second.report.slices is not None
    assert second.report.slices.column("mean_dice").tolist() == [1.0, 1.0]
    assert third.report is not None
    assert third.report.slices is not None
    assert third.report.slices.column("f1").tolist() == [1.0, 1.0]
