"""References to arrays in files: how arrays travel between processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import model_validator

from napari_segsuite._model import Model
from napari_segsuite.data.axes import Spacing, check_axes, spatial


class ArrayRef(Model):
    """Where an array lies, and what its axes mean."""

    path: Path
    """A file (.npy, .tif, .png, .nii, .nii.gz) or a zarr array's folder."""
    axes: str
    """One letter of TCZYX per dimension, slowest first."""
    spacing: Spacing | None = None
    """Micrometre per pixel for each spatial axis of `axes`, in their order."""

    @model_validator(mode="after")
    def _agree(self) -> ArrayRef:
        check_axes(self.axes, len(self.axes))
        if self.spacing is not None:
            if len(self.spacing) != len(spatial(self.axes)):
                msg = (
                    f"axes {self.axes} need one spacing per spatial axis, "
                    f"got {self.spacing}"
                )
                raise ValueError(msg)
            if not all(0 < s < float("inf") for s in self.spacing):
                msg = f"spacing must be positive and finite, got {self.spacing}"
                raise ValueError(msg)
        return self

    def open(self) -> Any:
        """Open the array for reading, lazily where the format allows it.

        Returns
        -------
        array
            A numpy array, a read-only memory map or a zarr array, with the
            dimensions of `axes`.

        Raises
        ------
        InputError
            If the file is missing, damaged, incomplete, or not what `axes` says.
        """
        from napari_segsuite.data.formats import open_array

        return open_array(self)
