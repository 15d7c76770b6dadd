"""Scores of every class, pixel by pixel, and their means."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import overlap
from napari_segsuite.metrics.contingency import ContingencyTable


@dataclass(frozen=True, slots=True)
class ClassScore:
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


@dataclass(frozen=True, slots=True)
class OverlapReport:
    """Scores of a prediction against the truth, pixel by pixel.

    The report stores counts alone; scores are derived, so that reports of several
    files can be added up exactly (`total_overlap`). Means are over classes; a class in
    neither array scores NaN and leaves them, a class in one only scores 0. Means are
    NaN if no class is left, pixel accuracy is NaN if no pixel is scored.

    Parameters
    ----------
    classes : tuple of ClassScore
        Ascending by id; without the ignored id.
    n_scored : int
        Pixels that were scored.
    n_correct : int
        Scored pixels on which both arrays agree.
    n_ignored : int
        Pixels left out because the truth has the ignored id there.
    ignore_id : int or None
        The id in the truth that is not scored.
    background_id : int or None
        The class that the plain means leave out.
    """

    classes: tuple[ClassScore, ...]
    n_scored: int
    n_correct: int
    n_ignored: int = 0
    ignore_id: int | None = None
    background_id: int | None = 0

    @property
    def foreground(self) -> tuple[ClassScore, ...]:
        """The classes without the background."""
        return tuple(c for c in self.classes if c.id != self.background_id)

    @property
    def pixel_accuracy(self) -> float:
        """Part of the scored pixels on which both arrays agree."""
        return self.n_correct / self.n_scored if self.n_scored else math.nan

    @property
    def mean_dice(self) -> float:
        """Mean Dice over the classes without the background."""
        return overlap.mean(c.dice for c in self.foreground)

    @property
    def mean_iou(self) -> float:
        """Mean IoU over the classes without the background."""
        return overlap.mean(c.iou for c in self.foreground)

    @property
    def mean_dice_with_background(self) -> float:
        """Mean Dice over all classes."""
        return overlap.mean(c.dice for c in self.classes)

    @property
    def mean_iou_with_background(self) -> float:
        """Mean IoU over all classes (mIoU as papers on semantic classes state it)."""
        return overlap.mean(c.iou for c in self.classes)

    @property
    def frequency_weighted_iou(self) -> float:
        """Mean IoU over all classes, each weighted by its part of the truth.

        Background is a class here; NaN if no pixel is scored.

        References
        ----------
        Long J. et al. (2015), Fully convolutional networks for semantic segmentation,
        CVPR, section 5.
        """
        if not self.n_scored:
            return math.nan
        present = [c for c in self.classes if c.n_true]
        return math.fsum(c.n_true * c.iou for c in present) / self.n_scored

    @property
    def cohen_kappa(self) -> float:
        """Agreement beyond chance over all classes; see `overlap.cohen_kappa`."""
        products = sum(c.n_true * c.n_pred for c in self.classes)
        return overlap.cohen_kappa(self.n_correct, products, self.n_scored)

    @property
    def share_scored(self) -> float:
        """Part of all pixels that was scored; NaN without pixels."""
        whole = self.n_scored + self.n_ignored
        return self.n_scored / whole if whole else math.nan

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values; NaN becomes None."""
        return {
            "pixel_accuracy": _json_number(self.pixel_accuracy),
            "mean_dice": _json_number(self.mean_dice),
            "mean_iou": _json_number(self.mean_iou),
            "mean_dice_with_background": _json_number(self.mean_dice_with_background),
            "mean_iou_with_background": _json_number(self.mean_iou_with_background),
            "frequency_weighted_iou": _json_number(self.frequency_weighted_iou),
            "cohen_kappa": _json_number(self.cohen_kappa),
            "scored_pixels": self.n_scored,
            "correct_pixels": self.n_correct,
            "ignored_pixels": self.n_ignored,
            "ignore_id": self.ignore_id,
            "background_id": self.background_id,
            "classes": [_class_dict(score) for score in self.classes],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the report that `to_dict` wrote; scores are derived anew.

        Raises
        ------
        InputError
            If a count is missing or is no number.
        """
        try:
            n_scored = int(values["scored_pixels"])
            return cls(
                classes=tuple(_read_class(c, n_scored) for c in values["classes"]),
                n_scored=n_scored,
                n_correct=int(values["correct_pixels"]),
                n_ignored=int(values["ignored_pixels"]),
                ignore_id=values["ignore_id"],
                background_id=values["background_id"],
            )
        except (KeyError, TypeError, ValueError) as error:
            msg = (
                "This is no report as `OverlapReport.to_dict` writes it: "
                f"{type(error).__name__} {error}. Evaluate the label images again."
            )
            raise InputError(msg) from error

    def to_json(self) -> str:
        """Return the report as JSON text, indented; NaN becomes null."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)

    def to_csv(self, *, separator: str = ",") -> str:
        """Return one line per class and two of means, as `layout.csv_text` says."""
        from napari_segsuite.metrics.layout import csv_text

        return csv_text(self, separator=separator)

    def to_text(self) -> str:
        """Return a table for people, in plain text."""
        from napari_segsuite.metrics.layout import plain_text

        return plain_text(self)


def score_overlap(
    table: ContingencyTable,
    *,
    ignore_id: int | None = None,
    background_id: int | None = 0,
    names: Mapping[int, str] | None = None,
) -> OverlapReport:
    """Score every id of a contingency table as a class.

    Parameters
    ----------
    table : ContingencyTable
        From `count`, `count_blocks`, a `RunningCount`, or a sum of tables.
    ignore_id : int, optional
        Pixels with this id in the truth are not scored.
    background_id : int or None, optional
        The class that the means leave out; None leaves none out.
    names : mapping of int to str, optional
        Names of classes by id. A class that is named but in neither array gets a row,
        scores NaN and leaves the means.

    Returns
    -------
    OverlapReport
        Without classes if the table is empty.
    """
    named = dict(names or {})
    scored = table if ignore_id is None else table.without_true(ignore_id)
    in_arrays = np.union1d(scored.true_ids, scored.pred_ids)
    ids = np.union1d(in_arrays, np.array(sorted(named), dtype=np.int64))
    ids = ids[ids != ignore_id] if ignore_id is not None else ids
    agree = scored.true_ids == scored.pred_ids
    n_true = _sums(ids, scored.true_ids, scored.counts)
    n_pred = _sums(ids, scored.pred_ids, scored.counts)
    n_both = _sums(ids, scored.true_ids[agree], scored.counts[agree])
    n_scored = scored.total
    return OverlapReport(
        classes=tuple(
            ClassScore(label, named.get(label, f"class {label}"), t, p, both, n_scored)
            for label, t, p, both in zip(
                ids.tolist(), n_true, n_pred, n_both, strict=True
            )
        ),
        n_scored=n_scored,
        n_correct=int(scored.counts[agree].sum()),
        n_ignored=table.total - n_scored,
        ignore_id=ignore_id,
        background_id=background_id,
    )


def total_overlap(reports: Iterable[OverlapReport]) -> OverlapReport:
    """Return the report of all pixels of several reports together.

    This is not the mean of their scores: large images and large classes weigh more.

    Parameters
    ----------
    reports : iterable of OverlapReport
        All with the same ignored id and background.

    Raises
    ------
    InputError
        If there is none, or their ignored ids or backgrounds differ.
    """
    parts = list(reports)
    conventions = {(part.ignore_id, part.background_id) for part in parts}
    if len(conventions) != 1:
        msg = (
            "Reports can be added up if there is at least one and all have the same "
            f"ignored id and background; got {len(parts)} reports with "
            f"{sorted(conventions, key=str)}. Evaluate all with the same choice."
        )
        raise InputError(msg)
    n_scored = sum(part.n_scored for part in parts)
    by_id: dict[int, ClassScore] = {}
    for one in (entry for part in parts for entry in part.classes):
        known = by_id.get(one.id, ClassScore(one.id, one.name, 0, 0, 0, 0))
        by_id[one.id] = ClassScore(
            one.id,
            known.name,
            known.n_true + one.n_true,
            known.n_pred + one.n_pred,
            known.n_both + one.n_both,
            n_scored,
        )
    return OverlapReport(
        classes=tuple(by_id[label] for label in sorted(by_id)),
        n_scored=n_scored,
        n_correct=sum(part.n_correct for part in parts),
        n_ignored=sum(part.n_ignored for part in parts),
        ignore_id=parts[0].ignore_id,
        background_id=parts[0].background_id,
    )


def _sums(ids: Any, where: Any, counts: Any) -> list[int]:
    """Return for each of the sorted `ids` the sum of its counts."""
    position = np.searchsorted(ids, where)
    inside = position < ids.size
    inside[inside] = ids[position[inside]] == where[inside]
    sums = np.zeros(ids.size, np.int64)
    np.add.at(sums, position[inside], counts[inside])
    return list(sums.tolist())


def _json_number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _class_dict(entry: ClassScore) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "dice": _json_number(entry.dice),
        "iou": _json_number(entry.iou),
        "precision": _json_number(entry.precision),
        "recall": _json_number(entry.recall),
        "specificity": _json_number(entry.specificity),
        "volume_error": _json_number(entry.volume_error),
        "true_pixels": entry.n_true,
        "predicted_pixels": entry.n_pred,
        "common_pixels": entry.n_both,
    }


def _read_class(entry: Mapping[str, Any], n_scored: int) -> ClassScore:
    return ClassScore(
        id=int(entry["id"]),
        name=str(entry["name"]),
        n_true=int(entry["true_pixels"]),
        n_pred=int(entry["predicted_pixels"]),
        n_both=int(entry["common_pixels"]),
        n_scored=n_scored,
    )
