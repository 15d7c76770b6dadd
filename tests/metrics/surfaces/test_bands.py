"""How much the bands along two boundaries share."""

import math

import numpy as np
import pytest

from napari_segsuite.metrics.surfaces import BandCounts, band_counts


def test_bands_of_two_shifted_bars() -> None:
    true = np.array([0, 1, 1, 1, 1, 1, 0, 0], bool)
    pred = np.array([0, 0, 1, 1, 1, 1, 1, 0], bool)

    # Bands of one pixel: 1 and 5 against 2 and 6; of two: 1 2 4 5 against 2 3 5 6.
    assert band_counts(true, pred, (1,)) == BandCounts(0, 4)
    assert band_counts(true, pred, (2,)) == BandCounts(2, 6)


def test_counts_add_up() -> None:
    both = BandCounts(1, 2) + BandCounts(2, 4)

    assert both.iou == pytest.approx(0.5)


def test_without_any_band_the_score_is_nan() -> None:
    assert math.isnan(BandCounts().iou)
