"""Files and folders that a user names, as references that jobs take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from napari_segsuite.data.axes import without_channels
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.errors import InputError


@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """What files do not say about themselves."""

    axes: Annotated[str | None, tyro.conf.arg(metavar="AXES")] = None
    """One letter of TCZYX per dimension, slowest first; None: as the file says."""
    pixel_size: Annotated[tuple[float, ...], tyro.conf.arg(metavar="UM ...")] = ()
    """Micrometre per pixel for each of Z, Y, X that is there; none: as files say."""


def describe(
    path: Path, options: FileOptions = FileOptions(), *, labels: bool = False
) -> ArrayRef:
    """Return a reference to the array in `path`.

    Raises
    ------
    InputError
        If it cannot be read, or is not what `options` say.
    """
    from napari_segsuite.data import formats

    axes = options.axes
    if axes is not None and labels:
        axes = without_channels(axes)
    ref = formats.describe(path, labels=labels, axes=axes)
    if not options.pixel_size:
        return ref
    return ref.replace(spacing=options.pixel_size)


def files_of(paths: Sequence[Path], option: str) -> tuple[Path, ...]:
    """Return the files that `paths`, files and folders, stand for.

    Raises
    ------
    InputError
        If there is none.
    """
    from napari_segsuite.data.pairs import expand

    if not paths:
        msg = f"{option} needs at least one file or folder."
        raise InputError(msg)
    return expand(paths)


@dataclass(frozen=True, slots=True)
class PairedFiles:
    """Files that belong together, and files left alone."""

    pairs: tuple[tuple[Path, Path], ...]
    """At least one."""
    unpaired: tuple[Path, ...]

    def complaint(self) -> str:
        """Return a sentence that names the files left alone."""
        names = ", ".join(str(path) for path in self.unpaired)
        return (
            "Files belong together if their names agree up to the ending. "
            f"These have no partner: {names}."
        )


def paired_files(
    first: Sequence[Path], second: Sequence[Path], options: tuple[str, str]
) -> PairedFiles:
    """Pair files: one with one whatever their names, else by stem.

    Parameters
    ----------
    first, second : sequence of Path
        Files and folders.
    options : (str, str)
        The options that brought them, for messages.

    Raises
    ------
    InputError
        If there is no pair.
    """
    from napari_segsuite.data.pairs import pair_by_stem

    left, right = files_of(first, options[0]), files_of(second, options[1])
    if len(left) == len(right) == 1:
        return PairedFiles(((left[0], right[0]),), ())
    found = PairedFiles(*pair_by_stem(left, right))
    if not found.pairs:
        raise InputError(found.complaint())
    return found
