"""An array with the axes that were asked for, without reading it."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_segsuite.data.axes import KNOWN
from napari_segsuite.errors import InputError


def align(array: Any, have: str | None, want: str) -> Any:
    """Return `array` with the axes `want`.

    With as many letters as dimensions, `want` simply names them: the user knows
    better than the file. Otherwise axes of size 1 are added or dropped.

    Parameters
    ----------
    array : array
        Anything with ``shape``, ``dtype`` and basic indexing.
    have : str or None
        What the file says of its axes, if anything.
    want : str
        The axes that are asked for.

    Raises
    ------
    InputError
        If the dimensions cannot be brought together.
    """
    shape = tuple(array.shape)
    if len(want) == len(shape):
        return array
    if have is None:
        have = _assume(shape, want)
    if len(have) != len(shape):
        raise _misfit(shape, have, want)
    extra = [n for letter, n in zip(have, shape, strict=True) if letter not in want]
    kept = [letter for letter in want if letter in have]
    in_order = kept == [letter for letter in have if letter in want]
    if any(n != 1 for n in extra) or not in_order:
        raise _misfit(shape, have, want)
    view = _Singletons(array, have, want)
    return view.materialise() if isinstance(array, np.ndarray) else view


def _assume(shape: tuple[int, ...], want: str) -> str:
    # Without names, sizes of 1 are the only dimensions that can be spared.
    if len(want) > len(shape):
        absent = [letter for letter in "TCZ" if letter in want]
        absent = absent[: len(want) - len(shape)]
        return "".join(letter for letter in want if letter not in absent)
    spare = [i for i, n in enumerate(shape) if n == 1][: len(shape) - len(want)]
    letters = iter(want)
    return "".join("?" if i in spare else next(letters, "!") for i in range(len(shape)))


def _misfit(shape: tuple[int, ...], have: str, want: str) -> InputError:
    named = len(have) == len(shape) and set(have) <= set(KNOWN)
    said = f" ({have})" if named else ""
    return InputError(
        f"The axes {want} were asked for, but the array has the shape {shape}{said}. "
        "Give one letter per dimension."
    )


class _Singletons:
    """A lazy array seen with axes of size 1 added or dropped."""

    def __init__(self, array: Any, have: str, want: str) -> None:
        self._array = array
        self._have = have
        self._want = want
        sizes = dict(zip(have, array.shape, strict=True))
        self.shape = tuple(int(sizes.get(letter, 1)) for letter in want)
        self.dtype = array.dtype
        self.ndim = len(want)

    def __getitem__(self, key: Any) -> Any:
        """Read with basic indexing: integers and slices, one per axis."""
        keys = key if isinstance(key, tuple) else (key,)
        keys += (slice(None),) * (self.ndim - len(keys))
        pairs = list(zip(self._want, keys, strict=True))
        by_letter = dict(pairs)
        # Integers are read as slices, so that no axis moves, and dropped at the end.
        where = tuple(
            _as_slice(by_letter.get(letter, 0), size)
            for letter, size in zip(self._have, self._array.shape, strict=True)
        )
        values = np.asarray(self._array[where])
        kept = iter(values.shape)
        sizes = {letter: next(kept) for letter in self._have}
        values = values.reshape([sizes.get(letter, 1) for letter in self._want])
        return values[tuple(_rest(k, letter in sizes) for letter, k in pairs)]

    def materialise(self) -> Any:
        """Return the same as a plain numpy view."""
        return self._array.reshape(self.shape)


def _as_slice(key: int | slice, size: int) -> slice:
    if isinstance(key, slice):
        return key
    start = range(size)[key]
    return slice(start, start + 1)


def _rest(key: int | slice, is_read: bool) -> int | slice:
    """Return what is left to do on an axis after the array was read."""
    if isinstance(key, slice):
        return slice(None) if is_read else key
    return 0
