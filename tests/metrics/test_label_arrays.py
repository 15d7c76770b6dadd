"""What is no label image is refused with a sentence."""

import numpy as np
import pytest

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.label_arrays import as_ids
from napari_segsuite.metrics.tally import count


@pytest.mark.parametrize(
    ("true", "pred", "message"),
    [
        (np.zeros((2, 3), int), np.zeros((3, 2), int), "2 × 3 .* 3 × 2"),
        (np.zeros(3, int), np.zeros((3, 1), int), "same shape"),
        (np.zeros(2, object), np.zeros(2, int), "truth must hold whole numbers"),
        (np.zeros(2, int), np.zeros(2, complex), "prediction must hold whole"),
        (np.array([0.5]), np.zeros(1, int), "0.5 is among"),
        (np.zeros(1, int), np.array([np.nan]), "nan is among"),
        (np.array([np.inf]), np.zeros(1, int), "inf is among"),
        (np.array([2.0**63]), np.zeros(1, int), "9.22337e"),
        (np.array([2**63], np.uint64), np.zeros(1, int), "9223372036854775808"),
    ],
)
def test_what_cannot_be_counted_is_refused(
    true: np.ndarray, pred: np.ndarray, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        count(true, pred)


@pytest.mark.parametrize("dtype", ["?", "u1", "i4", "u8", "f4"])
def test_whole_numbers_become_integers(dtype: str) -> None:
    ids = as_ids(np.array([0, 1, 1], dtype), "truth")

    assert ids.dtype.kind in "iu"
    assert ids.tolist() == [0, 1, 1]
