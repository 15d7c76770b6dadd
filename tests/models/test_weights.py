"""safetensors files are believed only as far as they can be checked."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.weights import check_weights


def write(path, header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def entry(shape, start, stop, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


def test_sound_weights_are_listed(tmp_path):
    path = tmp_path / "w.safetensors"
    save_file({"a": np.ones((2, 3), "f4"), "n": np.zeros((), "i8")}, path)
    found = {e.name: (e.dtype, e.shape) for e in check_weights(path)}
    assert found == {"a": ("F32", (2, 3)), "n": ("I64", ())}


def test_no_weights_at_all_are_sound(tmp_path):
    assert check_weights(write(tmp_path / "w.safetensors", {})) == ()


HOSTILE = {
    "empty file": b"",
    "header too long": (9 << 20).to_bytes(8, "little") + b"{}",
    "header beyond the end": (100).to_bytes(8, "little") + b"{}",
    "no JSON": (2).to_bytes(8, "little") + b"{[",
    "a list": (2).to_bytes(8, "little") + b"[]",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_broken_headers(tmp_path, case):
    path = tmp_path / "w.safetensors"
    path.write_bytes(HOSTILE[case])
    with pytest.raises(ModelFolderError, match="damaged"):
        check_weights(path)


@pytest.mark.parametrize(
    ("header", "nbytes"),
    [
        ({"a": entry([2], 0, 8)}, 9),
        ({"a": entry([2], 0, 8)}, 7),
        ({"a": entry([2], 4, 12)}, 12),
        ({"a": entry([2], 0, 8), "b": entry([2], 4, 12)}, 12),
        ({"a": entry([3], 0, 8)}, 8),
        ({"a": entry([-2], 0, 8)}, 8),
        ({"a": entry([True], 0, 4)}, 4),
        ({"a": entry([2.0], 0, 8)}, 8),
        ({"a": entry([1], 0, 4, "F99")}, 4),
        ({"a": entry([2**40, 0], 8, 0)}, 8),
        ({"a": {"dtype": "F32"}}, 0),
        ({"a": 1}, 0),
        (
            b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'
            b'"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
            1,
        ),
        ({f"t{i}": entry([0], 0, 0) for i in range(20_001)}, 0),
    ],
)
def test_headers_that_lie(tmp_path, header, nbytes):
    path = write(tmp_path / "w.safetensors", header, bytes(nbytes))
    with pytest.raises(ModelFolderError, match="damaged"):
        check_weights(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_numbers_must_be_finite(tmp_path, dtype, bad):
    values = np.ones((5, 5), dtype)
    save_file({"conv": values}, tmp_path / "good.safetensors")
    check_weights(tmp_path / "good.safetensors")
    values[3, 3] = bad
    save_file({"conv": values}, tmp_path / "bad.safetensors")
    with pytest.raises(ModelFolderError, match=r"not finite.*'conv'"):
        check_weights(tmp_path / "bad.safetensors")


@pytest.mark.parametrize(("bits", "sound"), [(0x3F80, True), (0x7FC0, False)])
def test_bfloat16_is_checked_too(tmp_path, bits, sound):
    data = np.array([bits], "<u2").tobytes()
    path = write(tmp_path / "w.safetensors", {"a": entry([1], 0, 2, "BF16")}, data)
    if sound:
        assert len(check_weights(path)) == 1
    else:
        with pytest.raises(ModelFolderError, match="not finite"):
            check_weights(path)
