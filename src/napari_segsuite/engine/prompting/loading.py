"""Promptable models from their folders."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import cast

import torch

from napari_segsuite.engine.prompting.checked import CheckedModel
from napari_segsuite.engine.prompting.model import PromptModel
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.kinds import as_promptable

# Each module has ``load(card, folder, device) -> PromptModel``. They are imported when
# they are needed: each loads a library of its own.
_MODULES = {
    "click": "napari_segsuite.engine.prompting.click.model",
    "sam": "napari_segsuite.engine.prompting.sam.model",
}


def load_prompt_model(folder: Path, device: torch.device) -> PromptModel:
    """Load a promptable model from its folder, verified.

    Parameters
    ----------
    folder : Path
        The model folder.
    device : torch.device
        Where it computes.

    Returns
    -------
    PromptModel
        It refuses prompts that cannot be answered with a sentence.

    Raises
    ------
    ModelFolderError
        If the folder is damaged, of a newer format, or holds a U-Net; or the weights
        do not fit the network.
    """
    card = as_promptable(read_card(folder), folder)
    load = import_module(_MODULES[card.kind]).load
    return CheckedModel(cast(PromptModel, load(card, folder, device)))
