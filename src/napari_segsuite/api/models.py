"""The library of models, for scripts and notebooks."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from napari_segsuite.models.folder import verify
from napari_segsuite.models.kinds import AnyCard
from napari_segsuite.models.library import Library, default_folder


def library() -> Library:
    """Return the user's library of models."""
    return Library(default_folder())


def find_model(name: str | PathLike[str]) -> Path:
    """Return the folder of the model that `name` means: a path, or a library's name."""
    return library().find(str(name))


def show_model(model: str | PathLike[str]) -> AnyCard:
    """Check that a model is whole, and return its card: what it is and comes from.

    Parameters
    ----------
    model : path or str
        A model folder, or the name of a model of the library.

    Raises
    ------
    ModelFolderError
        If the model is missing, damaged, or of a newer format.
    """
    return verify(find_model(model))
