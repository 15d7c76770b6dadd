from __future__ import annotations

import pytest
import torch

from napari_segsuite.engine.prompting.sam.frame import Frame
from napari_segsuite.engine.prompting.sam.masks import candidate

# A plane of the size of the grid. The two interpolations leave a pixel 7/8 of its own
# value along each axis, and give it 1/16 of each neighbour's.
SAME = Frame.of((16, 16), 64)
OUTSIDE = -5.0


def logits(values: dict[tuple[int, int], float]) -> torch.Tensor:
    grid = torch.full((16, 16), OUTSIDE)
    for place, value in values.items():
        grid[place] = value
    return grid


def test_a_mask_is_cut_to_where_it_is() -> None:
    found = candidate(logits({(3, 4): 2.0, (3, 6): 1.0, (4, 6): 3.0}), 0.7, SAME)

    assert found.mask.astype(int).tolist() == [[1, 0, 1], [0, 0, 1]]
    assert found.offset == (3, 4)
    assert found.score == 0.7


def test_stability_compares_a_stricter_with_a_looser_limit() -> None:
    # Four columns each, so that neighbours move none across a limit.
    bands = torch.tensor([-5.0, -0.5, 0.5, 1.5]).repeat_interleave(4)
    found = candidate(bands.repeat(16, 1), 1.0, SAME)

    assert found.mask.shape == (16, 8)
    assert found.stability == pytest.approx(4 / 12)


@pytest.mark.parametrize("value", [OUTSIDE, -0.5, 0.0])
def test_a_mask_without_pixels_is_empty(value: float) -> None:
    found = candidate(logits({(3, 4): value}), 0.2, SAME)

    assert found.mask.size == 0
    assert found.stability == 0


def test_a_mask_up_to_the_edges_of_a_plane_that_leaves_the_square_empty() -> None:
    # Half as wide as high: columns of the grid from 8 on are beside the plane.
    found = candidate(torch.full((16, 16), 3.0), 1.0, Frame.of((40, 20), 64))

    assert found.mask.shape == (40, 20)
    assert found.mask.all()
    assert found.offset == (0, 0)


def test_a_mask_beside_the_plane_is_empty() -> None:
    found = candidate(logits({(3, 12): 9.0}), 1.0, Frame.of((40, 20), 64))

    assert found.mask.size == 0
