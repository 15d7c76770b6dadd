"""The models that ship inside; they are only read."""

from __future__ import annotations

from pathlib import Path

from napari_segsuite.errors import StorageError

SHIPPED = Path(__file__).parent / "shipped"
"""The folder of the models that ship inside."""


def is_shipped(folder: Path) -> bool:
    """Whether a model folder lies among those that ship inside."""
    return folder.resolve().is_relative_to(SHIPPED.resolve())


def refuse_shipped(folder: Path) -> None:
    """Raise if a model folder lies among those that ship inside.

    Raises
    ------
    StorageError
        If it does.
    """
    if is_shipped(folder):
        msg = (
            f"{folder.name} lies among the models that ship inside napari-segsuite, "
            "which stay as they are. Choose another folder."
        )
        raise StorageError(msg)
