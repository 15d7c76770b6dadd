"""Results of single objects, as columns: thousands of them in one image are usual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.contingency import Ids
from napari_segsuite.metrics.instances.mistakes import Kinds, object_kinds
from napari_segsuite.metrics.instances.pairs import ObjectPairs


@dataclass(frozen=True, slots=True, eq=False)
class ObjectTable:
    """What became of each object. Two tables are equal if all columns are.

    Parameters
    ----------
    true_ids : ndarray of int64, shape (n_true,)
        Ids of the true objects, ascending within an image.
    true_areas : ndarray of int64, shape (n_true,)
        Their scored pixels.
    true_ious : ndarray of float64, shape (n_true,)
        The largest IoU with any predicted object; 0 if it overlaps none.
    true_matches : ndarray of int64, shape (n_true,)
        Id of the matched predicted object; the background's id (0) without a match.
    true_kinds : ndarray of uint8, shape (n_true,)
        Codes of `Kind`: correct, merged, split, missed.
    pred_ids, pred_areas, pred_ious, pred_matches, pred_kinds : ndarray, shape (n_pred,)
        The same of the predicted objects; kinds are correct, merged, split, invented,
        ignored.
    """

    true_ids: Ids
    true_areas: Ids
    true_ious: NDArray[np.float64]
    true_matches: Ids
    true_kinds: Kinds
    pred_ids: Ids
    pred_areas: Ids
    pred_ious: NDArray[np.float64]
    pred_matches: Ids
    pred_kinds: Kinds

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ObjectTable):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in column_types()
        )

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns as lists of JSON values."""
        return {name: getattr(self, name).tolist() for name in column_types()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the table that `to_dict` wrote.

        Raises
        ------
        InputError
            If a column is missing, holds no numbers, or has another length than the
            others of its side.
        """
        try:
            columns: dict[str, NDArray[Any]] = {
                name: np.array(values[name], dtype)
                for name, dtype in column_types().items()
            }
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            msg = (
                "This is no object table as `ObjectTable.to_dict` writes it: "
                f"{type(error).__name__} {error}. Evaluate the label images again."
            )
            raise InputError(msg) from error
        for side in ("true", "pred"):
            shapes = {c.shape for name, c in columns.items() if name.startswith(side)}
            if len(shapes) > 1 or columns[f"{side}_ids"].ndim != 1:
                msg = (
                    "Columns of an object table must be lists of one length, but those "
                    f"of `{side}` have shapes {sorted(shapes)}. Evaluate the label "
                    "images again."
                )
                raise InputError(msg)
        return cls(**columns)


def column_types() -> dict[str, type]:
    """Return the names and element types of the columns of an `ObjectTable`."""
    types = {"ious": np.float64, "kinds": np.uint8}
    return {
        field.name: types.get(field.name.partition("_")[2], np.int64)
        for field in fields(ObjectTable)
    }


def object_table(
    pairs: ObjectPairs, matched: Ids, *, background_id: int = 0
) -> ObjectTable:
    """Return what became of every object.

    Parameters
    ----------
    pairs : ObjectPairs
        The objects and their overlaps.
    matched : ndarray of int64, shape (matches,)
        Positions of the matched pairs, from `matching.match`.
    background_id : int
        Stands in the columns of matches where there is none.
    """
    true_index, pred_index = pairs.true_index, pairs.pred_index
    true_ious, pred_ious = np.zeros(pairs.n_true), np.zeros(pairs.n_pred)
    np.maximum.at(true_ious, true_index, pairs.ious)
    np.maximum.at(pred_ious, pred_index, pairs.ious)
    true_matches = np.full(pairs.n_true, background_id, np.int64)
    pred_matches = np.full(pairs.n_pred, background_id, np.int64)
    true_at, pred_at = true_index[matched], pred_index[matched]
    true_matches[true_at] = pairs.pred_ids[pred_at]
    pred_matches[pred_at] = pairs.true_ids[true_at]
    true_kinds, pred_kinds = object_kinds(pairs, matched)
    return ObjectTable(
        true_ids=pairs.true_ids,
        true_areas=pairs.true_areas,
        true_ious=true_ious,
        true_matches=true_matches,
        true_kinds=true_kinds,
        pred_ids=pairs.pred_ids,
        pred_areas=pairs.pred_areas,
        pred_ious=pred_ious,
        pred_matches=pred_matches,
        pred_kinds=pred_kinds,
    )


def joined(tables: Iterable[ObjectTable]) -> ObjectTable:
    """Return one table with the rows of all `tables`, in their order.

    Ids of different images may be equal then. Without tables it has no rows.
    """
    parts = list(tables)
    return ObjectTable(
        **{
            name: np.concatenate(
                [np.empty(0, dtype), *(getattr(part, name) for part in parts)]
            )
            for name, dtype in column_types().items()
        }
    )
