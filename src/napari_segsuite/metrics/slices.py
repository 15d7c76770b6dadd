"""Scores of every slice of a stack, as columns: one number per slice and score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class SliceScores:
    """The headline numbers of each slice. Two are equal if all their numbers are.

    Parameters
    ----------
    axis : int
        The axis along which the arrays were cut; 0 is the first.
    names : tuple of str
        The scores, one per column.
    values : ndarray of float64, shape (slices, scores)
        Row i is slice i; NaN where a slice has no such score.
    """

    axis: int
    names: tuple[str, ...]
    values: NDArray[np.float64]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SliceScores):
            return NotImplemented
        return (
            self.axis == other.axis
            and self.names == other.names
            and np.array_equal(self.values, other.values, equal_nan=True)
        )

    @classmethod
    def of(cls, axis: int, slices: Sequence[Mapping[str, float]]) -> Self:
        """Return the columns of headline numbers that all have the same names."""
        names = tuple(slices[0]) if slices else ()
        values = np.array([[one[name] for name in names] for one in slices], float)
        return cls(axis, names, values.reshape(len(slices), len(names)))

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one score of every slice, shape (slices,).

        Raises
        ------
        InputError
            If there is no such score.
        """
        if name not in self.names:
            msg = f"A score of slices is one of {', '.join(self.names)}; got {name!r}."
            raise InputError(msg)
        return self.values[:, self.names.index(name)]

    def to_dict(self) -> dict[str, Any]:
        """Return the columns as JSON values; NaN becomes None."""
        return {
            "axis": self.axis,
            "scores": {
                name: [None if math.isnan(x) else x for x in self.column(name).tolist()]
                for name in self.names
            },
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_dict` wrote.

        Raises
        ------
        InputError
            If a column is missing or is no list of numbers.
        """
        try:
            scores = values["scores"]
            columns = [np.array(column, np.float64) for column in scores.values()]
            table = np.stack(columns, axis=1) if columns else np.empty((0, 0))
            return cls(int(values["axis"]), tuple(scores), table)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            msg = (
                "These are no scores as `SliceScores.to_dict` writes them: "
                f"{type(error).__name__} {error}. Evaluate the label images again."
            )
            raise InputError(msg) from error
