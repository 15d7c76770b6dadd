"""Scores of slices as columns."""

import numpy as np
import pytest

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import SliceScores


def test_slices_are_columns() -> None:
    slices = SliceScores.of(0, [{"a": 0.5, "b": np.nan}, {"a": 1.0, "b": 0.0}])

    assert slices.column("a").tolist() == [0.5, 1.0]
    assert SliceScores.from_dict(slices.to_dict()) == slices
    assert SliceScores.of(0, []).values.shape == (0, 0)
    with pytest.raises(InputError, match="got 'c'"):
        slices.column("c")
    with pytest.raises(InputError, match="no scores"):
        SliceScores.from_dict({"axis": 0})
