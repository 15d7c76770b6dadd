"""Give a U-Net one more level: ``python training/deeper.py --model A --out B``.

A deeper network sees farther and has more weights where they cost little time. It
answers as before at first, and is then trained on.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

import torch
from nuclei_set import DATA, read_split
from nuclei_variants import averaged
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from napari_segsuite.data.frames import Frames
from napari_segsuite.engine import intensity, networks
from napari_segsuite.engine.weights import load, own, snapshot
from napari_segsuite.models.card import ModelCard
from napari_segsuite.models.publishing import publish
from napari_segsuite.plan.unet import UNetPlan

LOOKED_AT = 40
EDGE = 256


def deeper_plan(plan: UNetPlan, features: int) -> UNetPlan:
    """Return a plan with one more level of half the resolution."""
    return plan.replace(
        strides=(*plan.strides, (2,) * plan.ndim),
        features=(*plan.features, features),
    )


def grow(old: nn.Module, new: nn.Module, images: Sequence[torch.Tensor]) -> None:
    """Put the weights of a DynUNet into one that has a level more.

    What was the bottleneck becomes the last level on the way down. The block that
    joins the new bottleneck to it hands it on as it is, and does not listen to the
    bottleneck yet. Batch normalisation keeps mean and spread of what is handed on, so
    that it is handed on in training, too.

    Parameters
    ----------
    old, new : torch.nn.Module
        The networks; `new` is left in evaluation mode.
    images : sequence of tensor, (1, channels, y, x)
        What statistics are taken from; sizes are multiples of the total stride.
    """
    levels = len(old.upsamples)
    mine = own(new)
    with torch.no_grad():
        for name, values in own(old).items():
            part, _, rest = name.partition(".")
            if part == "bottleneck":
                name = f"downsamples.{levels - 1}.{rest}"
            elif part == "upsamples":
                number, _, rest = rest.partition(".")
                name = f"upsamples.{int(number) + 1}.{rest}"
            mine[name].copy_(values)
        joint = "upsamples.0.conv_block"
        first, second = (mine[f"{joint}.conv{i}.conv.weight"] for i in (1, 2))
        width = len(first)
        first.zero_()
        second.zero_()
        for channel in range(width):
            # The bottleneck's channels come first.
            first[channel, width + channel, 1, 1] = 1
            second[channel, channel, 1, 1] = 1
    _settle_bottleneck(new, images)
    handed_on = _features(new, images)
    mean, variance = handed_on.mean(1), handed_on.var(1, correction=0)
    with torch.no_grad():
        for i in (1, 2):
            norm = f"{joint}.norm{i}"
            mine[f"{norm}.running_mean"].copy_(mean)
            mine[f"{norm}.running_var"].copy_(variance)
            mine[f"{norm}.weight"].copy_((variance + 1e-5).sqrt())
            mine[f"{norm}.bias"].copy_(mean)
    new.eval()


def _settle_bottleneck(network: nn.Module, images: Sequence[torch.Tensor]) -> None:
    """Take the statistics of the new bottleneck from images."""
    network.eval()
    for module in network.bottleneck.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum, kept = None, module.momentum
            module.train()
            with torch.inference_mode():
                for image in images:
                    network(image)
            module.momentum = kept
            module.eval()


def _features(network: nn.Module, images: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return what the last level on the way down says: (channels, pixels)."""
    found: list[torch.Tensor] = []
    last = network.downsamples[-1]
    hook = last.register_forward_hook(
        lambda _module, _given, out: found.append(out[0].flatten(1))
    )
    with torch.no_grad():
        for image in images:
            network(image)
    hook.remove()
    return torch.cat(found, 1)


def _images(folder: Path, plan: UNetPlan) -> list[torch.Tensor]:
    pictures = read_split(folder, "train")
    stride = math.prod(step[0] for step in plan.strides)
    found = []
    for picture in pictures[:: max(1, len(pictures) // LOOKED_AT)]:
        grey: NDArray = averaged(picture.image)
        frames = Frames(grey, "YX", 2)
        scale = intensity.measure(frames, plan.normalisation, picture.name)
        image = torch.from_numpy(scale.apply(frames.read(0)))[None]
        height, width = (min(n, EDGE) // stride * stride for n in image.shape[-2:])
        found.append(image[..., :height, :width])
    return found


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a model of objects")
    parser.add_argument("--out", type=Path, required=True, help="folder to make")
    parser.add_argument("--data", type=Path, default=DATA, help="the nuclei set")
    parser.add_argument("--features", type=int, default=256, help="of the new level")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    card, old = load(given.model)
    plan = deeper_plan(card.plan, given.features)
    channels = card.architecture["arguments"]["out_channels"]
    described = networks.architecture(plan, channels)
    torch.manual_seed(given.seed)
    new = networks.build(described)
    images = _images(given.data, plan)
    grow(old, new, images)
    with torch.inference_mode():
        apart = [float((old(one) - new(one)).abs().mean()) for one in images]
    print(f"logits differ by {sum(apart) / len(apart):.4f} on average")

    def deeper(weights: object) -> ModelCard:
        return card.replace(
            name=given.out.name, plan=plan, architecture=described, weights=weights
        )

    publish(given.out, deeper, lambda path: save_file(snapshot(new), path), final=True)


if __name__ == "__main__":
    main()
