from __future__ import annotations

import pytest
import torch

from napari_segsuite.engine import networks
from napari_segsuite.errors import ModelFolderError
from napari_segsuite.plan.unet import UNetPlan

PLANE = UNetPlan(
    ndim=2,
    channels=3,
    patch_size=(16, 16),
    strides=((1, 1), (2, 2), (2, 2)),
    features=(4, 8, 8),
    batch_size=1,
    normalisation="range",
)
VOLUME = PLANE.replace(
    ndim=3,
    channels=1,
    patch_size=(8, 16, 16),
    strides=((1, 1, 1), (1, 2, 2), (2, 2, 2)),
)


@pytest.mark.parametrize("plan", [PLANE, VOLUME], ids=["2d", "3d"])
def test_the_network_gives_one_channel_per_class(plan: UNetPlan) -> None:
    network = networks.build(networks.architecture(plan, 5)).eval()
    image = torch.zeros(1, plan.channels, *plan.patch_size)
    assert network(image).shape == (1, 5, *plan.patch_size)


@pytest.mark.parametrize("plan", [PLANE, VOLUME], ids=["2d", "3d"])
def test_nothing_beyond_the_halo_matters(plan: UNetPlan) -> None:
    torch.manual_seed(0)
    halo = networks.halo(plan)
    shape = [2 * h + 16 for h in halo]
    network = networks.build(networks.architecture(plan, 2)).eval().double()
    image = torch.rand(1, plan.channels, *shape, dtype=torch.double)
    image.requires_grad_()
    # The cell of the coarsest grid just behind the halo.
    cell = tuple(slice(h, h + 4) for h in halo)
    network(image)[(0, slice(None), *cell)].sum().backward()
    assert image.grad is not None
    for axis, far in enumerate(halo):
        seen = image.grad.abs().sum(
            dim=[0, 1, *(2 + a for a in range(plan.ndim) if a != axis)]
        )
        assert seen[far + 4 + far :].max() == 0
        assert seen[: far + 4].max() > 0


def test_a_network_of_another_library_is_not_imported() -> None:
    described = {"class": "os.system", "arguments": {}}
    with pytest.raises(ModelFolderError, match=r"'os\.system'"):
        networks.build(described)


def test_arguments_that_do_not_fit_are_refused() -> None:
    described = networks.architecture(PLANE, 2)
    described["arguments"]["filters"] = [4]
    with pytest.raises(ModelFolderError, match="cannot be built"):
        networks.build(described)
