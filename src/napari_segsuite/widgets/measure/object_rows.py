"""What became of each object, as columns that can be filtered and sorted at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_segsuite.metrics import Kind, ObjectTable

Ids = npt.NDArray[np.int64]
Column = Literal["id", "kind", "area", "iou", "match", "side"]

COLUMNS: tuple[Column, ...] = ("id", "side", "kind", "iou", "area", "match")
SIDES = ("truth", "prediction")

KIND_NAMES = {kind: kind.name.lower() for kind in Kind}


@dataclass(frozen=True, slots=True, eq=False)
class ObjectRows:
    """The objects of truth and prediction, one row each, in columns of one length.

    Parameters
    ----------
    id, area, match : ndarray of int64, shape (rows,)
        The object's id, its pixels, and the id of its match; 0 without.
    iou : ndarray of float64, shape (rows,)
        Largest IoU with an object of the other side.
    kind : ndarray of uint8, shape (rows,)
        Codes of `Kind`.
    side : ndarray of uint8, shape (rows,)
        0 for objects of the truth, 1 for those of the prediction.
    """

    id: Ids
    area: Ids
    match: Ids
    iou: npt.NDArray[np.float64]
    kind: npt.NDArray[np.uint8]
    side: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return int(self.id.size)

    def chosen(
        self,
        *,
        kinds: Collection[Kind] | None = None,
        text: str = "",
        by: Column = "id",
        descending: bool = False,
    ) -> npt.NDArray[np.intp]:
        """Return which rows to show, in order.

        Parameters
        ----------
        kinds : collection of Kind, optional
            Only objects of these kinds.
        text : str
            Only objects whose id, match, kind or side begins with it.
        by : str
            The column to sort by; equal rows stay in the order of side and id.
        descending : bool
            The largest first.

        Returns
        -------
        ndarray of intp
            Positions of rows.
        """
        keep = np.ones(len(self), np.bool_)
        if kinds is not None:
            keep &= np.isin(self.kind, list(kinds))
        text = text.strip().lower()
        if text:
            keep &= self._begins_with(text)
        rows = np.flatnonzero(keep)
        values = getattr(self, by)[rows].astype(np.float64 if by == "iou" else np.int64)
        order = np.argsort(-values if descending else values, kind="stable")
        return rows[order]

    def find(self, side: int, label: int) -> int | None:
        """Return the row of an object; None if there is none."""
        found = np.flatnonzero((self.side == side) & (self.id == label))
        return int(found[0]) if found.size else None

    def _begins_with(self, text: str) -> npt.NDArray[np.bool_]:
        if text.isdigit():
            return np.char.startswith(self.id.astype(str), text) | np.char.startswith(
                self.match.astype(str), text
            )
        kinds = [code for code, name in KIND_NAMES.items() if name.startswith(text)]
        sides = [code for code, name in enumerate(SIDES) if name.startswith(text)]
        return np.isin(self.kind, kinds) | np.isin(self.side, sides)


def rows_of(objects: ObjectTable) -> ObjectRows:
    """Return the rows of both sides: the true objects, then the predicted ones."""
    n_true, n_pred = objects.true_ids.size, objects.pred_ids.size
    return ObjectRows(
        id=np.concatenate([objects.true_ids, objects.pred_ids]),
        area=np.concatenate([objects.true_areas, objects.pred_areas]),
        match=np.concatenate([objects.true_matches, objects.pred_matches]),
        iou=np.concatenate([objects.true_ious, objects.pred_ious]),
        kind=np.concatenate([objects.true_kinds, objects.pred_kinds]),
        side=np.repeat(np.array([0, 1], np.uint8), [n_true, n_pred]),
    )


def no_rows() -> ObjectRows:
    """Return rows of no objects."""
    ids, codes = np.empty(0, np.int64), np.empty(0, np.uint8)
    return ObjectRows(ids, ids, ids, np.empty(0), codes, codes)
