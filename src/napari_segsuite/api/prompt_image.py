"""The image of a prompt session: its planes, and how they are found."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_segsuite.api.sources import Source, as_ref
from napari_segsuite.data.axes import Spacing, without_channels
from napari_segsuite.data.prompts.planes import InputMap, PlaneRef
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.errors import InputError

# Files that must be decoded as a whole are decoded once, if they are no larger.
_COPIED_BYTES = 4 << 30

Index = tuple[int, ...]
"""Where a plane lies along the axes other than Y, X and C."""


class PromptImage:
    """An image whose planes are prompted.

    Parameters
    ----------
    source : source
        The image.
    scratch : Scratch
        Where a copy goes, of arrays and of files that cannot be read plane by plane.
    axes : str or None
        Axes of the image; None: as the file says, or a guess.
    spacing : tuple of float or None
        Micrometre per pixel of each spatial axis; None: as the file says.
    shown : InputMap
        What the model sees of it.

    Raises
    ------
    InputError
        If it cannot be read, or Y and X are not its last axes but C.
    """

    def __init__(
        self,
        source: Source,
        scratch: Scratch,
        axes: str | None,
        spacing: Spacing | None,
        shown: InputMap,
    ) -> None:
        ref = as_ref(source, scratch, axes, spacing)
        self.name = "array" if isinstance(source, np.ndarray) else Path(ref.path).name
        """How the image is called."""
        self.axes = without_channels(ref.axes)
        """The axes of its labels: its own without C."""
        if not self.axes.endswith("YX"):
            msg = (
                f"The axes of {self.name} are {ref.axes}, but a plane needs Y and X "
                "last. Transpose the image."
            )
            raise InputError(msg)
        array = ref.open()
        sizes = dict(zip(ref.axes, array.shape, strict=True))
        self.shape = tuple(int(sizes[letter]) for letter in self.axes)
        """The shape of its labels."""
        self.spacing = ref.spacing
        """Micrometre per pixel of each spatial axis."""
        self.shown = shown
        """What the model sees of it."""
        size = np.dtype(array.dtype).itemsize * int(np.prod(array.shape))
        if not isinstance(array, np.memmap) and size <= _COPIED_BYTES:
            ref = scratch.save(array, ref.axes, ref.spacing)
        self._ref: ArrayRef = ref

    @property
    def leading(self) -> str:
        """The axes along which planes lie."""
        return self.axes[:-2]

    @property
    def plane_shape(self) -> tuple[int, int]:
        """Rows and columns of a plane."""
        return self.shape[-2], self.shape[-1]

    def index(self, z: int | None, t: int | None) -> Index:
        """Return where the plane at `z` and `t` lies.

        Raises
        ------
        InputError
            If one is missing, has no axis, or lies outside.
        """
        given = {"Z": z, "T": t}
        for letter, place in given.items():
            if place is not None and letter not in self.leading:
                msg = (
                    f"{letter.lower()} is {place}, but {self.name} has the axes "
                    f"{self.axes}. Leave {letter.lower()} out."
                )
                raise InputError(msg)
        index = []
        for letter, size in zip(self.leading, self.shape, strict=False):
            place = 0 if given[letter] is None and size == 1 else given[letter]
            if place is None or not 0 <= place < size:
                msg = (
                    f"{letter.lower()} is {place}, but {self.name} has planes 0 to "
                    f"{size - 1} along {letter}. Say which one is meant."
                )
                raise InputError(msg)
            index.append(int(place))
        return tuple(index)

    def plane(self, index: Index) -> PlaneRef:
        """Return a reference to a plane, as jobs take it."""
        return PlaneRef(image=self._ref, index=index, shown=self.shown)
