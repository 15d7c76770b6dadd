"""The report on objects: sums over images, and its way through JSON."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count
from napari_segsuite.metrics.instances import InstanceReport, score_instances, total

IMAGES = hnp.arrays(np.int64, (2, 24), elements=st.integers(0, 3))


def example() -> InstanceReport:
    return score_instances(count([1, 1, 1, 2, 2, 0], [7, 7, 0, 0, 8, 8]))


@given(first=IMAGES, second=IMAGES)
def test_total_is_the_report_of_images_side_by_side(
    first: np.ndarray, second: np.ndarray
) -> None:
    # Other ids in the second image, so that no object reaches into it.
    both = np.concatenate((first, np.where(second, second + 10, 0)), axis=1)

    expected = score_instances(count(*both))
    found = total([score_instances(count(*first)), score_instances(count(*second))])

    for one, other in zip(found.matches, expected.matches, strict=True):
        assert (one.tp, one.fp, one.fn) == (other.tp, other.fp, other.fn)
        assert one.iou_sum == pytest.approx(other.iou_sum, abs=1e-9)
    assert found.segmentation_sum == pytest.approx(expected.segmentation_sum, abs=1e-9)
    same = ("true_area", "pred_area", "jaccard_intersection", "jaccard_union")
    for name in (*same, "true_kinds", "pred_kinds", "n_true", "n_pred"):
        assert getattr(found, name) == getattr(expected, name)
    kinds = expected.objects.true_kinds.tolist()
    assert found.objects.true_kinds.tolist() == kinds


def test_total_of_one_is_itself() -> None:
    assert total([example()]) == example()


def test_total_needs_reports_of_one_kind() -> None:
    table = count([1], [1])
    others = (
        score_instances(table, thresholds=(0.5,)),
        score_instances(table, ignore_ids=[3]),
        score_instances(table, background_id=5),
    )
    for other in others:
        with pytest.raises(InputError, match="same thresholds, background and ignored"):
            total([example(), other])
    with pytest.raises(InputError, match="got 0 reports"):
        total([])


def test_json_round_trip() -> None:
    text = json.dumps(example().to_dict(), allow_nan=False)

    assert InstanceReport.from_dict(json.loads(text)) == example()


def test_json_without_objects_keeps_every_score() -> None:
    values = example().to_dict(objects=False)

    again = InstanceReport.from_dict(json.loads(json.dumps(values)))

    assert "objects" not in values
    assert again.objects.true_ids.size == 0
    assert again.to_dict(objects=False) == values


def test_nan_becomes_none() -> None:
    values = score_instances(count([0], [0])).to_dict()

    assert values["f1"] is values["seg"] is values["matches"][0]["f1"] is None
    assert values["n_true"] == 0
    json.dumps(values, allow_nan=False)


def test_the_written_scores_are_those_of_the_report() -> None:
    values = example().to_dict()

    # 1 matches 7 by 2/3; 2 and 8 share 1 of 3 pixels.
    assert values["f1"] == 1 / 2
    assert values["mean_matched_iou"] == pytest.approx(2 / 3)
    assert values["true_kinds"]["missed"] == values["pred_kinds"]["invented"] == 1
    assert values["aggregated_jaccard"] == pytest.approx((2 + 1) / (3 + 3))
    assert [m["tp"] for m in values["matches"]] == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]


def test_reports_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        example().true_area = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    "change",
    [
        {"matches": None},
        {"matches": []},
        {"true_area": "many"},
        {"true_kinds": {"correct": 1}},
        {"objects": {"true_ids": []}},
        {"segmentation_sum": None},
    ],
)
def test_broken_reports_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"as `(Instance|Object)"):
        InstanceReport.from_dict({**example().to_dict(), **change})
    with pytest.raises(InputError, match="no report"):
        InstanceReport.from_dict({})
