"""The record of prompting: the objects of an image, to be refined or replayed later.

It lies in the metadata of a Labels layer, and as ``NAME.prompts.json`` beside labels
that were saved.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from napari_segsuite._model import Model, describe_invalid
from napari_segsuite.data.atomic import atomic_file
from napari_segsuite.data.axes import Spacing, check_axes, spatial
from napari_segsuite.data.pairs import stem
from napari_segsuite.data.prompts.bounds import within
from napari_segsuite.data.prompts.objects import PromptedObject
from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.data.strict_json import without_duplicates
from napari_segsuite.errors import InputError

FORMAT_VERSION = 1
SUFFIX = ".prompts.json"

_LARGEST_FILE = 1 << 28


class PromptRecord(Model):
    """The objects of an image, with their prompts and masks."""

    format_version: int = Field(default=FORMAT_VERSION, ge=1, le=FORMAT_VERSION)
    """Version of this format."""
    model: str = Field(max_length=200)
    """Name of the model that answered."""
    model_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of its weights."""
    image: str = Field(max_length=1000)
    """Name of the image."""
    axes: str
    """Axes of the labels: those of the image without C."""
    shape: tuple[int, ...]
    """Shape of the labels."""
    spacing: Spacing | None = None
    """Micrometre per pixel of each spatial axis."""
    shown: InputMap = InputMap()
    """What the model saw of the image."""
    objects: tuple[PromptedObject, ...] = ()
    """The objects; no pixel belongs to two."""

    @model_validator(mode="after")
    def _check(self) -> PromptRecord:
        check_axes(self.axes, len(self.shape))
        if "C" in self.axes or self.axes[-2:] != "YX" or min(self.shape) < 1:
            msg = f"labels cannot have axes {self.axes} and shape {self.shape}"
            raise ValueError(msg)
        if self.spacing is not None and (
            len(self.spacing) != len(spatial(self.axes))
            or not all(0 < step < float("inf") for step in self.spacing)
        ):
            msg = f"axes {self.axes} cannot have spacing {self.spacing}"
            raise ValueError(msg)
        if len({one.id for one in self.objects}) != len(self.objects):
            msg = "two objects have the same id"
            raise ValueError(msg)
        for one in self.objects:
            self._check_object(one)
        return self

    @property
    def plane_shape(self) -> tuple[int, int]:
        """Rows and columns of a plane."""
        return self.shape[-2], self.shape[-1]

    def _check_object(self, one: PromptedObject) -> None:
        for index in (*one.prompts, *one.chosen, *one.masks):
            inside = len(index) == len(self.shape) - 2 and all(
                0 <= i < size for i, size in zip(index, self.shape, strict=False)
            )
            if not inside:
                msg = f"object {one.id} has no place at plane {index}"
                raise ValueError(msg)
        rough = [prompt.mask for prompt in one.prompts.values() if prompt.mask]
        for mask in (*one.masks.values(), *rough):
            if not _fits(mask, self.plane_shape):
                msg = f"a mask of object {one.id} lies outside the image"
                raise ValueError(msg)
        for prompt in one.prompts.values():
            if prompt.says_where:
                within(prompt, self.plane_shape)


def load_record(values: Any) -> PromptRecord:
    """Return the record that JSON values are, as a layer's metadata holds them.

    Raises
    ------
    InputError
        If they are none, or of a newer format.
    """
    version = values.get("format_version") if isinstance(values, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        msg = (
            f"The record of prompts has format {version}; this version of "
            f"napari-segsuite reads up to {FORMAT_VERSION}. Update napari-segsuite."
        )
        raise InputError(msg)
    try:
        # Through JSON, whose arrays are tuples here and nothing else is converted.
        return PromptRecord.model_validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        msg = f"The record of prompts cannot be used: {describe_invalid(error)}."
        raise InputError(msg) from error
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"The record of prompts holds what JSON cannot: {error}."
        raise InputError(msg) from error


def read_record(path: Path) -> PromptRecord:
    """Read a record from a file.

    Raises
    ------
    InputError
        If it is missing, too large, damaged, or of a newer format.
    """
    try:
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            msg = f"{path} is too large for a record of prompts ({size} bytes)."
            raise InputError(msg)
        values = json.loads(path.read_bytes(), object_pairs_hook=without_duplicates)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}. Check its name."
        raise InputError(msg) from error
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        msg = f"{path} holds no record of prompts: it is no JSON ({error})."
        raise InputError(msg) from error
    try:
        return load_record(values)
    except InputError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from error


def write_record(path: Path, record: PromptRecord, *, overwrite: bool = False) -> None:
    """Write a record to a file, whole or not at all.

    Raises
    ------
    StorageError
        If the file exists and `overwrite` is off, or it cannot be written.
    """
    with atomic_file(path, overwrite=overwrite) as temporary:
        temporary.write_text(record.model_dump_json(), encoding="utf-8")


def record_path(labels: Path) -> Path:
    """Return where the record of saved labels lies: ``a.tif`` → ``a.prompts.json``."""
    return labels.with_name(stem(labels) + SUFFIX)


def _fits(mask: MaskRuns, shape: tuple[int, int]) -> bool:
    return all(
        start >= 0 and start + length <= size
        for start, length, size in zip(mask.offset, mask.shape, shape, strict=True)
    )
