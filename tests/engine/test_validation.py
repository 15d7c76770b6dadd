from __future__ import annotations

from typing import cast

import numpy as np
import pytest
import torch

from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.regions import Region
from napari_segsuite.engine.validation import Validation


class Threshold:
    """Says class 1 where the picture is bright."""

    def probabilities(self, image: torch.Tensor) -> torch.Tensor:
        return torch.stack([1 - image[0], image[0]])


def region() -> tuple[Region, torch.Tensor]:
    target = torch.full((16, 16), -1)
    target[2, :8], target[12, :8] = 0, 1
    image = torch.zeros(1, 16, 16)
    image[0, 12, :6] = 1.0  # two of the eight pixels of class 1 are dark
    return Region(image, target), target >= 0


def test_scores_are_counted_on_held_out_pixels_alone() -> None:
    one, held = region()
    validation = Validation([one], [held], (16, 16), np.random.default_rng(0))
    report = validation.report(cast(Classifier, Threshold()))
    # Class 0: 8 right, 2 false alarms. Class 1: 6 right, 2 missed.
    assert report.mean_dice == pytest.approx((16 / 18 + 12 / 14) / 2)


def test_small_windows_score_every_held_out_pixel_once() -> None:
    one, held = region()
    validation = Validation([one], [held], (4, 4), np.random.default_rng(0))
    report = validation.report(cast(Classifier, Threshold()))
    assert sum(score.n_true for score in report.classes) == 16


def test_nothing_held_out_is_empty() -> None:
    one, held = region()
    nothing = torch.zeros_like(held)
    assert Validation([one], [nothing], (4, 4), np.random.default_rng(0)).is_empty


def test_it_tells_whether_all_fits_into_its_windows() -> None:
    one, held = region()
    rng = np.random.default_rng(0)
    assert Validation([one], [held], (4, 4), rng).is_complete
    wide = Region(torch.zeros(1, 16, 400), torch.zeros(16, 400, dtype=torch.int64))
    assert not Validation([wide], [wide.target >= 0], (16, 16), rng).is_complete
