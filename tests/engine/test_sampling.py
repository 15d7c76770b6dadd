from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_segsuite.engine.regions import Region
from napari_segsuite.engine.sampling import Patch, PatchSampler, cut


def regions() -> list[Region]:
    first = torch.full((10, 12), -1)
    first[0, 0] = 0
    second = torch.full((8, 8), -1)
    second[5, 2:5] = 2
    return [Region(torch.zeros(1, *t.shape), t) for t in (first, second)]


def test_every_class_is_seen_as_often_and_in_its_patch() -> None:
    sampler = PatchSampler(regions(), (4, 6), 3, np.random.default_rng(0))
    seen = []
    for _ in range(400):
        patch = sampler.draw()
        target = cut(regions()[patch.region].target, patch, (4, 6))
        assert target.shape == (4, 6)
        assert (target >= 0).any()
        seen.append(patch.region)
    assert 150 < sum(seen) < 250


def test_rare_classes_weigh_more_and_absent_ones_nothing() -> None:
    sampler = PatchSampler(regions(), (4, 4), 3, np.random.default_rng(0))
    assert sampler.weights.tolist() == pytest.approx([1.5, 0.0, 0.5])


def test_a_patch_is_cut_from_the_last_axes() -> None:
    values = torch.arange(24).reshape(2, 3, 4)
    part = cut(values, Patch(0, (1, 2)), (2, 2))
    assert part.tolist() == [[[6, 7], [10, 11]], [[18, 19], [22, 23]]]
