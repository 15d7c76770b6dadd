"""Networks to and from model folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from safetensors.torch import save_file
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
    save_file(tensors, path)


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
        tensors = read_tensors(stored.weights)
        own = _own(network)
        odd = sorted(own.keys() ^ tensors.keys())
        odd += [n for n in own if n in tensors and own[n].shape != tensors[n].shape]
        if odd:
            msg = f"{len(odd)} tensors differ, among them {', '.join(odd[:5])}"
            raise ValueError(msg)
    except (ValueError, SafetensorError) as error:
        msg = (
            f"The weights in {folder} do not fit the network that its card describes "
            f"({error}). Get a fresh copy of the model, or train it again."
        )
        raise ModelFolderError(msg) from error
    with torch.no_grad():
        for name, values in own.items():
            values.copy_(tensors[name])
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
