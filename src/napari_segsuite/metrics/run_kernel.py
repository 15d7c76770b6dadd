"""The inner loop of counting, compiled by numba.

Importing this module loads numba and compiles, or reads the compiled loop from numba's
cache on disk: half a second to some seconds. So it is imported when there is enough to
count, never before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

Ids = NDArray[np.int64]

# Pixels looked at in one go: what is noted about them stays in the first cache.
STEP = 4096

_SLOTS = types.int64[:, ::1]
# Read-only in the signature: those of mapped files are, and others may pass as such.
_NARROW = types.Array(types.int32, 1, "C", readonly=True)
_WIDE = types.Array(types.int64, 1, "C", readonly=True)
_DONE_AND_USED = types.UniTuple(types.int64, 2)  # type: ignore[no-untyped-call]


def _compiled(*signatures: Any) -> Any:
    """Return numba's decorator: compiled at once, for callers without the GIL."""
    return njit(list(signatures), nogil=True, cache=True)


@_compiled(types.int64(_SLOTS, types.int64, types.int64, types.int64))  # type: ignore[untyped-decorator]
def _add(slots: Ids, true: int, pred: int, count: int) -> int:
    """Add `count` to the pair's slot; return 1 if it had none, else 0.

    Open addressing with linear probing. Multiplying by odd constants (those of xxHash)
    spreads ids that follow each other; the product's upper half is well mixed.
    """
    mixed = np.uint64(true) * np.uint64(0x9E3779B185EBCA87)
    mixed ^= np.uint64(pred) * np.uint64(0xC2B2AE3D27D4EB4F)
    last = np.uint64(slots.shape[0] - 1)
    at = (mixed >> np.uint64(32)) & last
    while slots[at, 2] != 0:
        if slots[at, 0] == true and slots[at, 1] == pred:
            slots[at, 2] += count
            return 0
        at = (at + np.uint64(1)) & last
    slots[at, 0] = true
    slots[at, 1] = pred
    slots[at, 2] = count
    return 1


@_compiled(  # type: ignore[untyped-decorator]
    _DONE_AND_USED(_NARROW, _NARROW, _SLOTS, types.int64),
    _DONE_AND_USED(_WIDE, _WIDE, _SLOTS, types.int64),
)
def count_runs(
    true: NDArray[Any], pred: NDArray[Any], slots: Ids, used: int
) -> tuple[int, int]:
    """Count runs of equal pairs into `slots`, until these are nearly half full.

    Parameters
    ----------
    true, pred : ndarray of int32, or both of int64, shape (pixels,)
        The ids, contiguous; at least one pixel.
    slots : ndarray of int64, shape (2^k, 3)
        The hash table, changed in place: true id, predicted id and count, which is 0
        in free slots. At least ``4 * STEP`` of them.
    used : int
        How many slots are taken.

    Returns
    -------
    done : int
        How many pixels were counted; all of them, unless slots ran out.
    used : int
        How many slots are taken now.
    """
    n = true.size
    changes = np.zeros(STEP, np.uint8)
    eights = changes.view(np.uint64)
    ends = np.empty(STEP + 1, np.int64)
    start = 0
    for low in range(1, n, STEP):
        if used + STEP > slots.shape[0] // 2:
            return start, used
        width = min(STEP, n - low)
        changes[width:] = 0
        # No branches here: the compiler makes vector instructions of this loop.
        before, after = true[low - 1 : low - 1 + width], true[low : low + width]
        left, right = pred[low - 1 : low - 1 + width], pred[low : low + width]
        for i in range(width):
            changes[i] = (before[i] != after[i]) | (left[i] != right[i])
        n_ends = 0
        for eight in range((width + 7) // 8):
            if eights[eight] != 0:
                for i in range(8 * eight, 8 * eight + 8):
                    ends[n_ends] = low + i
                    n_ends += changes[i]
        for end in ends[:n_ends]:
            used += _add(slots, true[start], pred[start], end - start)
            start = end
    used += _add(slots, true[start], pred[start], n - start)
    return n, used


@_compiled(types.void(_SLOTS, _SLOTS))  # type: ignore[untyped-decorator]
def refill(old: Ids, new: Ids) -> None:
    """Put all that `old` holds into `new`, which is empty and larger."""
    for row in range(old.shape[0]):
        if old[row, 2] != 0:
            _add(new, old[row, 0], old[row, 1], old[row, 2])
