"""Unfinished trainings: what is remembered of one, beside its tensors.

It stands as JSON in the header of the file that the model's card calls `unfinished`,
so that it is known without torch what was asked for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from napari_segsuite._model import Model, describe_invalid
from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.card import EpochRecord, TrainedCard
from napari_segsuite.models.folder import read_unfinished
from napari_segsuite.models.kinds import as_trained

FORMAT_VERSION = 1

_KEY = "unfinished"


class Spent(Model):
    """What a training has used of its budget."""

    seconds: float
    """Seconds since it began, without those between a kill and the resumption."""
    ready: float
    """Seconds until everything was prepared."""
    cut_short: tuple[float, float, int] | None
    """Progress, seconds and steps when it was decided to end soon."""


class Position(Model):
    """Where a training stands, at the end of an epoch."""

    epoch: int = Field(ge=1)
    """Epochs so far."""
    step: int = Field(ge=1)
    """Steps so far."""
    progress: float
    """Part of the schedule that was run through, 0 to 1."""
    spent: Spent
    """What it has used of its budget."""
    chance: dict[str, Any]
    """The state of its random number generator (numpy's PCG64)."""


class Standing(Model):
    """How good its networks were."""

    highest: float
    """Highest score; minus infinity without any."""
    highest_epoch: int
    """The epoch that had it."""
    best: EpochRecord
    """The epoch of the best network."""


class Unfinished(Model):
    """All that is remembered of a training, beside its tensors."""

    format_version: int = Field(default=FORMAT_VERSION, ge=1, le=FORMAT_VERSION)
    """Version of this format."""
    job: dict[str, Any]
    """The job, as JSON values, with absolute paths."""
    data: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the pixels and the paint that it learns from."""
    position: Position
    """Where it stands."""
    standing: Standing
    """How good its networks were."""

    def header(self) -> dict[str, str]:
        """Return what the header of the safetensors file holds beside tensors."""
        return {_KEY: self.model_dump_json()}


@dataclass(frozen=True, slots=True)
class StoredTraining:
    """An unfinished training read from its model folder, verified."""

    card: TrainedCard
    """The card; its history may reach further than the training does."""
    facts: Unfinished
    """What is remembered beside tensors."""
    tensors: bytes
    """The bytes of the safetensors file."""


def read_training(folder: Path) -> StoredTraining:
    """Read the unfinished training in a model folder.

    Raises
    ------
    ModelFolderError
        If there is none, or anything is missing, damaged, changed, or of a newer
        format.
    """
    stored = read_unfinished(folder)
    content = stored.weights
    length = int.from_bytes(content[:8], "little")
    try:
        text = json.loads(content[8 : 8 + length])["__metadata__"][_KEY]
        facts = Unfinished.model_validate_json(text)
    except ValidationError as error:
        raise _unreadable(folder, describe_invalid(error)) from error
    except (KeyError, TypeError) as error:
        raise _unreadable(folder, f"{_KEY!r} is missing in its header") from error
    return StoredTraining(as_trained(stored.card, folder), facts, content)


def _unreadable(folder: Path, reason: str) -> ModelFolderError:
    return ModelFolderError(
        f"The unfinished training in {folder} cannot be read ({reason}). Update "
        "napari-segsuite, or start from the model as it is."
    )
