"""Model folders to try things on."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from napari_segsuite.data.classes import table_of
from napari_segsuite.models.card import EpochRecord, ModelCard, WeightsFile
from napari_segsuite.models.prompt_card import PromptCard
from napari_segsuite.models.publishing import publish
from napari_segsuite.plan.unet import UNetPlan

PLAN = UNetPlan(
    ndim=2,
    channels=1,
    patch_size=(64, 64),
    strides=((1, 1), (2, 2)),
    features=(8, 16),
    batch_size=4,
    normalisation="percentile",
)


def make_card(weights: WeightsFile, **changes: object) -> ModelCard:
    """Return a card for `weights`."""
    card = ModelCard(
        name="nuclei",
        created=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        package_version="0.1.0",
        plan=PLAN,
        architecture={"class": "net", "arguments": {"depth": 2}},
        classes=table_of((1, 2)),
        axes="YX",
        spacing=(0.5, 0.25),
        weights=weights,
        history=(EpochRecord(epoch=1, step=20, seconds=1.5, loss=0.7, dice=np.nan),),
        scores={"dice": 0.93},
    )
    return card.replace(**changes)


def make_prompt_card(weights: WeightsFile, **changes: object) -> PromptCard:
    """Return the card of a promptable model for `weights`."""
    card = PromptCard(
        kind="click",
        name="clicks",
        created=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        package_version="0.1.0",
        architecture={"class": "net", "arguments": {}},
        licence="BSD-3-Clause",
        source="our own",
        weights=weights,
        scores={"iou": 0.84},
        provenance={"seed": "3"},
    )
    return card.replace(**changes)


def write_ones(path: Path, size: int = 64, value: float = 1.0) -> None:
    """Write weights that are all alike."""
    tensors = {
        "a": np.full((size, 4), value, np.float32),
        "b": np.arange(3, dtype=np.int64),
    }
    save_file(tensors, path, metadata={"format": "pt"})


@pytest.fixture
def card_maker() -> Callable[..., ModelCard]:
    """Return what makes cards."""
    return make_card


@pytest.fixture
def prompt_card_maker() -> Callable[..., PromptCard]:
    """Return what makes cards of promptable models."""
    return make_prompt_card


@pytest.fixture
def weights_writer() -> Callable[..., None]:
    """Return what writes weights."""
    return write_ones


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return a finished model folder."""
    folder = tmp_path / "model"
    publish(folder, make_card, write_ones, final=True)
    return folder


@pytest.fixture
def promptable(tmp_path: Path) -> Path:
    """Return the folder of a promptable model."""
    folder = tmp_path / "promptable"
    publish(folder, make_prompt_card, write_ones, final=True)
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder that is a disk of 256 KiB, or skip loudly."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False)
    except OSError as error:
        pytest.skip(f"a small disk cannot be mounted here: {error}")
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr!r}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
