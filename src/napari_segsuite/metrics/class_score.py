"""The pixels of one class, and the scores that follow from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from napari_segsuite.metrics import overlap


class ClassScore(NamedTuple):
    """The pixels of one class, and the scores that follow from them.

    Parameters
    ----------
    id : int
        The class's id in both arrays.
    name : str
        The name that people read.
    n_true, n_pred, n_both : int
        Scored pixels that are of the class in the truth, in the prediction, in both.
    n_scored : int
        All scored pixels, of any class.
    """

    id: int
    name: str
    n_true: int
    n_pred: int
    n_both: int
    n_scored: int

    @property
    def tp(self) -> int:
        """True positives: pixels of the class that were predicted so."""
        return self.n_both

    @property
    def fp(self) -> int:
        """False positives: predicted pixels that are not of the class."""
        return self.n_pred - self.n_both

    @property
    def fn(self) -> int:
        """False negatives: pixels of the class that were not predicted so."""
        return self.n_true - self.n_both

    @property
    def tn(self) -> int:
        """True negatives: scored pixels that neither array calls the class."""
        return self.n_scored - self.n_true - self.n_pred + self.n_both

    @property
    def dice(self) -> float:
        """Dice coefficient; NaN if the class is in neither array."""
        return overlap.dice(self.tp, self.fp, self.fn)

    @property
    def iou(self) -> float:
        """Intersection over union; NaN if the class is in neither array."""
        return overlap.iou(self.tp, self.fp, self.fn)

    @property
    def precision(self) -> float:
        """Part of the prediction that is right; NaN if never predicted."""
        return overlap.precision(self.tp, self.fp)

    @property
    def recall(self) -> float:
        """Part of the truth that was found; NaN if not in the truth."""
        return overlap.recall(self.tp, self.fn)

    @property
    def specificity(self) -> float:
        """Part of the other pixels that was left alone; NaN if there are none."""
        return overlap.specificity(self.tn, self.fp)

    @property
    def volume_error(self) -> float:
        """Relative error of the size, positive if too large; NaN without truth."""
        return overlap.volume_error(self.n_true, self.n_pred)

    def to_dict(self) -> dict[str, Any]:
        """Return scores and counts as JSON values; NaN becomes None."""
        return {
            "id": self.id,
            "name": self.name,
            "dice": json_number(self.dice),
            "iou": json_number(self.iou),
            "precision": json_number(self.precision),
            "recall": json_number(self.recall),
            "specificity": json_number(self.specificity),
            "volume_error": json_number(self.volume_error),
            "true_pixels": self.n_true,
            "predicted_pixels": self.n_pred,
            "common_pixels": self.n_both,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], n_scored: int) -> Self:
        """Return the class that `to_dict` wrote, of `n_scored` scored pixels.

        Raises
        ------
        KeyError, TypeError, ValueError
            If a count is missing or is no number.
        """
        return cls(
            id=int(values["id"]),
            name=str(values["name"]),
            n_true=int(values["true_pixels"]),
            n_pred=int(values["predicted_pixels"]),
            n_both=int(values["common_pixels"]),
            n_scored=n_scored,
        )


def json_number(value: float) -> float | None:
    """Return `value`, or None for NaN, which JSON does not know."""
    return None if math.isnan(value) else value
