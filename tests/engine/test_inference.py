from __future__ import annotations

import dataclasses

import pytest
import torch

from napari_segsuite.engine import device, networks
from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.tiling import Tile, tiles
from napari_segsuite.plan.choose import total_stride
from napari_segsuite.plan.unet import UNetPlan

PLANE = UNetPlan(
    ndim=2,
    channels=1,
    patch_size=(16, 16),
    strides=((1, 1), (2, 2), (2, 2)),
    features=(8, 8, 8),
    batch_size=1,
    normalisation="range",
)
VOLUME = PLANE.replace(
    ndim=3, patch_size=(8, 8, 8), strides=((1, 1, 1), (1, 2, 2), (2, 2, 2))
)


def classifier(plan: UNetPlan, half: torch.dtype | None = None) -> Classifier:
    torch.manual_seed(0)
    network = networks.build(networks.architecture(plan, 3)).eval()
    compute = dataclasses.replace(device.choose("cpu"), half=half)
    return Classifier(network, plan, compute)


@pytest.mark.parametrize("shape", [(1, 1), (7, 31), (16, 16)])
def test_any_size_can_be_classified(shape: tuple[int, ...]) -> None:
    found = classifier(PLANE).probabilities(torch.rand(1, *shape))
    assert found.shape == (3, *shape)
    assert found.dtype == torch.float32
    assert found.sum(0).numpy() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("half", [None, torch.bfloat16], ids=["fp32", "bf16"])
@pytest.mark.parametrize(
    ("plan", "shape", "size"),
    [(PLANE, (97, 131), (24, 40)), (VOLUME, (17, 50, 49), (8, 16, 20))],
    ids=["2d", "3d"],
)
def test_tiles_say_what_the_whole_picture_says(
    plan: UNetPlan,
    shape: tuple[int, ...],
    size: tuple[int, ...],
    half: torch.dtype | None,
) -> None:
    one = classifier(plan, half)
    image = torch.rand(1, *shape)
    whole = one.probabilities(image)
    start = 3  # a region need not begin on the grid
    for part in tiles(tuple(slice(start, n) for n in shape), size):
        tile = Tile.around(part, shape, networks.halo(plan), total_stride(plan.strides))
        said = one.probabilities(image[(slice(None), *tile.outer)])
        said = said[(slice(None), *tile.inside)]
        assert (said - whole[(slice(None), *part)]).abs().max() < 1e-3
