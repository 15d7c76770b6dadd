"""Networks to and from model folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import safetensors.torch
import torch
from torch import nn

from napari_segsuite.engine import networks
from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.card import ModelCard
from napari_segsuite.models.folder import read_verified


def snapshot(network: nn.Module) -> dict[str, torch.Tensor]:
    """Return a copy of the weights and batch statistics of a network, on the CPU."""
    return {
        name: values.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, values in _own(network).items()
    }


def write(tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Write what `snapshot` returned, in the safetensors format."""
    safetensors.torch.save_file(tensors, path)


def load(folder: Path) -> tuple[ModelCard, nn.Module]:
    """Load a model from its folder, verified.

    Returns
    -------
    ModelCard
        The card.
    torch.nn.Module
        Its network, in evaluation mode, on the CPU.

    Raises
    ------
    ModelFolderError
        If the folder is damaged, or the weights do not fit the network.
    """
    stored = read_verified(folder)
    network = networks.build(stored.card.architecture)
    try:
        tensors = safetensors.torch.load(stored.weights)
        missing, surplus = network.load_state_dict(tensors, strict=False)
        absent = set(missing) & set(_own(network))
        if absent or surplus:
            msg = f"{len(absent)} tensors are missing, {len(surplus)} are too many"
            raise ValueError(msg)
    except (RuntimeError, ValueError, safetensors.SafetensorError) as error:
        msg = (
            f"The weights in {folder} do not fit the network that its card describes "
            f"({error}). Get a fresh copy of the model, or train it again."
        )
        raise ModelFolderError(msg) from error
    return stored.card, network.eval()


def transfer(
    source: nn.Module, target: nn.Module, ids: Sequence[int], new_ids: Sequence[int]
) -> None:
    """Copy weights into a network that has more classes.

    Parameters
    ----------
    source, target : torch.nn.Module
        Networks that differ in the number of classes only.
    ids, new_ids : sequence of int
        Class ids in the order of their output channels; all `ids` are in `new_ids`.
        Channels of classes that are new keep the weights they have in `target`.
    """
    rows = torch.tensor([list(new_ids).index(i) for i in ids])
    old = _own(source)
    with torch.no_grad():
        for name, values in _own(target).items():
            if name.startswith(networks.HEAD):
                values[rows] = old[name]
            else:
                values.copy_(old[name])


def _own(network: nn.Module) -> dict[str, torch.Tensor]:
    """Return weights and statistics, each once: parts of a U-Net have two names."""
    return {**dict(network.named_parameters()), **dict(network.named_buffers())}
