"""What all models that ship inside have in common: half precision, licence, place."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from napari_segsuite.data.atomic import atomic_file
from napari_segsuite.models.folder import CARD, verify

LICENCE = "BSD-3-Clause; trained on CC0 images"
IMAGES = "BBBC038 (2018 Data Science Bowl, stage 1), its training part"


def half(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return kernels as float16; biases and statistics, which are few, stay exact."""
    return {
        name: values.half() if values.ndim > 1 else values
        for name, values in tensors.items()
    }


def ship(folder: Path, target: Path) -> None:
    """Copy a sound model folder to where models ship from, the card last."""
    card = verify(folder)
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.safetensors"):
        if old.name != card.weights.file:
            old.unlink()
    for name in (card.weights.file, CARD):
        with atomic_file(target / name, overwrite=True) as path:
            shutil.copyfile(folder / name, path)
