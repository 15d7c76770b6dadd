"""What a network finds in images: boxes, scores, classes, and small masks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.models.detection import MaskRCNN

from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.maskrcnn.masks import pixels_of


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was found in an image, best first."""

    boxes: torch.Tensor
    """(x, y, x, y) of the edges of pixels the network saw; float32, shape (n, 4)."""
    scores: torch.Tensor
    """How sure the network is, 0 to 1; float32, shape (n,)."""
    classes: torch.Tensor
    """Classes, counted from 1; int64, shape (n,)."""
    masks: torch.Tensor
    """Probability of the object on a grid over its box; float32, shape (n, m, m)."""


@torch.inference_mode()
def find(
    network: MaskRCNN, images: Sequence[torch.Tensor], compute: Compute
) -> list[Found]:
    """Find the objects of images as the network sees them.

    Parameters
    ----------
    network : MaskRCNN
        In evaluation mode, on the device of `compute`.
    images : sequence of float32 torch.Tensor, shape (channels, y, x)
        Scaled images; sizes may differ.
    compute : Compute
        Where to compute.

    Returns
    -------
    list of Found
        One per image, on the CPU.
    """
    seen, _ = network.transform([image.to(compute.device) for image in images])
    with compute.precision():
        features = network.backbone(
            seen.tensors.contiguous(memory_format=torch.channels_last)
        )
    features = OrderedDict((name, values.float()) for name, values in features.items())
    proposals, _ = network.rpn(seen, features)
    found, _ = network.roi_heads(features, proposals, seen.image_sizes)
    return [
        Found(
            one["boxes"].cpu(),
            one["scores"].cpu(),
            one["labels"].cpu(),
            one["masks"][:, 0].cpu(),
        )
        for one in found
    ]


def labels_of(
    found: Found, shape: tuple[int, int], least_score: float
) -> NDArray[np.int32]:
    """Return what was found as labels; the better score has what several want.

    Parameters
    ----------
    found : Found
        What was found, best first.
    shape : (int, int)
        Rows and columns.
    least_score : float
        Objects with less are left out.

    Returns
    -------
    int32 array
        Places in `found`, counted from 1; 0 is nothing.
    """
    labels = np.zeros(shape, np.int32)
    whole = slice(0, shape[0]), slice(0, shape[1])
    for number in range(len(found.scores)):
        if float(found.scores[number]) < least_score:
            continue
        x0, y0, x1, y1 = found.boxes[number].tolist()
        mask = found.masks[number].numpy()
        (top, left), pixels = pixels_of(mask, (y0, x0, y1, x1), (1.0, 1.0), whole)
        part = labels[top : top + pixels.shape[0], left : left + pixels.shape[1]]
        free = pixels & (part == 0)
        # One that is mostly covered was found before, under another box.
        if 2 * np.count_nonzero(free) > np.count_nonzero(pixels):
            part[free] = number + 1
    return labels
