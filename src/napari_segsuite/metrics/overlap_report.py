"""Scores of every class, pixel by pixel, and their means."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Self

import numpy as np

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import overlap
from napari_segsuite.metrics.class_score import ClassScore, json_number
from napari_segsuite.metrics.contingency import ContingencyTable, Ids
from napari_segsuite.metrics.ranks import ranked


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
            "pixel_accuracy": json_number(self.pixel_accuracy),
            "mean_dice": json_number(self.mean_dice),
            "mean_iou": json_number(self.mean_iou),
            "mean_dice_with_background": json_number(self.mean_dice_with_background),
            "mean_iou_with_background": json_number(self.mean_iou_with_background),
            "frequency_weighted_iou": json_number(self.frequency_weighted_iou),
            "cohen_kappa": json_number(self.cohen_kappa),
            "scored_pixels": self.n_scored,
            "correct_pixels": self.n_correct,
            "ignored_pixels": self.n_ignored,
            "ignore_id": self.ignore_id,
            "background_id": self.background_id,
            "classes": [score.to_dict() for score in self.classes],
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
                classes=tuple(
                    ClassScore.from_dict(c, n_scored) for c in values["classes"]
                ),
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
    true, pred, counts = scored.columns
    also = np.array([label for label in named if label != ignore_id], np.int64)
    ids, ranks = ranked(np.concatenate((true, pred, also)))
    agree = true == pred
    n_true = _sums(ranks[: true.size], counts, ids.size)
    n_pred = _sums(ranks[true.size :][: pred.size], counts, ids.size)
    n_both = _sums(ranks[: true.size][agree], counts[agree], ids.size)
    n_scored = scored.total
    labels = ids.tolist()
    columns = (n_true.tolist(), n_pred.tolist(), n_both.tolist(), repeat(n_scored))
    known = [named.get(label, f"class {label}") for label in labels]
    classes = map(ClassScore, labels, known, *columns)
    return OverlapReport(
        classes=tuple(score for score in classes if score.id != ignore_id),
        n_scored=n_scored,
        n_correct=int(counts[agree].sum()),
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


def _sums(where: Ids, counts: Ids, size: int) -> Ids:
    # float64 weights are exact: no count reaches 2^53.
    return np.bincount(where, weights=counts, minlength=size).astype(np.int64)
