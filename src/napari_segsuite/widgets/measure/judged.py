"""Right, too much, missed: what a prediction made of every pixel."""

from __future__ import annotations

from dataclasses import dataclass
from operator import index as as_index
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.classes import ClassInfo

Verdicts = NDArray[np.uint8]

RIGHT, TOO_MUCH, MISSED, ANOTHER = 1, 2, 3, 4

# Four colours of Okabe M., Ito K. (2008), Color Universal Design, that people with
# any colour vision tell apart, light and dark in turn.
VERDICTS: Final = (
    ClassInfo(id=RIGHT, name="right", color="#009E73"),
    ClassInfo(id=TOO_MUCH, name="too much", color="#D55E00"),
    ClassInfo(id=MISSED, name="missed", color="#56B4E9"),
    ClassInfo(id=ANOTHER, name="another class", color="#F0E442"),
)
"""What the ids of verdicts mean. 0 is neither predicted nor there, or not scored."""

# Rows that are judged at once: several steps then find them in the cache.
_PIXELS_AT_ONCE = 1 << 17


@dataclass(frozen=True, slots=True)
class Rule:
    """How ids are read.

    Parameters
    ----------
    background_id : int or None
        The id that is nothing; None if every id is something.
    ignore_id : int or None
        Pixels with this id in the truth are not judged.
    target : int or None
        The class that is looked for; None looks for all but the background.
    by_class : bool
        Whether ids must agree, as classes must, but single objects need not. Without
        effect for a single class.
    """

    background_id: int | None = 0
    ignore_id: int | None = None
    target: int | None = None
    by_class: bool = True


def judge(true: NDArray[Any], pred: NDArray[Any], rule: Rule) -> Verdicts:
    """Return the verdict on every pixel.

    Parameters
    ----------
    true, pred : ndarray of int or bool, any shape
        Two label arrays of one shape.
    rule : Rule
        How ids are read.

    Returns
    -------
    ndarray of uint8, the same shape
        `RIGHT` (true positive), `TOO_MUCH` (false positive), `MISSED` (false
        negative), `ANOTHER` (both are something, but not the same class) or 0. Empty
        arrays give an empty array.
    """
    verdicts = np.empty(true.shape, np.uint8)
    if true.ndim == 0 or true.size <= _PIXELS_AT_ONCE:
        verdicts[...] = _judge(true, pred, rule)
        return verdicts
    rows = max(1, _PIXELS_AT_ONCE * true.shape[0] // true.size)
    for start in range(0, true.shape[0], rows):
        part = slice(start, start + rows)
        verdicts[part] = _judge(true[part], pred[part], rule)
    return verdicts


def _judge(true: NDArray[Any], pred: NDArray[Any], rule: Rule) -> Verdicts:
    there, said = _is_something(true, rule), _is_something(pred, rule)
    # 3 for what is there, 2 for what is said; both together 3 xor 2 = 1.
    verdicts: Verdicts = np.multiply(there, MISSED, dtype=np.uint8)
    verdicts ^= np.multiply(said, TOO_MUCH, dtype=np.uint8)
    if rule.by_class and rule.target is None:
        verdicts[there & said & (true != pred)] = ANOTHER
    if rule.ignore_id is not None:
        verdicts *= true != rule.ignore_id
    return verdicts


def _is_something(ids: NDArray[Any], rule: Rule) -> NDArray[np.bool_]:
    if rule.target is not None:
        return np.asarray(ids == rule.target)
    found = np.ones(ids.shape, np.bool_)
    # An ignored id is no class: where it is predicted, nothing is said.
    for nothing in {rule.background_id, rule.ignore_id} - {None}:
        found &= ids != nothing
    return found


class JudgedArray:
    """Verdicts on two arrays, made for the part that is asked for.

    It takes no memory, whatever the size of the arrays, and follows them: what they
    hold when it is asked counts.

    Parameters
    ----------
    true, pred : array
        Two label arrays of one shape, lazy or not: anything with `shape` that can be
        sliced with slices that have start and stop.
    rule : Rule
        How ids are read.
    """

    def __init__(self, true: Any, pred: Any, rule: Rule) -> None:
        self._true, self._pred, self._rule = true, pred, rule
        self.shape = tuple(int(n) for n in true.shape)
        self.dtype = np.dtype(np.uint8)
        self.ndim = len(self.shape)

    def __getitem__(self, key: Any) -> Verdicts:
        """Return the verdicts on a part; `key` holds whole numbers and slices."""
        keys = key if isinstance(key, tuple) else (key,)
        if Ellipsis in keys:
            at = keys.index(Ellipsis)
            missing = self.ndim - len(keys) + 1
            keys = (*keys[:at], *[slice(None)] * missing, *keys[at + 1 :])
        keys += (slice(None),) * (self.ndim - len(keys))
        window = tuple(
            _span(one, size) for one, size in zip(keys, self.shape, strict=True)
        )
        within = tuple(
            slice(None, None, one.step) if isinstance(one, slice) else 0 for one in keys
        )
        true, pred = np.asarray(self._true[window]), np.asarray(self._pred[window])
        return judge(true, pred, self._rule)[within]

    def __array__(
        self, dtype: Any = None, copy: bool | None = None
    ) -> NDArray[np.generic]:
        """Return the verdicts on everything, for instance to save them."""
        return np.array(self[...], dtype, copy=copy)


def _span(key: Any, size: int) -> slice:
    """Return the part of an axis that holds what `key` asks for.

    Raises
    ------
    IndexError
        If a whole number lies outside.
    """
    if isinstance(key, slice):
        asked = range(size)[key]
        return slice(min(asked), max(asked) + 1) if asked else slice(0, 0)
    at = range(size)[as_index(key)]
    return slice(at, at + 1)
