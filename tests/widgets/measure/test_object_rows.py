"""Rows of objects, filtered and sorted."""

import pytest

from napari_segsuite.metrics import Kind, count, score_instances
from napari_segsuite.widgets.measure.object_rows import ObjectRows, no_rows, rows_of

# Object 1 is found as 10, object 2 missed, 12 invented.
TRUE = [1, 1, 1, 1, 2, 2, 0, 0, 0]
PRED = [10, 10, 10, 0, 0, 0, 12, 12, 12]


@pytest.fixture
def rows() -> ObjectRows:
    return rows_of(score_instances(count(TRUE, PRED)).objects)


def shown(rows: ObjectRows, **how: object) -> list[int]:
    return rows.id[rows.chosen(**how)].tolist()  # type: ignore[arg-type]


def test_the_rows_hold_both_sides(rows: ObjectRows) -> None:
    assert len(rows) == 4
    assert rows.side.tolist() == [0, 0, 1, 1]
    assert rows.id.tolist() == [1, 2, 10, 12]
    assert rows.match.tolist() == [10, 0, 1, 0]
    assert rows.iou.tolist() == [0.75, 0, 0.75, 0]


def test_they_are_filtered_by_kind(rows: ObjectRows) -> None:
    assert shown(rows, kinds={Kind.MISSED, Kind.INVENTED}) == [2, 12]
    assert shown(rows, kinds=set()) == []


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("1", [1, 10, 12]),  # 10 and 12 begin with it
        ("10", [1, 10]),  # the match of 1
        ("miss", [2]),
        ("Pred", [10, 12]),
        (" ", [1, 2, 10, 12]),
        ("nonsense", []),
    ],
)
def test_they_are_filtered_by_text(rows: ObjectRows, text: str, ids: list[int]) -> None:
    assert shown(rows, text=text) == ids


def test_they_are_sorted_and_equal_ones_keep_their_order(rows: ObjectRows) -> None:
    assert shown(rows, by="area") == [2, 10, 12, 1]
    assert shown(rows, by="area", descending=True) == [1, 10, 12, 2]
    assert shown(rows, by="iou", descending=True) == [1, 10, 2, 12]


def test_an_object_is_found_by_side_and_id(rows: ObjectRows) -> None:
    assert rows.find(1, 12) == 3
    assert rows.find(0, 12) is None


def test_no_objects() -> None:
    rows = no_rows()

    assert len(rows) == 0
    assert shown(rows, text="1", by="iou") == []
