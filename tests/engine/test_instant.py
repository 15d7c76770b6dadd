from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from napari_segsuite.engine.instant import InstantClassifier, features
from napari_segsuite.engine.regions import Region


@pytest.mark.parametrize("shape", [(48, 64), (12, 32, 32)], ids=["2d", "3d"])
def test_a_disk_is_learned_from_lines_of_paint(
    shape: tuple[int, ...], disk: Callable[..., Any]
) -> None:
    made = disk(shape)
    target = torch.from_numpy(made.labels.astype(np.int64) - 1)
    scaled = torch.from_numpy(made.image[None].astype(np.float32) / 255)
    generator = torch.Generator().manual_seed(0)
    classifier = InstantClassifier.fit([Region(scaled, target)], 2, generator)
    found = classifier.probabilities(scaled)
    assert found.shape == (2, *shape)
    assert found.sum(0).numpy() == pytest.approx(1, abs=1e-4)
    assert (found.argmax(0).numpy() == made.inside).mean() > 0.97


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (7, 13), (1, 5, 31)])
def test_features_have_the_shape_of_any_picture(shape: tuple[int, ...]) -> None:
    found = features(torch.rand(2, *shape))
    assert found.shape == (2 + 2 * 4 * 5, *shape)
    assert torch.isfinite(found).all()


def test_a_flat_picture_has_nothing_but_its_intensity() -> None:
    found = features(torch.full((1, 40, 40), 0.5))
    assert found[0].numpy() == pytest.approx(0.5)
    assert found[1].numpy() == pytest.approx(0.5, abs=1e-5)
    assert found[2:5].abs().max() < 1e-3


def test_a_ramp_has_its_slope() -> None:
    ramp = torch.arange(64.0).expand(1, 64, 64) / 64
    length = features(ramp)[1 + 4 * 1 + 1]  # second scale, sigma 1.5
    assert length[30:34, 30:34].numpy() == pytest.approx(1.5 / 64, rel=1e-3)


def test_a_class_without_paint_does_no_harm() -> None:
    target = torch.full((8, 8), -1)
    target[0], target[7] = 0, 2
    image = torch.rand(1, 8, 8)
    classifier = InstantClassifier.fit(
        [Region(image, target)], 3, torch.Generator().manual_seed(0)
    )
    assert torch.isfinite(classifier.probabilities(image)).all()
