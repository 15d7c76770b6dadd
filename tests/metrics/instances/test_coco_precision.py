"""COCO's average precision: against pycocotools, and by hand."""

import contextlib
import io
import json
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pycocotools import mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count, empty_table
from napari_segsuite.metrics.instances import RankedDetections, score_detections

CROWDS = {8, 9}
# Below 0.5 detections compete for objects.
THRESHOLDS = (0.1, 0.25, 0.5, 0.75, 0.95)
SCORES = st.lists(st.sampled_from([0.1, 0.5, 0.5, 0.9]), min_size=6, max_size=6)
RUNS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2, 3, 4, 8, 9]), st.integers(0, 6), st.integers(1, 6)
    ),
    min_size=1,
    max_size=14,
)
IMAGES = st.lists(st.tuples(RUNS, SCORES), min_size=1, max_size=3)


def arrays(runs: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    n = [run[2] for run in runs]
    true = np.repeat([run[0] for run in runs], n)[:, np.newaxis]
    return true, np.repeat([run[1] for run in runs], n)[:, np.newaxis]


def objects(labels: np.ndarray, image: int) -> list[dict[str, object]]:
    return [
        {
            "image_id": image,
            "category_id": 1,
            "segmentation": mask.encode(np.asfortranarray(labels == i, np.uint8)),
            "area": int((labels == i).sum()),
            "bbox": [0, 0, 1, 1],
            "iscrowd": int(i in CROWDS),
            "label": int(i),
        }
        for i in np.unique(labels)
        if i
    ]


def by_pycocotools(images: list[tuple[np.ndarray, np.ndarray, list[float]]]) -> object:
    """Return COCOeval after its run over all images, with one class and no limit."""
    truth: list[dict[str, object]] = []
    found: list[dict[str, object]] = []
    for number, (true, pred, scores) in enumerate(images):
        truth += objects(true, number)
        found += [
            {**one, "iscrowd": 0, "score": scores[int(one["label"]) - 1]}
            for one in objects(pred, number)
        ]
    for side in (truth, found):
        for number, one in enumerate(side):
            one["id"] = number + 1
    sides = []
    for side in (truth, found):
        coco = COCO()
        coco.dataset = {
            "images": [
                {"id": number, "height": true.shape[0], "width": true.shape[1]}
                for number, (true, _, _) in enumerate(images)
            ],
            "categories": [{"id": 1}],
            "annotations": side,
        }
        coco.createIndex()
        sides.append(coco)
    evaluation = COCOeval(*sides, "segm")
    evaluation.params.iouThrs = np.array(THRESHOLDS)
    evaluation.params.maxDets = [1000]
    evaluation.params.areaRng = [[0, 1e9]]
    evaluation.params.areaRngLbl = ["all"]
    evaluation.evaluate()
    evaluation.accumulate()
    return evaluation


def ranked(images: list[tuple[np.ndarray, np.ndarray, list[float]]]) -> object:
    parts = [
        score_detections(
            count(true, pred),
            dict(enumerate(scores, start=1)),
            crowd_ids=CROWDS,
            thresholds=THRESHOLDS,
        )
        for true, pred, scores in images
    ]
    return sum(parts[1:], start=parts[0])


# 1 takes the later of 1 and 2, which fit alike, and leaves nothing to 2.
TIE = [([(1, 1, 2), (1, 0, 1), (2, 1, 2), (2, 2, 1)], [0.9, 0.5, 0.5, 0.5, 0.5, 0.5])]


@given(drawn=IMAGES)
@example(drawn=TIE)
def test_agrees_with_pycocotools(
    drawn: list[tuple[list[tuple[int, int, int]], list[float]]],
) -> None:
    images = [(*arrays(runs), scores) for runs, scores in drawn]

    mine = ranked(images)
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = by_pycocotools(images)

    precisions = theirs.eval["precision"][:, :, 0, 0, 0]
    recalls = theirs.eval["recall"][:, 0, 0, 0]
    precisions = np.where(precisions < 0, math.nan, precisions)
    assert mine.precisions() == pytest.approx(precisions, abs=1e-9, nan_ok=True)
    assert mine.average_precision == pytest.approx(
        precisions.mean(), abs=1e-9, nan_ok=True
    )
    recall = math.nan if (recalls < 0).any() else recalls.mean()
    assert mine.average_recall == pytest.approx(recall, abs=1e-9, nan_ok=True)


def test_worked_by_hand() -> None:
    # By falling score: a hit, a false alarm, a hit; one of three is never found.
    table = count([1, 1, 0, 2, 2, 3], [1, 1, 2, 3, 3, 0])

    result = score_detections(table, {1: 0.9, 2: 0.8, 3: 0.7}, thresholds=(0.5,))

    # Recall reaches 1/3 (34 of 101 points) at precision 1, then 2/3 (33) at 2/3.
    assert result.average_precision == pytest.approx((34 * 1 + 33 * 2 / 3) / 101)
    assert result.average_recall == pytest.approx(2 / 3)
    assert result.precisions().shape == (1, 101)


def test_scores_decide() -> None:
    table = count([1, 1, 0], [1, 1, 2])

    assert score_detections(table, {1: 0.9, 2: 0.1}).average_precision == 1
    assert score_detections(table, {1: 0.1, 2: 0.9}).average_precision == 0.5


def test_a_detection_in_a_crowd_counts_as_nothing() -> None:
    table = count([1, 8, 8, 8, 8], [1, 2, 2, 3, 3])
    scores = {1: 0.1, 2: 0.9, 3: 0.9}

    assert score_detections(table, scores, crowd_ids=[8]).average_precision == 1
    assert score_detections(table, scores).average_precision < 1


def test_empty_sides() -> None:
    nothing = score_detections(empty_table(), {})
    invented = score_detections(count([0], [1]), {1: 0.5})
    missed = score_detections(count([1], [0]), {})

    assert math.isnan(nothing.average_precision)
    assert math.isnan(invented.average_recall)
    assert missed.average_precision == missed.average_recall == 0
    assert missed.average_precisions == (0,) * 10


def test_scores_are_written_as_json() -> None:
    values = score_detections(count([1], [1]), {1: 0.5}).to_dict()
    empty = score_detections(empty_table(), {}).to_dict()

    assert values["average_precision"] == values["average_recall"] == 1
    assert values["average_precisions"] == [1] * 10
    assert empty["average_precision"] is empty["average_precisions"][0] is None
    json.dumps((values, empty), allow_nan=False)


@pytest.mark.parametrize("scores", [{}, {1: math.nan}])
def test_missing_scores_are_refused(scores: dict[int, float]) -> None:
    with pytest.raises(InputError, match="that of 1 is missing or NaN"):
        score_detections(count([1], [1]), scores)


def test_thresholds_must_agree() -> None:
    one = score_detections(empty_table(), {}, thresholds=(0.5,))
    other = score_detections(empty_table(), {}, thresholds=(0.6,))

    with pytest.raises(InputError, match="if their IoU thresholds are equal"):
        _ = one + other
    assert isinstance(one + one, RankedDetections)
