"""What a U-Net sees in crops, small."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from napari_segsuite.engine.prompting.click.model import build
from napari_segsuite.engine.prompting.click.network import CHANNELS, EDGE, ClickNet
from napari_segsuite.engine.prompting.click.sight import Sight
from napari_segsuite.errors import ModelFolderError


def test_gain_and_offset_of_a_crop_do_not_matter(unet: dict[str, Any]) -> None:
    torch.manual_seed(0)
    sight = Sight(unet)
    crops = torch.randn(2, 3, 16, 24)

    seen = sight(crops)
    brighter = sight(5 * crops + 40)

    assert seen.shape == (2, 4, 16, 24)
    assert torch.allclose(seen, brighter, atol=1e-4)
    assert not torch.allclose(seen, sight(-crops), atol=1e-2)


def test_each_crop_is_scaled_on_its_own(unet: dict[str, Any]) -> None:
    torch.manual_seed(0)
    sight = Sight(unet)
    crops = torch.randn(2, 3, 16, 16) * torch.tensor([1.0, 100.0])[:, None, None, None]

    together = sight(crops)

    assert torch.allclose(together[:1], sight(crops[:1]), atol=1e-5)


def test_a_flat_crop_gives_numbers(unet: dict[str, Any]) -> None:
    assert torch.isfinite(Sight(unet)(torch.full((1, 3, 16, 16), 7.0))).all()


def test_it_does_not_learn(unet: dict[str, Any]) -> None:
    torch.manual_seed(0)
    network = ClickNet((4, 6, 8), (1, 1), unet).train()
    assert network.sight is not None
    before = {name: each.clone() for name, each in network.sight.state_dict().items()}
    seen = torch.randn(2, CHANNELS, EDGE, EDGE)

    masks, scores = network(seen, network.look(seen[:, :3]))
    (masks.sum() + scores.sum()).backward()

    assert network.stem[1].training
    assert not any(each.requires_grad for each in network.sight.parameters())
    after = network.sight.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize(
    "wrong",
    [{"in_channels": 3}, {"spatial_dims": 3}, {"filters": []}],
    ids=["colour", "3D", "no levels"],
)
def test_a_network_that_cannot_look_is_refused(
    unet: dict[str, Any], wrong: dict[str, Any]
) -> None:
    odd = unet | {"arguments": unet["arguments"] | wrong}

    with pytest.raises(ModelFolderError, match="fresh copy"):
        build({"class": "segsuite.ClickNet", "arguments": {"sight": odd}})
    with pytest.raises(ModelFolderError, match="cannot be built"):
        build({"class": "segsuite.ClickNet", "arguments": {"sight": {}}})
