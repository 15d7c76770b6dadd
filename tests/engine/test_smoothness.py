from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_segsuite.engine.smoothness import disagreement, draw_offsets


def test_pixels_of_one_intensity_should_agree() -> None:
    image = torch.zeros(1, 1, 1, 2)
    apart = torch.tensor([[[[0.9, 0.2]], [[0.1, 0.8]]]])
    assert float(disagreement(apart, image, [(0, 1)])) == pytest.approx(2 * 0.7**2)
    assert float(disagreement(apart[..., :1].expand_as(apart), image, [(0, 1)])) == 0


def test_an_edge_between_intensities_may_stay() -> None:
    image = torch.tensor([[[[0.0, 1.0]]]])
    apart = torch.tensor([[[[1.0, 0.0]], [[0.0, 1.0]]]])
    assert float(disagreement(apart, image, [(0, 1)])) < 1e-10


def test_likeness_falls_by_a_gaussian_of_a_tenth() -> None:
    image = torch.tensor([[[[0.0, 0.1]]]])
    apart = torch.tensor([[[[1.0, 0.0]], [[0.0, 1.0]]]])
    expected = 2 * np.exp(-0.5)
    assert float(disagreement(apart, image, [(0, -1)])) == pytest.approx(expected)


def test_offsets_beyond_the_patch_count_nothing() -> None:
    image = torch.zeros(1, 1, 2, 2)
    assert float(disagreement(torch.rand(1, 2, 2, 2), image, [(5, 0)])) == 0


@pytest.mark.parametrize("ndim", [2, 3])
def test_offsets_are_near_and_never_zero(ndim: int) -> None:
    rng = np.random.default_rng(0)
    offsets = [o for _ in range(200) for o in draw_offsets(rng, ndim)]
    assert all(len(o) == ndim and any(o) and max(map(abs, o)) <= 7 for o in offsets)
