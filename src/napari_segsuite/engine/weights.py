"""Networks to and from model folders."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from safetensors.torch import save
from torch import nn

from napari_segsuite.engine import networks
from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.card import ModelCard
from napari_segsuite.models.folder import read_verified
from napari_segsuite.models.kinds import as_unet

_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)


def snapshot(network: nn.Module) -> dict[str, torch.Tensor]:
    """Return a copy of the weights and batch statistics of a network, on the CPU."""
    return {name: detached(values) for name, values in own(network).items()}


def detached(values: torch.Tensor) -> torch.Tensor:
    """Return a copy of a tensor as safetensors files can hold it, on the CPU."""
    return values.detach().cpu().clone(memory_format=torch.contiguous_format)


def write(
    tensors: dict[str, torch.Tensor], path: Path, header: dict[str, str] | None = None
) -> None:
    """Write what `snapshot` returned, in the safetensors format.

    Parameters
    ----------
    tensors : dict
        Tensors by name.
    path : Path
        The file.
    header : dict, optional
        What its header holds beside tensors.
    """
    # Its own way to a file leaves another temporary name behind when it is killed.
    with os.fdopen(os.open(path, _NEW), "wb") as file:
        file.write(save(tensors, header))


def load(folder: Path) -> tuple[ModelCard, nn.Module]:
    """Load a U-Net from its folder, verified.

    Returns
    -------
    ModelCard
        The card.
    torch.nn.Module
        Its network, in evaluation mode, on the CPU.

    Raises
    ------
    ModelFolderError
        If the folder is damaged, holds a promptable model, or the weights do not fit
        the network.
    """
    stored = read_verified(folder)
    card = as_unet(stored.card, folder)
    network = networks.build(card.architecture)
    try:
        put(read_tensors(stored.weights), own(network))
    except (ValueError, SafetensorError) as error:
        msg = (
            f"The weights in {folder} do not fit the network that its card describes "
            f"({error}). Get a fresh copy of the model, or train it again."
        )
        raise ModelFolderError(msg) from error
    return card, network.eval()


def put(
    tensors: Mapping[str, torch.Tensor], targets: Mapping[str, torch.Tensor]
) -> None:
    """Copy tensors into others of the same names; their layout in memory stays.

    Raises
    ------
    ValueError
        If names or shapes differ; nothing was copied then.
    """
    odd = sorted(targets.keys() ^ tensors.keys())
    odd += [
        name
        for name, values in targets.items()
        if name in tensors and values.shape != tensors[name].shape
    ]
    if odd:
        msg = f"{len(odd)} tensors differ, among them {', '.join(odd[:5])}"
        raise ValueError(msg)
    with torch.no_grad():
        for name, values in targets.items():
            values.copy_(tensors[name])


def transfer(
    source: nn.Module,
    target: nn.Module,
    ids: Sequence[object],
    new_ids: Sequence[object],
) -> None:
    """Copy weights into a network that has other classes.

    Parameters
    ----------
    source, target : torch.nn.Module
        Networks that differ in their output channels only.
    ids, new_ids : sequence
        Class ids (or what else names them) in the order of output channels.
        Channels of classes that are new, and further channels, keep the weights they
        have in `target`; those of classes that are gone are left out.
    """
    pairs = [(row, new_ids.index(i)) for row, i in enumerate(ids) if i in new_ids]
    old = own(source)
    with torch.no_grad():
        for name, values in own(target).items():
            if name.startswith(networks.HEAD):
                for row, new_row in pairs:
                    values[new_row] = old[name][row]
            else:
                values.copy_(old[name])


def own(network: nn.Module) -> dict[str, torch.Tensor]:
    """Return weights and statistics, each once: parts of a U-Net have two names."""
    return {**dict(network.named_parameters()), **dict(network.named_buffers())}
