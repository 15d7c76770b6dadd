"""References to arrays travel as JSON."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from napari_segsuite.data.refs import ArrayRef


def test_round_trip():
    ref = ArrayRef(path=Path("a b/ä.tif"), axes="ZYX", spacing=(2.0, 0.5, 0.1 + 0.2))
    assert ArrayRef.model_validate_json(ref.model_dump_json()) == ref


@pytest.mark.parametrize(
    ("axes", "spacing"),
    [
        ("XX", None),
        ("ZYX", (1.0, 1.0)),
        ("YXC", (1.0, 1.0, 1.0)),
        ("YX", (0.0, 1.0)),
        ("YX", (-1.0, 1.0)),
        ("YX", (float("nan"), 1.0)),
        ("YX", (float("inf"), 1.0)),
    ],
)
def test_what_does_not_agree(axes, spacing):
    with pytest.raises(ValidationError):
        ArrayRef(path=Path("a.tif"), axes=axes, spacing=spacing)


def test_open(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(3))
    array = ArrayRef(path=tmp_path / "a.npy", axes="YX").open()
    np.testing.assert_array_equal(array, np.eye(3))
