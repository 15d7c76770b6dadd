"""A U-Net that gains a level."""

from __future__ import annotations

from pathlib import Path

import torch
from deeper import deeper_plan, grow

from napari_segsuite.engine import networks
from napari_segsuite.engine.weights import load
from napari_segsuite.models.shipment import SHIPPED
from napari_segsuite.plan.unet import UNetPlan

PLAN = UNetPlan(
    ndim=2,
    channels=1,
    patch_size=(32, 32),
    strides=((1, 1), (2, 2), (2, 2)),
    features=(8, 12, 16),
    batch_size=2,
    normalisation="percentile",
)


def test_a_deeper_plan_halves_the_resolution_once_more() -> None:
    plan = deeper_plan(PLAN, 20)

    assert plan.strides == ((1, 1), (2, 2), (2, 2), (2, 2))
    assert plan.features == (8, 12, 16, 20)
    assert (plan.patch_size, plan.batch_size) == ((32, 32), 2)


def test_a_deeper_network_answers_as_before_and_then_learns() -> None:
    torch.manual_seed(0)
    old = networks.build(networks.architecture(PLAN, 3))
    new = networks.build(networks.architecture(deeper_plan(PLAN, 20), 3))
    images = [torch.randn(1, 1, 64, 64) for _ in range(4)]
    together = torch.cat(images)
    for _ in range(60):  # until the statistics are those of the images
        old.train()(together)
    old.eval()

    grow(old, new, images)

    with torch.inference_mode():
        for image in images:
            before, after = old(image), new(image)
            # Leaky units shrink what is negative once more: a hundredth of it.
            assert (before - after).abs().max() < 0.1 * before.std()
    # With the statistics of a batch, too, it hands on what it is given.
    with torch.inference_mode():
        wanted = old.train()(together)
        got = new.train()(together)
    assert (wanted - got).abs().mean() < 0.1 * wanted.std()
    new(together).square().mean().backward()
    joint = dict(new.named_parameters())["upsamples.0.conv_block.conv1.conv.weight"]
    assert joint.grad is not None
    # The bottleneck's channels, not listened to yet, come first: each is learned of.
    width = len(joint)
    assert not joint[:, :width].any()
    assert (joint.grad[:, :width].abs().amax((0, 2, 3)) > 0).all()


def test_the_command_makes_a_model_that_answers_as_before(
    nuclei: Path, tmp_path: Path, command
) -> None:
    told = command(
        *("deeper.py", "--model", SHIPPED / "nuclei-unet", "--data", nuclei),
        *("--out", tmp_path / "deep", "--features", "8"),
    )

    assert "logits differ by" in told
    card, network = load(tmp_path / "deep")
    shipped, old = load(SHIPPED / "nuclei-unet")
    assert len(card.plan.strides) == len(shipped.plan.strides) + 1
    assert card.objects == shipped.objects
    image = torch.rand(1, 1, 128, 128)
    with torch.inference_mode():
        assert (network(image) - old(image)).abs().mean() < 0.5
