"""Answers to prompts: models and planes are kept from one job to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from napari_segsuite.data.prompts.planes import PlaneRef
from napari_segsuite.engine.prompting.model import Embedded, PromptModel
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.training import Device


class Answering:
    """A model and its planes, as one job needs them (owner D writes this)."""

    model: PromptModel

    def __init__(
        self, model: Path, device: Device, cache: Path | None, context: JobContext
    ) -> None:
        raise NotImplementedError

    def embedded(
        self, plane: PlaneRef
    ) -> tuple[Embedded, Literal["memory", "disk", "model"]]:
        """Return a plane, embedded, and where the embedding came from."""
        raise NotImplementedError
