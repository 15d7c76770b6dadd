from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from napari_segsuite.data.painted import IGNORED
from napari_segsuite.engine.objects.sampling import ObjectSampler, ScaledPatch
from napari_segsuite.engine.objects.targets import UNKNOWN


def sampler(regions: list[Any], *patch: int, seed: int = 0) -> ObjectSampler:
    return ObjectSampler(regions, patch, np.random.default_rng(seed))


def squares(size: int = 24) -> Any:
    labels = np.zeros((size, size), np.int32)
    labels[2:8, 2:8], labels[12:20, 10:18] = 1, 2
    return labels


def test_a_patch_as_large_as_life_is_a_view_of_its_region(region: Any) -> None:
    one = region(squares())
    values = sampler([one], 8, 8).read(ScaledPatch(0, (4, 6), (8, 8)))
    assert (values.image == one.image[:, 4:12, 6:14]).all()
    assert (values.foreground == one.foreground[4:12, 6:14]).all()
    assert (values.distance == one.distance[4:12, 6:14].float()).all()


def test_an_enlarged_patch_repeats_its_target(region: Any) -> None:
    one = region(squares())
    values = sampler([one], 8, 8).read(ScaledPatch(0, (1, 2), (4, 4)))
    part = one.distance[1:5, 2:6].float()
    assert (
        values.distance == part.repeat_interleave(2, 0).repeat_interleave(2, 1)
    ).all()


def test_beyond_its_region_an_image_is_mirrored_and_nothing_is_learned(
    region: Any,
) -> None:
    one = region(squares(), np.arange(576).reshape(24, 24))
    values = sampler([one], 4, 28).read(ScaledPatch(0, (0, -2), (4, 28)))
    assert values.image[0, 0].tolist() == [1, 0, *range(24), 23, 22]
    assert (values.foreground[:, [0, 1, 26, 27]] == IGNORED).all()
    assert (values.distance[:, [0, 1, 26, 27]] == UNKNOWN).all()
    assert (values.foreground[:, 2:26] == one.foreground[:4]).all()


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.7])
def test_patches_lie_inside_where_they_can(region: Any, scale: float) -> None:
    drawing = sampler([region(squares())], 8, 16)
    for _ in range(50):
        patch = drawing.draw(scale)
        assert patch.shape == (round(8 / scale), round(16 / scale))
        for corner, edge in zip(patch.corner, patch.shape, strict=True):
            low, high = sorted((0, 24 - edge))
            assert low <= corner <= high


def test_patches_around_what_is_held_out_are_not_sought(region: Any) -> None:
    labels = squares()
    labels[:, :9] = -1
    drawing = sampler([region(np.where(labels == 2, 1, labels))], 4, 4)
    held = drawing.read(ScaledPatch(0, (2, 2), (4, 4)))
    assert (held.foreground == IGNORED).all()
    seen = [drawing.read(drawing.draw()).foreground for _ in range(60)]
    assert sum(bool((one == 1).any()) for one in seen) > 25


def test_crowded_regions_are_drawn_more_often_but_not_by_their_objects(
    region: Any,
) -> None:
    crowded = np.zeros((24, 24), np.int32)
    crowded[::3, ::3] = np.arange(1, 65).reshape(8, 8)
    drawing = sampler([region(squares()), region(crowded)], 4, 4)
    share = np.mean([drawing.draw().region for _ in range(400)])
    assert 0.75 < share < 0.9  # of 3 and 65, the roots: 1 to 4.7


def test_a_region_without_objects_is_drawn_too(region: Any) -> None:
    empty = region(np.zeros((24, 24), np.int32))
    drawing = sampler([region(squares()), empty], 4, 4)
    share = np.mean([drawing.draw().region for _ in range(400)])
    assert 0.25 < share < 0.5  # the roots of 1 and 3


def test_a_patch_says_where_objects_meet(region: Any) -> None:
    labels = np.zeros((8, 8), np.int32)
    labels[:, 1:4], labels[:, 4:7] = 1, 2
    values = sampler([region(labels)], 8, 8).read(ScaledPatch(0, (0, 0), (8, 8)))
    assert values.meeting[3].tolist() == [False] * 2 + [True] * 4 + [False] * 2


def test_objects_keep_their_middle_when_they_shrink(region: Any) -> None:
    values = sampler([region(squares())], 12, 12).read(ScaledPatch(0, (0, 0), (24, 24)))
    assert values.image.shape == (1, 12, 12)
    assert values.distance.max() == 1.0
    assert torch.equal(values.foreground == 1, values.distance > 0)


def test_stacks_have_patches_too(region: Any) -> None:
    labels = np.zeros((6, 10, 10), np.int32)
    labels[2:4, 3:7, 3:7] = 1
    drawing = sampler([region(labels)], 4, 8, 8)
    values = drawing.read(drawing.draw(1.4))
    assert values.image.shape == (1, 4, 8, 8)
    assert values.distance.shape == (4, 8, 8)
