"""Arrays in files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_segsuite.engine.memory_maps import ScratchArray
from napari_segsuite.errors import StorageError


def test_what_is_written_is_read_and_the_rest_is_zero(tmp_path: Path) -> None:
    array = ScratchArray(tmp_path / "a.npy", np.dtype(np.int32), (2, 3))
    array.write((slice(0, 1), slice(1, 3)), np.array([[5, 6]]))
    array.write((1, 0), np.array(7))

    assert array.read((0, slice(None))).tolist() == [0, 5, 6]
    assert np.load(array.path).tolist() == [[0, 5, 6], [7, 0, 0]]
    assert array.open().dtype == np.int32


def test_a_part_that_was_read_is_a_copy(tmp_path: Path) -> None:
    array = ScratchArray(tmp_path / "a.npy", np.dtype(np.int32), (2,))
    array.read((slice(None),))[0] = 3
    assert array.open().tolist() == [0, 0]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="folder does not exist"):
        ScratchArray(tmp_path / "none" / "a.npy", np.dtype(np.int32), (2,))
