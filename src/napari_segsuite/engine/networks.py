"""The network of a plan: a MONAI U-Net, and what tiling must know of it."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import nn

from napari_segsuite.engine.monai_unet import DynUNet
from napari_segsuite.errors import ModelFolderError
from napari_segsuite.plan.choose import total_stride
from napari_segsuite.plan.unet import UNetPlan

# Networks come from here alone: a model folder must not choose what is imported.
_CLASSES = {"monai.networks.nets.DynUNet": DynUNet}

HEAD = "output_block."
"""How the names of weights begin that have one row per class."""


def architecture(plan: UNetPlan, classes: int) -> dict[str, Any]:
    """Return the network of a plan as a model card describes it.

    Batch normalisation, and no instance normalisation, keeps the network equivariant
    to translation once it is trained, so that tiles agree with the whole picture.

    Parameters
    ----------
    plan : UNetPlan
        The plan.
    classes : int
        Channels of the output.
    """
    strides = [list(stride) for stride in plan.strides]
    return {
        "class": "monai.networks.nets.DynUNet",
        "arguments": {
            "spatial_dims": plan.ndim,
            "in_channels": plan.channels,
            "out_channels": classes,
            "kernel_size": [[3] * plan.ndim for _ in strides],
            "strides": strides,
            "upsample_kernel_size": strides[1:],
            "filters": list(plan.features),
            "norm_name": "batch",
        },
    }


def build(described: dict[str, Any]) -> nn.Module:
    """Build the network that `architecture` described, with random weights.

    Parameters
    ----------
    described : dict
        ``{"class": ..., "arguments": {...}}``.

    Returns
    -------
    torch.nn.Module
        From (batch, channels, *spatial) to logits (batch, classes, *spatial);
        spatial sizes must be multiples of `plan.choose.total_stride`.

    Raises
    ------
    ModelFolderError
        If the class is none of ours, or the arguments do not fit it.
    """
    name = described.get("class")
    if name not in _CLASSES:
        msg = (
            f"The model has a network of the class {name!r}; this version of "
            f"napari-segsuite knows {', '.join(_CLASSES)}. Update napari-segsuite."
        )
        raise ModelFolderError(msg)
    try:
        return cast(nn.Module, _CLASSES[name](**described["arguments"]))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        msg = (
            f"The network that the model describes cannot be built ({error}). Get a "
            "fresh copy of the model, or train it again."
        )
        raise ModelFolderError(msg) from error


def halo(plan: UNetPlan) -> tuple[int, ...]:
    """Return how far around a pixel the network looks, per axis, in pixels.

    Rounded up to a multiple of the total stride: a tile with this much around it,
    whose origin is such a multiple too, gives what the whole picture gives.
    """
    return tuple(_reach([s[axis] for s in plan.strides]) for axis in range(plan.ndim))


def place(network: nn.Module, plan: UNetPlan, device: torch.device) -> nn.Module:
    """Move a network to a device, in the layout that is fastest; return it."""
    network.to(device)
    network.to(memory_format=memory_format(plan.ndim))
    return network


def memory_format(ndim: int) -> torch.memory_format:
    """Return the layout in memory with channels last, which is fastest."""
    return torch.channels_last if ndim == 2 else torch.channels_last_3d


def _reach(strides: list[int]) -> int:
    """Add up the reach of all 3-pixel convolutions along one axis."""
    scale, reach = 1, 2
    for stride in strides[1:]:
        reach += scale + scale * stride
        reach += 2 * scale
        scale *= stride
    total = total_stride(tuple((s,) for s in strides))[0]
    # Where strides are, a pixel also depends on its whole cell of the coarse grid.
    return -(-(reach + total - 1) // total) * total
