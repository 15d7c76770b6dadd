"""The headline numbers of every mode."""

from typing import Any

import pytest

from napari_segsuite.metrics import evaluate
from napari_segsuite.widgets.measure.cards import Cards


@pytest.fixture
def cards(keep: Any, qapp: Any) -> Cards:
    return keep(Cards())  # type: ignore[no-any-return]


def test_scores_have_three_digits_and_dashes_stand_for_none(cards: Cards) -> None:
    cards.show_scores({"mean_dice": 2 / 3, "mean_iou": float("nan")}, "classes")

    assert cards.text("mean_dice") == "0.667"
    assert cards.text("mean_iou") == "–"
    assert cards.text("pixel_accuracy") == "–"


@pytest.mark.parametrize("mode", ["classes", "instances", "panoptic"])
def test_every_card_finds_its_number_in_the_report(cards: Cards, mode: Any) -> None:
    report = evaluate([[0, 1, 1, 2]], [[0, 1, 1, 0]], mode=mode, ignore_id=None)

    cards.show_scores(report.headline, mode)

    texts = [card.text for card in cards._cards.values()]
    assert "–" not in texts
    assert len(texts) in (3, 6)


def test_too_few_objects_have_a_minus(cards: Cards) -> None:
    report = evaluate([[0, 1, 1, 2]], [[0, 1, 1, 0]], mode="instances")

    cards.show_scores(report.headline, "instances")

    assert cards.text("count_error") == "−1"


def test_cards_stand_side_by_side_where_there_is_room(cards: Cards, qtbot: Any) -> None:
    cards.show_scores(None, "instances")
    cards.show()

    def columns() -> int:
        return len({card.x() for card in cards._cards.values()})

    cards.resize(500, 200)
    qtbot.waitUntil(lambda: columns() == 3, timeout=2000)
    cards.resize(130, 400)
    qtbot.waitUntil(lambda: columns() == 1, timeout=2000)


def test_distances_have_their_unit_and_may_have_no_end(cards: Cards) -> None:
    scores = {
        "boundary_f1": 0.5,
        "hausdorff": float("inf"),
        "hausdorff_95": 12.345,
        "mean_distance": float("nan"),
    }
    cards.show_scores(scores, "surfaces", unit="µm")

    assert cards.text("boundary_f1") == "0.500"
    assert cards.text("hausdorff") == "∞"
    assert cards.text("hausdorff_95") == "12.3 µm"
    assert cards.text("mean_distance") == "–"
    assert "No value" in cards._cards["mean_distance"].toolTip()
    assert "No value" not in cards._cards["hausdorff_95"].toolTip()


def test_six_cards_stand_in_two_columns_where_three_do_not_fit(
    cards: Cards, qtbot: Any
) -> None:
    cards.show_scores(None, "surfaces")
    cards.show()
    widest = max(card.upright_width for card in cards._cards.values())

    cards.resize(2 * widest + 20, 200)

    qtbot.waitUntil(
        lambda: len({card.x() for card in cards._cards.values()}) == 2, timeout=2000
    )
