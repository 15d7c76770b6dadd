"""Bring models of others into the library: from a file, or by download."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from napari_segsuite.jobs.base import Job, Result


class ImportedModel(Result):
    """A model that was imported."""

    folder: Path
    """The model folder that was made."""
    title: str
    """What it was recognised as."""
    sha256: str
    """SHA-256 of the file it came from."""
    seconds: float
    """Time it took."""


class ImportModel(Job[ImportedModel]):
    """Import a file of weights, without running anything that is in it."""

    kind: ClassVar[str] = "import-model"
    handler: ClassVar[str] = "napari_segsuite.engine.foreign.importing:import_model"
    result_type: ClassVar[type[Result]] = ImportedModel

    file: Path
    """Weights saved by torch (.pth, .pt, .ckpt) or in the safetensors format, or a
    model folder of napari-segsuite."""
    out: Path
    """The model folder to make; it must not exist."""
    name: str = Field(default="", max_length=200)
    """The model's name; empty takes the file's."""
    licence: str = Field(default="", max_length=200)
    """The licence of the weights; empty if unknown."""
    source: str = Field(default="", max_length=2000)
    """Where the weights come from; empty takes the file's name."""


class DownloadModel(Job[ImportedModel]):
    """Download a model of the catalogue, check it, and import it."""

    kind: ClassVar[str] = "download-model"
    handler: ClassVar[str] = "napari_segsuite.engine.foreign.importing:download_model"
    result_type: ClassVar[type[Result]] = ImportedModel

    offer: str
    """Its name in the catalogue, such as ``"sam-vit-b"``."""
    out: Path
    """The model folder to make; it must not exist."""
    downloads: Path
    """The folder in which downloads wait until they are complete."""
    sha256: str = Field(default="", pattern="^([0-9a-fA-F]{64})?$")
    """The SHA-256 that the user vouches for, if the catalogue has none."""
