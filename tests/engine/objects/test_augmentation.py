from __future__ import annotations

import numpy as np
import torch

from napari_segsuite.engine.augmentation import Variation
from napari_segsuite.engine.degradation import Degradation
from napari_segsuite.engine.objects.augmentation import (
    ObjectVariation,
    draw_object_variation,
    draw_scale,
)
from napari_segsuite.engine.objects.sampling import PatchValues


def values(shape: tuple[int, ...] = (6, 6)) -> PatchValues:
    plain = torch.arange(np.prod(shape), dtype=torch.float32).view(shape) / 10
    return PatchValues(plain[None], (plain > 1).long(), plain, plain > 2)


def test_targets_are_turned_along_and_keep_their_values() -> None:
    variation = ObjectVariation(
        Variation((-1,), True, (1.0,), (0.0,), 0.0, 3), Degradation(1.0, 0.0, 0.0, 0)
    )
    before, after = values(), variation.apply(values())
    turned = before.distance.T.flip(-1)
    assert torch.equal(after.distance, turned)
    assert torch.equal(after.image[0], turned)
    assert torch.equal(after.foreground, (turned > 1).long())
    assert torch.equal(after.meeting, turned > 2)


def test_one_draw_gives_one_image() -> None:
    rng = np.random.default_rng(4)
    drawn = [draw_object_variation(rng, 1, (6, 6)) for _ in range(20)]
    assert len({one.base.seed for one in drawn}) == 20
    for one in drawn:
        assert torch.equal(one.apply(values()).image, one.apply(values()).image)


def test_scales_go_both_ways_and_many_are_none() -> None:
    rng = np.random.default_rng(0)
    scales = np.array([draw_scale(rng) for _ in range(500)])
    assert 0.2 < (scales == 1).mean() < 0.4
    assert scales.min() < 0.7
    assert scales.max() > 1.5
    assert abs(np.log(scales).mean()) < 0.05
