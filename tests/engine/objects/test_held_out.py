from __future__ import annotations

from typing import Any

import numpy as np
import torch

from napari_segsuite.data.painted import IGNORED
from napari_segsuite.engine.objects.held_out import hold_out, without
from napari_segsuite.engine.objects.targets import UNKNOWN


def dots(count: int, size: int = 40) -> Any:
    labels = np.zeros((size, size), np.int32)
    for i in range(count):
        y, x = divmod(i, 4)
        labels[2 + 10 * y : 5 + 10 * y, 2 + 10 * x : 5 + 10 * x] = i + 1
    return labels


def chosen(regions: list[Any], block: int = 100) -> Any:
    return hold_out(regions, block, np.random.default_rng(0))


def test_of_many_regions_whole_ones_are_held_out(region: Any) -> None:
    regions = [region(dots(3)) for _ in range(20)]
    held = chosen(regions)
    assert len({part.region for part in held}) == 2
    assert all(part.window == (slice(0, 40), slice(0, 40)) for part in held)
    assert len(without(regions, held)) == 18


def test_of_one_region_blocks_with_objects_are_held_out(region: Any) -> None:
    regions = [region(dots(16))]
    held = chosen(regions)
    (kept,) = without(regions, held)
    ignored = kept.foreground == IGNORED
    assert 0 < float(ignored.float().mean()) < 0.2
    assert (kept.distance[ignored] == UNKNOWN).all()
    for part in held:
        assert regions[0].labels[part.window].any()
        assert ignored[part.window].all()
    # What is kept is as it was, and the region itself too.
    assert torch.equal(kept.distance[~ignored], regions[0].distance[~ignored])
    assert not bool((regions[0].foreground == IGNORED).any())


def test_few_objects_are_all_learned_from(region: Any) -> None:
    regions = [region(dots(7))]
    assert chosen(regions) == []
    assert without(regions, []) == regions


def test_objects_close_together_are_held_out_too(region: Any) -> None:
    labels = np.full((60, 60), -1)
    labels[:20, :20] = dots(16, 40)[:20, :20]
    labels[1:19:3, 1:19:3] = np.arange(1, 37).reshape(6, 6)
    assert len(chosen([region(labels)], 1 << 14)) == 1


def test_versions_of_a_picture_are_held_out_together(region: Any) -> None:
    drawings = [np.roll(dots(3), shift, axis=0) for shift in range(20)]
    regions = [region(drawing) for drawing in (*drawings, *drawings)]

    held = [part.region for part in chosen(regions)]

    assert len(held) == 4
    assert {number % 20 for number in held[:2]} == {number % 20 for number in held[2:]}
    assert len(set(held)) == 4


def test_what_is_drawn_alike_everywhere_is_not_all_held_out(region: Any) -> None:
    still = [region(dots(3)) for _ in range(30)]
    others = [region(np.roll(dots(3), 1 + i, axis=0)) for i in range(5)]

    assert len(chosen(still)) == 3
    assert 1 <= len(chosen(still + others)) <= 4
