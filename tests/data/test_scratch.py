from __future__ import annotations

import gc
import os
import resource
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from napari_segsuite.data.scratch import Scratch, reap
from napari_segsuite.errors import InputError, StorageError

# Makes a scratch folder with a file, prints it, and waits to be killed.
OWNER = """
import sys, time
from pathlib import Path
from napari_segsuite.data.scratch import Scratch
scratch = Scratch(Path(sys.argv[1]))
scratch.path().write_text("x")
print(scratch.folder, flush=True)
time.sleep(60)
"""


@pytest.fixture
def scratch(tmp_path):
    with Scratch(tmp_path / "cache") as scratch:
        yield scratch


class Lazy:
    """An array that is read piece by piece, like those of dask and zarr."""

    def __init__(self, array: np.ndarray) -> None:
        self.shape, self.dtype = array.shape, array.dtype
        self.reads: list[slice] = []
        self._array = array

    def __getitem__(self, where: slice) -> np.ndarray:
        self.reads.append(where)
        return self._array[where]


class TestSave:
    @pytest.mark.parametrize(
        "dtype", ["bool", "u1", "<u2", ">u2", "i4", ">i8", "f2", "f4", ">f8"]
    )
    def test_values_and_dtype_survive(self, scratch, dtype):
        array = np.arange(24).reshape(2, 3, 4).astype(dtype)
        ref = scratch.save(array, "ZYX", (2.0, 0.5, 0.5))
        loaded = np.load(ref.path, allow_pickle=False)
        assert loaded.dtype == array.dtype
        np.testing.assert_array_equal(loaded, array)
        assert (ref.axes, ref.spacing) == ("ZYX", (2.0, 0.5, 0.5))

    @pytest.mark.parametrize(
        "array",
        [
            np.arange(12).reshape(3, 4).T,
            np.arange(12).reshape(3, 4)[::-1, ::2],
            np.zeros((0, 4)),
            np.zeros((4, 0)),
            np.broadcast_to(np.uint8(7), (3, 4)),
        ],
        ids=["transposed", "strided", "no rows", "no columns", "broadcast"],
    )
    def test_any_layout(self, scratch, array):
        loaded = np.load(scratch.save(array, "YX").path)
        np.testing.assert_array_equal(loaded, array)
        assert loaded.shape == array.shape

    def test_a_large_array_is_read_in_pieces(self, scratch):
        array = np.arange(10, dtype=np.uint8)[:, None, None]
        lazy = Lazy(np.broadcast_to(array, (10, 4096, 4096)))  # 16 MiB a plane
        ref = scratch.save(lazy, "ZYX")
        assert lazy.reads == [slice(0, 4), slice(4, 8), slice(8, 12)]
        loaded = np.load(ref.path, mmap_mode="r")
        assert loaded[:, 0, 0].tolist() == list(range(10))
        assert loaded[:, -1, -1].tolist() == list(range(10))

    def test_a_failing_read_leaves_nothing(self, scratch):
        class Broken(Lazy):
            def __getitem__(self, where: slice) -> np.ndarray:
                raise OSError(5, "the network drive is gone")

        before = set(scratch.folder.iterdir())
        with pytest.raises(InputError, match="network drive is gone"):
            scratch.save(Broken(np.zeros((4, 4))), "YX")
        assert set(scratch.folder.iterdir()) == before

    def test_objects_are_refused(self, scratch):
        with pytest.raises(InputError, match="Python objects"):
            scratch.save(np.array([[None, 1]]), "YX")

    @pytest.mark.parametrize(
        ("axes", "spacing"), [("ZYX", None), ("YQ", None), ("YX", (1.0,))]
    )
    def test_axes_that_do_not_fit_are_refused(self, scratch, axes, spacing):
        before = set(scratch.folder.iterdir())
        with pytest.raises(InputError):
            scratch.save(np.zeros((4, 4)), axes, spacing)
        assert set(scratch.folder.iterdir()) == before

    @pytest.mark.parametrize("edge", [10, 100, 3000])
    def test_a_disk_that_takes_no_more_is_said(self, scratch, edge):
        before = set(scratch.folder.iterdir())
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, limits[1]))
        try:
            with pytest.raises(StorageError, match="could not be written"):
                scratch.save(np.zeros((edge, edge)), "YX")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert set(scratch.folder.iterdir()) == before

    def test_a_vanished_folder_is_said(self, scratch):
        shutil.rmtree(scratch.folder)
        with pytest.raises(StorageError, match="could not be written"):
            scratch.save(np.zeros((4, 4)), "YX")


class TestFolder:
    def test_is_private(self, scratch):
        assert stat.S_IMODE(scratch.folder.stat().st_mode) == 0o700

    def test_paths_are_new_and_inside(self, scratch):
        paths = {scratch.path(".npy") for _ in range(100)}
        assert len(paths) == 100
        assert {path.parent for path in paths} == {scratch.folder}
        assert not any(path.exists() for path in paths)

    def test_is_deleted_at_the_end(self, tmp_path):
        with Scratch(tmp_path) as scratch:
            scratch.save(np.zeros((4, 4)), "YX")
            scratch.path().mkdir()
        scratch.close()
        assert list(tmp_path.iterdir()) == []

    def test_is_deleted_when_forgotten(self, tmp_path):
        Scratch(tmp_path)
        gc.collect()
        assert list(tmp_path.iterdir()) == []

    def test_is_deleted_at_the_end_of_python(self, tmp_path):
        code = OWNER.replace("time.sleep(60)", "")
        subprocess.run([sys.executable, "-c", code, tmp_path], check=True)
        assert list(tmp_path.iterdir()) == []

    def test_a_place_that_cannot_be_used_is_said(self, tmp_path):
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(StorageError, match="could not be written"):
            Scratch(tmp_path / "file" / "cache")


class TestReap:
    def test_folders_of_the_living_stay(self, scratch, tmp_path):
        with subprocess.Popen(
            [sys.executable, "-c", OWNER, tmp_path / "cache"], stdout=subprocess.PIPE
        ) as owner:
            folder = Path(os.fsdecode(owner.stdout.readline().rstrip()))
            assert reap(tmp_path / "cache") == ()
            assert folder.is_dir()
            assert scratch.folder.is_dir()
            owner.kill()

    def test_folders_of_the_dead_go(self, tmp_path):
        with subprocess.Popen(
            [sys.executable, "-c", OWNER, tmp_path], stdout=subprocess.PIPE
        ) as owner:
            folder = Path(os.fsdecode(owner.stdout.readline().rstrip()))
            owner.kill()
        assert reap(tmp_path) == (folder,)
        assert not folder.exists()
        assert reap(tmp_path) == ()

    def test_a_folder_without_a_lock_goes_when_it_is_old(self, tmp_path):
        folder = tmp_path / "napari-segsuite-abc"
        folder.mkdir()
        assert reap(tmp_path) == ()
        old = time.time() - 7200
        os.utime(folder, (old, old))
        assert reap(tmp_path) == (folder,)

    def test_links_and_other_folders_stay(self, tmp_path):
        precious = tmp_path / "precious"
        precious.mkdir()
        (precious / "owner.lock").touch()
        (tmp_path / "napari-segsuite-link").symlink_to(precious)
        (tmp_path / "napari-segsuite-file").touch()
        assert reap(tmp_path) == ()
        assert len(list(tmp_path.iterdir())) == 3
        assert (precious / "owner.lock").exists()

    def test_a_place_that_is_not_there_is_no_error(self, tmp_path):
        assert reap(tmp_path / "missing") == ()
