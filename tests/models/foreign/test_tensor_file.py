"""safetensors files are written as the library reads them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, load_file, save_file

from napari_segsuite.models.foreign.outline import Shape
from napari_segsuite.models.foreign.tensor_file import copy_tensors, write_tensors
from napari_segsuite.models.weights import check_weights


def test_what_is_written_is_read() -> None:
    arrays = {
        "flags": np.array([True, False, True]),
        "a": np.arange(6, dtype="<f4").reshape(2, 3),
        "ü": np.array(7, "<i8"),
        "none": np.zeros((0, 3), "<f8"),
    }
    kinds = {"bool": "BOOL", "float32": "F32", "int64": "I64", "float64": "F64"}
    shapes = {n: Shape(kinds[str(a.dtype)], a.shape) for n, a in arrays.items()}
    file = io.BytesIO()

    write_tensors(file, shapes, lambda name: [arrays[name].tobytes()])

    found = load(file.getvalue())
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("content", [[b"123"], [b"1234", b"5"], []])
def test_sizes_must_fit(content: list[bytes]) -> None:
    with pytest.raises(ValueError, match="'a' has another size"):
        write_tensors(io.BytesIO(), {"a": Shape("F32", (1,))}, lambda _: content)


def test_tensors_are_copied_under_other_names(tmp_path: Path) -> None:
    arrays = {
        "x.a": np.arange(3, dtype="<f4"),
        "x.b": np.ones(2, "<f2"),
        "c": np.ones(1),
    }
    save_file(arrays, tmp_path / "old.safetensors")
    new = tmp_path / "new.safetensors"

    copy_tensors(tmp_path / "old.safetensors", new, {"a": "x.a", "b": "x.b"})

    assert {e.name for e in check_weights(new)} == {"a", "b"}
    np.testing.assert_array_equal(load_file(new)["a"], arrays["x.a"])
    np.testing.assert_array_equal(load_file(new)["b"], arrays["x.b"])
