"""Files of folders, and which belong together."""

from pathlib import Path

import numpy as np
import pytest
import zarr

from napari_segsuite.data.pairs import expand, pair_by_stem, stem
from napari_segsuite.errors import InputError


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.tif", "a"),
        ("a.ome.tif", "a"),
        ("a.nii.gz", "a"),
        ("a.OME.ZARR", "a"),
        ("a.b.png", "a.b"),
        ("a b ä.npy", "a b ä"),
        (".tif", ".tif"),
        ("a.xyz", "a"),
    ],
)
def test_stem(name, expected):
    assert stem(Path("folder") / name) == expected


def test_folders_are_expanded(tmp_path):
    for name in ("b.tif", "a.png", "notes.txt", ".hidden.tif", "c.nii.gz"):
        (tmp_path / name).touch()
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "d.tif").touch()
    zarr.save_array(tmp_path / "d.zarr", np.ones((2, 2)))
    found = expand([tmp_path, tmp_path / "b.tif"])
    names = ["a.png", "b.tif", "c.nii.gz", "d.zarr", "b.tif"]
    assert [path.name for path in found] == names


def test_a_zarr_folder_is_one_file(tmp_path):
    zarr.save_array(tmp_path / "d.zarr", np.ones((2, 2)))
    assert expand([tmp_path / "d.zarr"]) == (tmp_path / "d.zarr",)


def test_nothing_to_expand(tmp_path):
    with pytest.raises(InputError, match="holds no file of a known format"):
        expand([tmp_path])
    with pytest.raises(InputError, match="no file or folder"):
        expand([tmp_path / "no"])


def test_pairs_by_stem():
    images = [Path("i/b.tif"), Path("i/a.nii.gz"), Path("i/alone.png")]
    labels = [Path("l/a.tif"), Path("l/b.npy"), Path("l/left.tif")]
    pairs, unpaired = pair_by_stem(images, labels)
    assert pairs == ((images[0], labels[1]), (images[1], labels[0]))
    assert unpaired == (images[2], labels[2])


def test_the_same_stem_twice():
    with pytest.raises(InputError, match=r"Two labels .*a\.tif and .*a\.png"):
        pair_by_stem([Path("i/a.tif")], [Path("l/a.tif"), Path("l/a.png")])
