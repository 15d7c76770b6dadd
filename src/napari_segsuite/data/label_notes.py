"""What is kept with labels in a file besides their pixels, scale and units."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import tifffile
from pydantic import Field, JsonValue, ValidationError

from napari_segsuite._model import Model
from napari_segsuite.data import zarr_folders
from napari_segsuite.data.classes import ClassTable

KEY: Final = "segsuite"
"""The attribute of a zarr group that holds notes."""
NAMESPACE: Final = "napari-segsuite/labels"
"""The namespace of the comment in OME-TIFF that holds notes."""


class LabelNotes(Model):
    """The class table and the origin of labels."""

    classes: ClassTable = ()
    """The classes as far as they were named, in their colours."""
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    """Where the labels come from, such as the model or the prompts of each object."""

    def to_json(self) -> str:
        """Return the notes as ASCII, which every file format can hold."""
        return json.dumps(self.model_dump(mode="json"))


def read_notes(path: Path) -> LabelNotes:
    """Return the notes in a labels file.

    Parameters
    ----------
    path : Path
        A file or folder of any format.

    Returns
    -------
    LabelNotes
        Empty if the file holds none, or none that is understood: the pixels do not
        depend on them.
    """
    try:
        if zarr_folders.is_zarr(path):
            return LabelNotes.model_validate(zarr_folders.attributes(path)[KEY])
        if path.name.lower().endswith((".tif", ".tiff")):
            return LabelNotes.model_validate_json(_comment(path))
    except (OSError, ValueError, KeyError, ValidationError, RecursionError):
        pass
    except (tifffile.TiffFileError, ElementTree.ParseError):
        pass
    return LabelNotes()


def _comment(path: Path) -> str:
    with tifffile.TiffFile(path) as file:
        root = ElementTree.fromstring(file.ome_metadata or "<none/>")  # noqa: S314
    for element in root.iter():
        if element.tag.endswith("CommentAnnotation") and (
            element.get("Namespace") == NAMESPACE
        ):
            return "".join(element.itertext())
    return ""
