"""The inner loop of counting, compiled by numba.

Importing this module loads numba and compiles, or reads the compiled loop from numba's
cache on disk: half a second to some seconds. So it is imported when there is enough to
count, never before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.cpython.unsafe.numbers import trailing_zeros
from numba.extending import intrinsic
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Places = NDArray[np.int32]

# Pixels that are compared in one go: the bits of one word say which of them begin a
# run. So many pairs may come before it is asked again whether there is room.
WORD = 64

_PAIRS = types.int64[:, ::1]
_PLACES = types.int32[::1]
# Read-only in the signature: those of mapped files are, and others may pass as such.
_NARROW = types.Array(types.int32, 1, "C", readonly=True)
_WIDE = types.Array(types.int64, 1, "C", readonly=True)
_DONE_AND_USED = types.UniTuple(types.int64, 2)  # type: ignore[no-untyped-call]


def _compiled(*signatures: Any) -> Any:
    """Return numba's decorator: compiled at once, for callers without the GIL."""
    return njit(list(signatures), nogil=True, cache=True)


def _compare(_: Any, ids: Any, at: Any) -> Any:
    """Compare each of the 64 ids from position `at` on with the one before it.

    Returns a uint64 whose bit i is set if ``ids[at + i] != ids[at + i - 1]``. Written
    as vectors, since no compiler packs a loop's comparisons into bits: with AVX-512
    every 16 ids of 32 bits are one instruction. `at` is at least 1, and 64 ids follow.
    """
    item = ids.dtype.bitwidth

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        many = ir.VectorType(ir.IntType(item), WORD)

        def load(offset: int) -> Any:
            shift = ir.Constant(arguments[1].type, offset)
            first = builder.gep(array.data, [builder.add(arguments[1], shift)])
            loaded = builder.load(builder.bitcast(first, many.as_pointer()))
            loaded.align = item // 8
            return loaded

        differ = builder.icmp_signed("!=", load(-1), load(0))
        return builder.bitcast(differ, ir.IntType(WORD))

    return types.uint64(ids, types.intp), generate


# Called with the ids and the position alone, by compiled code.
_changes: Any = intrinsic(_compare)
_first_bit: Any = trailing_zeros


@_compiled(types.uint64(types.int64, types.int64))  # type: ignore[untyped-decorator]
def _mixed(true: int, pred: int) -> Any:
    """Return a number in which the ids of a pair are well spread, as uint64.

    Multiplying by odd constants (those of xxHash) spreads ids that follow each other;
    the product's upper half is well mixed.
    """
    mixed = np.uint64(true) * np.uint64(0x9E3779B185EBCA87)
    mixed ^= np.uint64(pred) * np.uint64(0xC2B2AE3D27D4EB4F)
    return mixed >> np.uint64(32)


@_compiled(  # type: ignore[untyped-decorator]
    _DONE_AND_USED(_NARROW, _NARROW, _PAIRS, types.int64, _PLACES),
    _DONE_AND_USED(_WIDE, _WIDE, _PAIRS, types.int64, _PLACES),
)
def count_runs(
    true: NDArray[Any], pred: NDArray[Any], pairs: Ids, used: int, places: Places
) -> tuple[int, int]:
    """Count runs of equal pairs of ids, until there is no room for more pairs.

    Pairs stand in the order in which they were met, so that those of neighbouring
    pixels lie side by side in memory; a hash table of places, with open addressing and
    linear probing, leads to them.

    Parameters
    ----------
    true, pred : ndarray of int32, or both of int64, shape (pixels,)
        The ids, contiguous.
    pairs : ndarray of int64, shape (n, 3)
        True id, predicted id and count, changed in place; more than `WORD` rows.
    used : int
        How many rows of `pairs` are in use, from the first.
    places : ndarray of int32, shape (2^k,)
        The hash table, changed in place: one more than the row of a pair, 0 where free.
        At least twice as long as `pairs`.

    Returns
    -------
    done : int
        How many pixels were counted; all of them, unless there was no room.
    used : int
        How many rows are in use now.
    """
    n = true.size
    last = np.uint64(places.size - 1)
    start = 0
    for low in range(1, n + 1, WORD):
        if used + WORD > pairs.shape[0]:
            return start, used
        if low + WORD <= n:
            begins = _changes(true, low) | _changes(pred, low)
        else:
            # Where the next run would begin: the end of the last one.
            begins = np.uint64(1) << np.uint64(n - low)
            for i in range(low, n):
                differ = (true[i] != true[i - 1]) | (pred[i] != pred[i - 1])
                begins |= np.uint64(differ) << np.uint64(i - low)
        while begins != 0:
            end: Any = low + np.int64(_first_bit(begins))
            begins &= begins - np.uint64(1)
            # No function of its own: calls with arrays count references, for each run.
            true_id, pred_id = np.int64(true[start]), np.int64(pred[start])
            at = _mixed(true_id, pred_id) & last
            while places[at] != 0:
                row = np.uint64(places[at] - 1)
                if pairs[row, 0] == true_id and pairs[row, 1] == pred_id:
                    pairs[row, 2] += end - start
                    break
                at = (at + np.uint64(1)) & last
            else:
                pairs[used, 0] = true_id
                pairs[used, 1] = pred_id
                pairs[used, 2] = end - start
                used += 1
                places[at] = used
            start = end
    return n, used


@_compiled(types.void(_PAIRS, types.int64, _PLACES))  # type: ignore[untyped-decorator]
def fill(pairs: Ids, used: int, places: Places) -> None:
    """Enter the first `used` rows of `pairs`, all different, in `places`, all free."""
    last = np.uint64(places.size - 1)
    for row in range(used):
        at = _mixed(pairs[row, 0], pairs[row, 1]) & last
        while places[at] != 0:
            at = (at + np.uint64(1)) & last
        places[at] = row + 1
