"""Masks as runs of pixels down the columns, and COCO's two ways to write them.

COCO counts pixels column by column: pixel (y, x) of an image of height h is number
y + h x. Runs are an array of int64, shape (n, 2): where each begins and where it ends
(not included), ascending, none touching the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.errors import InputError

Runs = NDArray[np.int64]

# Five bits a character, so 13 hold any number of 64 bits.
_MOST_CHARACTERS: Final = 13


def runs_of(mask: NDArray[np.bool_], offset: tuple[int, int], height: int) -> Runs:
    """Return the runs of a mask of part of an image.

    Parameters
    ----------
    mask : array of bool, (Y, X)
        The part.
    offset : (int, int)
        (y, x) of its first pixel in the image.
    height : int
        Rows of the image.
    """
    top, left = offset
    rows = mask.shape[0]
    # A row of False between columns ends every run within its column.
    padded = np.zeros((mask.shape[1], rows + 1), np.int8)
    padded[:, :rows] = mask.T
    change = np.diff(padded.ravel(), prepend=np.int8(0))
    ends = np.stack((np.flatnonzero(change == 1), np.flatnonzero(change == -1)), axis=1)
    column, row = np.divmod(ends, rows + 1)
    runs = (column + left) * height + row + top
    # Where the mask fills whole columns a run goes on in the next.
    return _joined(runs.astype(np.int64))


def pixels_of(runs: Runs) -> NDArray[np.int64]:
    """Return the number of every pixel in the runs, ascending."""
    lengths = runs[:, 1] - runs[:, 0]
    before = np.cumsum(lengths) - lengths
    numbers = np.repeat(runs[:, 0] - before, lengths)
    return numbers + np.arange(numbers.size)


def counts_of(runs: Runs, size: int) -> list[int]:
    """Return lengths of alternating runs, the first outside, that add up to `size`."""
    bounds = np.concatenate(([0], runs.ravel(), [size]))
    counts: list[int] = np.diff(bounds).tolist()
    if counts[-1] == 0:
        counts.pop()
    return counts


def runs_from(counts: Sequence[Any], size: int) -> Runs:
    """Return the runs that counts describe.

    Raises
    ------
    InputError
        If they are no whole numbers from 0 on that add up to `size`.
    """
    whole = all(isinstance(n, int) and 0 <= n <= size for n in counts)
    if not whole or sum(counts) != size:
        told = f"add up to {sum(counts):,}" if whole else "are no lengths of runs"
        msg = f"its run-length code is broken: the counts {told}, not to {size:,}"
        raise InputError(msg)
    bounds = np.cumsum(np.asarray(counts, np.int64))
    if bounds.size % 2:
        bounds = bounds[:-1]
    runs = bounds.reshape(-1, 2)
    # A count of 0 joins the runs beside it.
    return _joined(runs[runs[:, 0] < runs[:, 1]])


def compressed(counts: Sequence[int]) -> str:
    """Return counts as COCO's text.

    From the third on, a count is written as its difference to the one two before;
    numbers go five bits a character, the lowest first, with a sixth bit while more
    follow, counted from the character "0".
    """
    text = bytearray()
    for at, count in enumerate(counts):
        value = count - counts[at - 2] if at > 2 else count
        more = True
        while more:
            bits = value & 31
            value >>= 5
            # The highest of the five bits is the sign: stop when the rest agrees.
            more = value != (-1 if bits & 16 else 0)
            text.append(48 + (bits | 32 if more else bits))
    return text.decode("ascii")


def uncompressed(text: str) -> list[int]:
    """Return the counts in COCO's text; they may be nonsense, see `runs_from`.

    Raises
    ------
    InputError
        If there is a character that cannot be, or the text ends within a number.
    """
    counts: list[int] = []
    value = place = 0
    for character in text:
        code = ord(character) - 48
        if not 0 <= code < 64 or place == _MOST_CHARACTERS:
            msg = f"its run-length code is broken at {character!r}"
            raise InputError(msg)
        value |= (code & 31) << (5 * place)
        place += 1
        if code & 32:
            continue
        if code & 16:
            value -= 1 << (5 * place)
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = place = 0
    if place:
        msg = "its run-length code is broken: it ends within a number"
        raise InputError(msg)
    return counts


def _joined(runs: Runs) -> Runs:
    """Return runs that may touch as runs that do not."""
    apart = runs[1:, 0] != runs[:-1, 1]
    if apart.all():
        return runs
    first = np.concatenate(([True], apart))[: len(runs)]
    last = np.concatenate((apart, [True]))[: len(runs)]
    return np.stack((runs[first, 0], runs[last, 1]), axis=1)
