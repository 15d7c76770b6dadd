"""Files of detections, whole and damaged."""

from __future__ import annotations

import io
import zipfile
from dataclasses import fields

import numpy as np
import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.detection_files import read_detections, write_detections
from napari_segsuite.data.detections import Detection, Detections, runs_of
from napari_segsuite.errors import InputError, StorageError

CLASSES = (ClassInfo(id=1, name="Zelle ü"), ClassInfo(id=7, name="nucleus"))


def made(count: int = 20) -> Detections:
    rng = np.random.default_rng(0)
    found = []
    for i in range(count):
        mask = rng.random((5, 6)) < 0.5
        y, x = (int(n) for n in rng.integers(0, 20, 2))
        box = (y + 0.25, x, y + 5, x + 6)
        found.append(
            Detection(
                i % 3, box, float(rng.random()), 7, (y, x), mask.shape, runs_of(mask)
            )
        )
    return Detections.of(found, CLASSES, "ZYX", (3, 32, 40))


def assert_same(one: Detections, other: Detections) -> None:
    for field in fields(Detections):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
        else:
            assert a == b


@pytest.mark.parametrize("count", [0, 1, 20])
def test_round_trip(tmp_path, count):
    found = made(count)
    write_detections(tmp_path / "a.detections.npz", found)

    assert_same(read_detections(tmp_path / "a.detections.npz"), found)


def test_numpy_reads_it_without_pickle(tmp_path):
    write_detections(tmp_path / "a.npz", made())

    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert file["boxes"].shape == (20, 4)


def test_an_existing_file_stays(tmp_path):
    (tmp_path / "a.npz").write_text("mine")
    with pytest.raises(StorageError, match="exists"):
        write_detections(tmp_path / "a.npz", made())
    assert (tmp_path / "a.npz").read_text() == "mine"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.npz"]


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="no file"):
        read_detections(tmp_path / "a.npz")


def test_a_thousand_mutants(tmp_path):
    path = tmp_path / "a.npz"
    write_detections(path, made())
    good, whole = path.read_bytes(), read_detections(path)
    rng = np.random.default_rng(1)
    refused = 0
    for _ in range(1000):
        mutant = bytearray(good)
        match rng.integers(3):
            case 0:
                for at in rng.integers(len(good), size=rng.integers(1, 9)):
                    mutant[at] = rng.integers(256)
            case 1:
                mutant = mutant[: rng.integers(len(good))]
            case _:
                at = rng.integers(len(good))
                mutant[at:at] = rng.bytes(int(rng.integers(1, 30)))
        path.write_bytes(mutant)
        try:
            assert_same(read_detections(path), whole)
        except InputError:
            refused += 1
    assert refused > 800


def rewritten(path, name, content):
    """Replace one array of a file by bytes."""
    with zipfile.ZipFile(path) as file:
        parts = {info.filename: file.read(info) for info in file.infolist()}
    parts[name] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for part, values in parts.items():
            file.writestr(part, values)


def npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def header(shape, descr="<i4"):
    file = io.BytesIO()
    values = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, values)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("runs.npy", header((1 << 60,))),
        ("runs.npy", header((-1,))),
        ("runs.npy", header((1 << 28,)) + bytes(100)),
        ("runs.npy", npy(np.array([{}], object), allow_pickle=True)),
        ("runs.npy", npy(np.zeros(3, np.float64))),
        ("boxes.npy", npy(np.asfortranarray(np.zeros((20, 4), np.float32)))),
        ("boxes.npy", npy(np.zeros((19, 4), np.float32))),
        ("scores.npy", npy(np.full(20, np.nan, np.float32))),
        ("about.npy", npy(np.frombuffer(b"[" * 100_000, np.uint8))),
        ("about.npy", npy(np.frombuffer(b'{"version": 2}', np.uint8))),
        ("more.npy", npy(np.zeros(3))),
    ],
)
def test_hostile_parts_are_refused(tmp_path, name, content):
    path = tmp_path / "a.npz"
    write_detections(path, made())
    rewritten(path, name, content)

    with pytest.raises(InputError, match="cannot be read as detections"):
        read_detections(path)


def test_a_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "a.npz"
    write_detections(path, made())
    size = (1 << 30) // 4 + 1
    with zipfile.ZipFile(path) as file:
        parts = {info.filename: file.read(info) for info in file.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for part, values in parts.items():
            if part != "runs.npy":
                file.writestr(part, values)
        with file.open("runs.npy", "w", force_zip64=True) as out:
            out.write(header((size,)))
            for _ in range(size * 4 // (1 << 24) + 1):
                out.write(bytes(1 << 24))

    with pytest.raises(InputError, match="cannot be read as detections"):
        read_detections(path)
