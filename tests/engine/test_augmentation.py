from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_segsuite.engine.augmentation import Variation, draw_variation


def still(**changes: object) -> Variation:
    fields = {
        "flips": (),
        "transposed": False,
        "gain": (1.0,),
        "offset": (0.0,),
        "noise": 0.0,
        "seed": 0,
    }
    return Variation(**{**fields, **changes})  # type: ignore[arg-type]


def test_turns_by_hand() -> None:
    values = torch.tensor([[1, 2], [3, 4]])
    assert still().turn(values).tolist() == [[1, 2], [3, 4]]
    assert still(flips=(-1,)).turn(values).tolist() == [[2, 1], [4, 3]]
    assert still(transposed=True).turn(values).tolist() == [[1, 3], [2, 4]]
    quarter = still(transposed=True, flips=(-1,)).turn(values)
    assert quarter.tolist() == [[3, 1], [4, 2]]


def test_shades_by_hand() -> None:
    image = torch.tensor([[[1.0]], [[2.0]]])
    varied = still(gain=(2.0, 1.0), offset=(0.5, -1.0)).shade(image)
    assert varied.flatten().tolist() == [2.5, 1.0]


def test_a_variation_is_the_same_each_time() -> None:
    variation = still(noise=0.1, seed=3)
    image = torch.zeros(1, 4, 4)
    assert torch.equal(variation.shade(image), variation.shade(image))
    assert variation.shade(image).std() > 0


@pytest.mark.parametrize("patch_size", [(8, 8), (4, 8), (4, 8, 8)])
def test_drawn_variations_keep_the_shape(patch_size: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        variation = draw_variation(rng, 3, patch_size)
        assert variation.turn(torch.zeros(patch_size)).shape == patch_size
        assert len(variation.gain) == len(variation.offset) == 3
