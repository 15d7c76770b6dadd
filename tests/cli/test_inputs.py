"""Files and folders that a user names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_segsuite.cli.inputs import (
    FileOptions,
    describe,
    files_of,
    paired_files,
)
from napari_segsuite.errors import InputError

OPTIONS = ("--image", "--labels")


def _files(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        np.save(folder / name, np.zeros((4, 5), np.uint8))
    return folder


def test_the_user_knows_axes_and_pixel_size_better_than_the_file(
    tmp_path: Path,
) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 5), np.uint8))

    plain = describe(tmp_path / "a.npy")
    told = describe(tmp_path / "a.npy", FileOptions(axes="TYX", pixel_size=(0.5, 0.2)))

    assert (plain.axes, plain.spacing) == ("ZYX", None)
    assert (told.axes, told.spacing) == ("TYX", (0.5, 0.2))


def test_labels_have_the_axes_of_the_image_without_channels(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((4, 5), np.uint8))

    ref = describe(tmp_path / "a.npy", FileOptions(axes="CYX"), labels=True)

    assert ref.axes == "YX"


def test_files_of_two_folders_are_paired_by_stem(tmp_path: Path) -> None:
    images = _files(tmp_path / "images", "a.npy", "b.npy")
    labels = _files(tmp_path / "labels", "b.npy", "a.npy")

    found = paired_files([images], [labels], OPTIONS)

    assert found.pairs == (
        (images / "a.npy", labels / "a.npy"),
        (images / "b.npy", labels / "b.npy"),
    )
    assert found.unpaired == ()


def test_one_file_and_one_file_are_a_pair_whatever_their_names(tmp_path: Path) -> None:
    folder = _files(tmp_path / "all", "cells.npy", "painted.npy")
    cells, painted = folder / "cells.npy", folder / "painted.npy"

    assert paired_files([cells], [painted], OPTIONS).pairs == ((cells, painted),)


def test_files_without_a_partner_are_named(tmp_path: Path) -> None:
    images = _files(tmp_path / "images", "a.npy", "b.npy")
    labels = _files(tmp_path / "labels", "b.npy", "c.npy")

    complaint = paired_files([images], [labels], OPTIONS).complaint()

    assert str(images / "a.npy") in complaint
    assert str(labels / "c.npy") in complaint
    assert str(images / "b.npy") not in complaint


def test_no_pair_at_all_is_an_error(tmp_path: Path) -> None:
    images = _files(tmp_path / "images", "a.npy", "b.npy")
    labels = _files(tmp_path / "labels", "c.npy", "d.npy")

    with pytest.raises(InputError, match="no partner"):
        paired_files([images], [labels], OPTIONS)


def test_an_option_without_files_is_named() -> None:
    with pytest.raises(InputError, match=r"^--image needs at least one"):
        files_of([], "--image")
