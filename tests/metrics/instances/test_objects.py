"""The table of objects: columns by hand, and its way through JSON."""

import json

import numpy as np
import pytest

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count, empty_table
from napari_segsuite.metrics.instances.matching import match
from napari_segsuite.metrics.instances.mistakes import Kind
from napari_segsuite.metrics.instances.objects import (
    ObjectTable,
    column_types,
    joined,
    object_table,
)
from napari_segsuite.metrics.instances.pairs import object_pairs


def table_of(true: list[int], pred: list[int]) -> ObjectTable:
    pairs = object_pairs(count(true, pred))
    return object_table(pairs, match(pairs, 0.5))


def example() -> ObjectTable:
    return table_of([1, 1, 1, 2, 2, 0, 0], [7, 7, 0, 0, 8, 8, 8])


def test_columns_worked_by_hand() -> None:
    table = example()

    assert table.true_ids.tolist() == [1, 2]
    assert table.true_areas.tolist() == [3, 2]
    assert table.true_ious.tolist() == [2 / 3, 1 / 4]
    assert table.true_matches.tolist() == [7, 0]
    assert table.true_kinds.tolist() == [Kind.CORRECT, Kind.MISSED]
    assert table.pred_ids.tolist() == [7, 8]
    assert table.pred_areas.tolist() == [2, 3]
    assert table.pred_ious.tolist() == [2 / 3, 1 / 4]
    assert table.pred_matches.tolist() == [1, 0]
    assert table.pred_kinds.tolist() == [Kind.CORRECT, Kind.INVENTED]


def test_best_iou_may_be_with_an_object_that_is_no_match() -> None:
    table = table_of([1, 1, 1, 2], [5, 5, 5, 5])

    assert table.true_ious.tolist() == [3 / 4, 1 / 4]
    assert table.true_matches.tolist() == [5, 0]


def test_background_stands_where_no_match_is() -> None:
    pairs = object_pairs(count([0, -1], [-1, 4]), background_id=-1)

    table = object_table(pairs, match(pairs, 0.5), background_id=-1)

    assert table.true_matches.tolist() == table.pred_matches.tolist() == [-1]


@pytest.mark.parametrize("big", [1, 2**63 - 1])
def test_json_round_trip(big: int) -> None:
    table = table_of([1, big, 0], [3, 0, 4])

    again = ObjectTable.from_dict(json.loads(json.dumps(table.to_dict())))

    assert again == table
    for name, dtype in column_types().items():
        assert getattr(again, name).dtype == getattr(table, name).dtype == dtype


def test_tables_differ_by_any_column() -> None:
    values = example().to_dict()
    for name in column_types():
        other = {**values, name: [n + 1 for n in values[name]]}
        assert ObjectTable.from_dict(other) != example()
    assert example() != "table"


def test_join_keeps_the_order() -> None:
    table = joined([example(), example()])

    assert table.true_ids.tolist() == [1, 2, 1, 2]
    assert table.pred_kinds.tolist() == 2 * [Kind.CORRECT, Kind.INVENTED]


def test_empty_tables() -> None:
    pairs = object_pairs(empty_table())
    nothing = object_table(pairs, np.empty(0, np.int64))

    assert nothing == joined(())
    assert ObjectTable.from_dict(nothing.to_dict()) == nothing


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"true_ids": None}, "no object table|lists of one length"),
        ({"true_ids": ["x"]}, "no object table"),
        ({"true_ids": [2**63]}, "no object table"),
        ({"pred_kinds": [0]}, "lists of one length"),
        ({"true_kinds": [0, 300]}, "no object table"),
    ],
)
def test_broken_tables_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ObjectTable.from_dict({**example().to_dict(), **change})
    with pytest.raises(InputError, match="no object table"):
        ObjectTable.from_dict({})
