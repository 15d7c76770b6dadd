"""The scores of several pairs of files."""

from pathlib import Path

import numpy as np
import pytest

from napari_segsuite.cli.score_files import ScoredPair, file_rows, files_table
from napari_segsuite.metrics import Report, evaluate, total


@pytest.fixture
def pairs() -> list[ScoredPair]:
    true = np.zeros((6, 6), int)
    true[1:5, 1:5] = 1
    moved = np.roll(true, 1, axis=0)
    return [
        ScoredPair(Path("t.tif"), Path(name), evaluate(true, pred, surfaces=True))
        for name, pred in (("same.tif", true), ("moved.tif", moved))
    ]


def together(pairs: list[ScoredPair]) -> Report:
    return total(pair.report for pair in pairs)


def test_counts_add_up_and_distances_are_averaged(pairs: list[ScoredPair]) -> None:
    same, moved, last = file_rows(pairs, together(pairs))

    assert (same["hausdorff_95"], moved["hausdorff_95"]) == (0.0, 1.0)
    assert last["hausdorff_95"] == 0.5
    assert last["mean_dice"] == pytest.approx((16 + 12) * 2 / (4 * 16))


def test_lines_stand_in_columns(pairs: list[ScoredPair]) -> None:
    lines = files_table(pairs, together(pairs)).splitlines()

    assert [line.split()[0] for line in lines] == [
        "file",
        "same.tif",
        "moved.tif",
        "all",
    ]
    assert len({len(line) for line in lines}) == 1
