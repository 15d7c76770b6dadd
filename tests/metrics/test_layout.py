"""How reports are written down."""

import csv
import io
from typing import Any

import numpy as np

from napari_segsuite.metrics import OverlapReport, count, evaluate, score_overlap
from napari_segsuite.metrics.layout import COLUMNS


def scored(true: Any, pred: Any, **conventions: Any) -> OverlapReport:
    return score_overlap(count(true, pred), **conventions)


def test_csv_reads_back_exactly() -> None:
    report = scored([0, 1, 1, 2], [0, 1, 2, 2], names={1: 'a, "b"', 5: "none"})

    rows = list(csv.DictReader(io.StringIO(report.to_csv())))

    assert tuple(rows[0]) == COLUMNS
    assert [row["name"] for row in rows] == [
        "class 0",
        'a, "b"',
        "class 2",
        "none",
        "mean without background",
        "mean with background",
    ]
    assert float(rows[1]["dice"]) == report.classes[1].dice
    assert rows[3]["dice"] == ""
    assert float(rows[4]["dice"]) == report.mean_dice
    assert float(rows[5]["iou"]) == report.mean_iou_with_background
    assert float(rows[4]["pixel_accuracy"]) == 0.75
    assert rows[4]["true_pixels"] == "3"


def test_tabs_for_spreadsheets() -> None:
    text = scored([1], [1]).to_csv(separator="\t")

    assert text.splitlines()[1].split("\t")[:3] == ["1", "class 1", "1.0"]


def test_without_a_background_there_is_one_mean() -> None:
    text = scored([1, 2], [1, 2], background_id=None).to_csv()

    assert [line.split(",")[1] for line in text.splitlines()] == [
        "name",
        "class 1",
        "class 2",
        "mean",
    ]


def test_plain_text_aligns_and_says_what_was_scored() -> None:
    report = scored([0, 1, 1, 2], [1, 1, 2, 2], ignore_id=0, background_id=1)

    lines = report.to_text().splitlines()

    assert lines[0].split() == [
        "id", "class", "Dice", "IoU", "precision", "recall", "pixels", "predicted",
    ]  # fmt: skip
    assert lines[1].split() == [
        "1", "class", "1", "0.6667", "0.5000", "1.0000", "0.5000", "2", "1",
    ]  # fmt: skip
    assert lines[-1] == (
        "Pixel accuracy 0.6667 on 3 scored pixels, 75 % of all; pixels with id 0 in "
        "the truth are not scored."
    )


def test_plain_text_of_nothing() -> None:
    report = scored(np.zeros(0, int), np.zeros(0, int))

    assert report.to_text().splitlines()[-1] == "No pixel was scored."


def test_the_text_of_objects_ends_with_their_numbers() -> None:
    text = evaluate([1, 1, 0, 2], [3, 3, 0, 0], mode="instances").to_text()

    lines = text.splitlines()
    assert "objects" in text
    assert lines[-1].startswith("2 true and 1 predicted objects; mean AP 0.5000")
    row = next(line for line in lines if "IoU 0.75" in line)
    assert row.split()[2:5] == ["0.5000", "0.6667", "1.0000"]


def test_the_text_of_segments_has_their_means() -> None:
    text = evaluate(
        [1001, 1001, 2], [1007, 1007, 2], mode="panoptic", stuff_ids=[2]
    ).to_text()

    lines = [line.split() for line in text.splitlines()]
    assert ["mean,", "things", "1.0000", "1.0000", "1.0000"] in lines
    assert ["mean,", "stuff", "1.0000", "1.0000", "1.0000"] in lines


def test_the_text_of_surfaces_says_their_unit() -> None:
    labels = np.zeros((6, 6), int)
    labels[2:4, 2:4] = 1

    text = evaluate(labels, labels, surfaces=True, spacing=(0.5, 0.5)).to_text()

    assert "the tolerance is 1 µm" in text
