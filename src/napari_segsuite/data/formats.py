"""Image and label files of every format, seen as arrays with axes and spacing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from napari_segsuite.data import (
    nifti,
    numpy_files,
    ome_tiff,
    ome_zarr,
    pictures,
    tiff,
    zarr_folders,
)
from napari_segsuite.data.aligned import align
from napari_segsuite.data.atomic import atomic_file, publish_folder
from napari_segsuite.data.axes import (
    Spacing,
    check_axes,
    guess_axes,
    spatial,
    without_channels,
)
from napari_segsuite.data.frames import Frames
from napari_segsuite.data.label_notes import LabelNotes
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.source import Source
from napari_segsuite.errors import InputError, StorageError

SUFFIXES = (
    ".ome.tiff",
    ".ome.tif",
    ".tiff",
    ".tif",
    ".png",
    ".jpeg",
    ".jpg",
    ".npy",
    ".nii.gz",
    ".nii",
    ".ome.zarr",
    ".zarr",
)
"""How the names of files and folders that can be read end, longest first."""


def describe(path: Path, *, labels: bool = False, axes: str | None = None) -> ArrayRef:
    """Return a reference to the array in a file, from its header alone.

    Axes and spacing come from the metadata of OME-TIFF, ImageJ, NIfTI and OME-Zarr;
    where there is none, axes are guessed (see `guess_axes`). Axes of time, channel
    and depth with one entry are left out.

    Parameters
    ----------
    path : Path
        A .tif, .png, .jpg, .npy, .nii or .nii.gz file, or a zarr folder.
    labels : bool, optional
        Whether the array must be labels: whole numbers, without channels.
    axes : str, optional
        The axes, where the user knows better; sizes of 1 may be added or left out.

    Raises
    ------
    InputError
        If the file is missing, damaged, incomplete, empty, of an unknown format, or
        its axes cannot be told; or holds no labels though it should.
    """
    with _readable(path):
        source = _source(path, labels=labels)
    _check_source(path, source, labels=labels)
    if axes is not None:
        check_axes(axes, len(axes))
        align(_Shape(source.shape, source.dtype), source.axes, axes)
    else:
        axes = _tell_axes(path, source, labels=labels)
    if labels and "C" in axes:
        count = source.shape[axes.index("C")] if len(axes) == len(source.shape) else 1
        if count > 1:
            msg = (
                f"{path} has {count} channels, but labels have one number per pixel. "
                "Choose a labels image, or merge its channels first."
            )
            raise InputError(msg)
        axes = without_channels(axes)
    return ArrayRef(path=path, axes=axes, spacing=_spacing_for(source, axes))


def open_array(ref: ArrayRef) -> Any:
    """Open the array that `ref` names, lazily where the format allows it.

    Parameters
    ----------
    ref : ArrayRef
        The reference; its axes win over the file's.

    Returns
    -------
    array
        A numpy array, a read-only memory map, a zarr array or a view of one, with
        the dimensions of ``ref.axes`` and the dtype of the file.

    Raises
    ------
    InputError
        If the file is missing, damaged, incomplete, or not what the axes say.
    """
    with _readable(ref.path):
        source = _source(ref.path, labels="C" not in ref.axes)
        _check_source(ref.path, source)
        array = source.load()
    return align(array, source.axes, ref.axes)


def write_labels(
    path: Path,
    array: Any,
    axes: str,
    spacing: Spacing | None = None,
    *,
    notes: LabelNotes | None = None,
    overwrite: bool = False,
) -> ArrayRef:
    """Write labels to a file of its own, and read it back before saying so.

    Parameters
    ----------
    path : Path
        The file to make: ``.tif`` or ``.tiff`` for an OME-TIFF
        (compressed without loss, with spacing and notes), ``.zarr`` for an OME-Zarr
        folder (likewise), ``.npy`` for plain numbers.
    array : array
        Labels of any integer dtype or bool; may be lazy.
    axes : str
        One letter of ``TZYX`` per dimension, slowest first.
    spacing : tuple of float, optional
        Micrometre per pixel of each spatial axis.
    notes : LabelNotes, optional
        The class table and the origin, which ``.npy`` cannot hold.
    overwrite : bool, optional
        Whether an existing file is replaced; it stays as it is if writing fails.
        Folders are never replaced.

    Returns
    -------
    ArrayRef
        The file. OME-TIFF stores bool and 64-bit ids in the smallest of its dtypes
        that holds them, OME-Zarr bool as uint8; others keep their dtype.

    Raises
    ------
    InputError
        If the labels are not whole numbers, are empty, do not fit `axes`, or hold
        ids that the format cannot.
    StorageError
        If the file exists and `overwrite` is off, or it cannot be written.
    """
    frames = Frames(array, axes, 2)
    ref = ArrayRef(path=path, axes=axes, spacing=spacing)
    if frames.dtype.kind not in "biu":
        msg = (
            f"Labels must be whole numbers, but these are {frames.dtype}. Round them "
            "to integers first."
        )
        raise InputError(msg)
    name = path.name.lower()
    notes = notes or LabelNotes()
    if name.endswith(".zarr"):
        with publish_folder(path) as temporary:
            ome_zarr.write(temporary, frames, spacing, notes, path.name)
            _compare(frames, ref, temporary)
        return ref
    if not name.endswith((".tif", ".tiff", ".npy")):
        msg = (
            f"Labels are written as .tif, .zarr or .npy, not as {path.name}. Rename "
            "the file."
        )
        raise InputError(msg)
    with atomic_file(path, overwrite=overwrite) as temporary:
        if name.endswith(".npy"):
            numpy_files.write(temporary, array)
        else:
            ome_tiff.write(temporary, frames, spacing, notes)
        _compare(frames, ref, temporary)
    return ref


class _Shape:
    """Stands in for an array where only its shape matters."""

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape = shape
        self.dtype = dtype


def _source(path: Path, *, labels: bool) -> Source:
    name = path.name.lower()
    if zarr_folders.is_zarr(path):
        return zarr_folders.source(path)
    if path.is_dir():
        msg = (
            f"{path} is a folder but no zarr array. Name the files in it, or a file of "
            f"{', '.join(SUFFIXES)}."
        )
        raise InputError(msg)
    if not path.exists():
        msg = f"There is no file {path}. Check its name and folder."
        raise InputError(msg)
    if name.endswith((".tif", ".tiff")):
        return tiff.source(path)
    if name.endswith((".nii", ".nii.gz")):
        return nifti.source(path)
    if name.endswith(".npy"):
        return numpy_files.source(path)
    if name.endswith((".png", ".jpg", ".jpeg")):
        return pictures.source(path, labels=labels)
    msg = f"{path} has an unknown format; {', '.join(SUFFIXES)} are understood."
    raise InputError(msg)


def _check_source(path: Path, source: Source, *, labels: bool = False) -> None:
    if source.dtype.kind not in "biuf":
        msg = (
            f"{path} holds values of type {source.dtype}, but plain numbers are "
            "needed. Convert it to integers or floats first."
        )
        raise InputError(msg)
    if not all(source.shape):
        msg = f"{path} is empty: its shape is {source.shape}."
        raise InputError(msg)
    if labels and source.dtype.kind == "f":
        msg = (
            f"{path} holds {source.dtype} numbers, but labels must be whole numbers. "
            "Save them as integers (for example uint16) first."
        )
        raise InputError(msg)
    if labels and path.suffix.lower() in (".jpg", ".jpeg"):
        msg = f"{path} is a JPEG, which blurs ids. Save labels as TIFF or PNG."
        raise InputError(msg)


def _tell_axes(path: Path, source: Source, *, labels: bool) -> str:
    if source.axes is None:
        try:
            return guess_axes(source.shape, rgb=source.rgb, labels=labels)
        except InputError as error:
            msg = f"{path}: {error} Save one image per file, or name its axes."
            raise InputError(msg) from error
    kept = [
        letter
        for letter, size in zip(source.axes, source.shape, strict=True)
        if letter in "YX" or size > 1
    ]
    return check_axes("".join(kept), len(kept))


def _spacing_for(source: Source, axes: str) -> Spacing | None:
    letters = spatial(axes)
    if not set(letters) <= set(source.spacing):
        return None
    return tuple(source.spacing[letter] for letter in letters)


def _compare(frames: Frames, ref: ArrayRef, written: Path) -> None:
    """Check that the file that will become `ref` reads back as it should."""
    try:
        back = Frames(open_array(ref.replace(path=written)), ref.axes, 2)
        same = back.spatial_shape == frames.spatial_shape and all(
            np.array_equal(
                back.read_labels(index, window), frames.read_labels(index, window)
            )
            for index in range(frames.count)
            for window in frames.blocks(index)
        )
    except InputError as error:
        msg = (
            f"{ref.path} was not saved: what was written could not be read back "
            f"({error.__cause__ or error}). The disk may be at fault: save to another "
            "one."
        )
        raise StorageError(msg) from error
    if not same:
        msg = (
            f"{ref.path} was not saved: it reads back different from what was "
            "written. The disk may be at fault: save to another one."
        )
        raise StorageError(msg)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn whatever a decoder raises at a damaged file into a sentence."""
    try:
        yield
    except (InputError, MemoryError):
        raise
    except PermissionError as error:
        msg = f"{path} may not be read by you. Ask its owner, or copy it."
        raise InputError(msg) from error
    except Exception as error:
        reason = str(error).strip() or type(error).__name__
        msg = (
            f"{path} cannot be read: it is damaged, cut off, or not what its name says "
            f"({reason}). Get a fresh copy of it."
        )
        raise InputError(msg) from error
