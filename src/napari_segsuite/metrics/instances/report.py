"""The report on objects: matches at every IoU, sums, and what became of each object."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import overlap
from napari_segsuite.metrics.instances.average_precision import MatchScore
from napari_segsuite.metrics.instances.mistakes import Kind
from napari_segsuite.metrics.instances.objects import ObjectTable, joined


@dataclass(frozen=True, slots=True)
class InstanceReport:
    """Scores of predicted objects against the true ones.

    The report stores counts and sums; scores are derived, so that reports of several
    images can be added up (`total`). Without objects on both sides scores are NaN; if
    only one side has objects, those that count both sides are 0.

    Parameters
    ----------
    matches : tuple of MatchScore
        One per IoU threshold, ascending. Headline numbers and `objects` are those of
        the first.
    true_area, pred_area : int
        Scored pixels of all true and of all predicted objects.
    jaccard_intersection, jaccard_union : int
        Whose ratio is the aggregated Jaccard index.
    segmentation_sum : float
        Which divided by the number of true objects is SEG.
    true_kinds, pred_kinds : tuple of int
        How many objects are of each `Kind`, by its code.
    objects : ObjectTable
        What became of each object. Without rows if read from a file without them.
    background_id : int
        The id that is no object.
    ignore_ids : tuple of int
        True ids whose pixels were not scored, ascending.
    """

    matches: tuple[MatchScore, ...]
    true_area: int
    pred_area: int
    jaccard_intersection: int
    jaccard_union: int
    segmentation_sum: float
    true_kinds: tuple[int, ...]
    pred_kinds: tuple[int, ...]
    objects: ObjectTable
    background_id: int = 0
    ignore_ids: tuple[int, ...] = ()

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The IoU thresholds, ascending."""
        return tuple(m.threshold for m in self.matches)

    @property
    def n_true(self) -> int:
        """The number of true objects."""
        return sum(self.true_kinds)

    @property
    def n_pred(self) -> int:
        """The number of predicted objects that count, without ignored ones."""
        return sum(self.pred_kinds) - self.pred_kinds[Kind.IGNORED]

    @property
    def average_precision(self) -> float:
        """``TP / (TP + FP + FN)`` at the first threshold; see `MatchScore`."""
        return self.matches[0].average_precision

    @property
    def mean_average_precision(self) -> float:
        """The mean of `MatchScore.average_precision` over all thresholds."""
        return overlap.mean(m.average_precision for m in self.matches)

    @property
    def f1(self) -> float:
        """``2 TP / (2 TP + FP + FN)`` at the first threshold."""
        return self.matches[0].f1

    @property
    def precision(self) -> float:
        """``TP / (TP + FP)`` at the first threshold; NaN if nothing is predicted."""
        return self.matches[0].precision

    @property
    def recall(self) -> float:
        """``TP / (TP + FN)`` at the first threshold; NaN without true objects."""
        return self.matches[0].recall

    @property
    def mean_matched_iou(self) -> float:
        """Mean IoU of the matches at the first threshold; 0 without matches."""
        return self.matches[0].mean_matched_iou

    @property
    def panoptic_quality(self) -> float:
        """``mean_matched_iou × f1`` at the first threshold; see `MatchScore`."""
        return self.matches[0].panoptic_quality

    @property
    def aggregated_jaccard(self) -> float:
        """Aggregated Jaccard index, 0 … 1 (`aggregated_jaccard.aggregated_areas`)."""
        whole = self.jaccard_union
        return self.jaccard_intersection / whole if whole else math.nan

    @property
    def seg(self) -> float:
        """SEG of the Cell Tracking Challenge, 0 … 1; NaN without true objects."""
        return self.segmentation_sum / self.n_true if self.n_true else math.nan

    @property
    def count_error(self) -> int:
        """Predicted minus true objects: positive if too many were found."""
        return self.n_pred - self.n_true

    @property
    def relative_count_error(self) -> float:
        """`count_error` divided by the number of true objects; NaN without them."""
        return self.count_error / self.n_true if self.n_true else math.nan

    @property
    def relative_volume_error(self) -> float:
        """``(predicted - true) / true`` pixels of all objects; NaN without true ones.

        Positive if too much is covered. In -1 … infinity.
        """
        whole = self.true_area
        return (self.pred_area - whole) / whole if whole else math.nan

    def to_dict(self, *, objects: bool = True) -> dict[str, Any]:
        """Return the report as JSON values; NaN becomes None.

        Parameters
        ----------
        objects : bool
            Whether to add the columns of `ObjectTable`.
        """
        values: dict[str, Any] = {
            name: _json_number(getattr(self, name))
            for name in (
                "n_true",
                "n_pred",
                "average_precision",
                "mean_average_precision",
                "f1",
                "precision",
                "recall",
                "mean_matched_iou",
                "panoptic_quality",
                "aggregated_jaccard",
                "seg",
                "count_error",
                "relative_count_error",
                "relative_volume_error",
                "true_area",
                "pred_area",
                "jaccard_intersection",
                "jaccard_union",
                "segmentation_sum",
                "background_id",
            )
        }
        values["ignore_ids"] = list(self.ignore_ids)
        values["true_kinds"] = _named(self.true_kinds)
        values["pred_kinds"] = _named(self.pred_kinds)
        values["matches"] = [_match_dict(entry) for entry in self.matches]
        if objects:
            values["objects"] = self.objects.to_dict()
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the report that `to_dict` wrote; scores are derived anew.

        Without objects in `values`, `objects` has no rows.

        Raises
        ------
        InputError
            If a count is missing or is no number.
        """
        try:
            objects = values.get("objects")
            return cls(
                matches=_read_matches(values["matches"]),
                true_area=int(values["true_area"]),
                pred_area=int(values["pred_area"]),
                jaccard_intersection=int(values["jaccard_intersection"]),
                jaccard_union=int(values["jaccard_union"]),
                segmentation_sum=float(values["segmentation_sum"]),
                true_kinds=_read_named(values["true_kinds"]),
                pred_kinds=_read_named(values["pred_kinds"]),
                objects=joined(())
                if objects is None
                else ObjectTable.from_dict(objects),
                background_id=int(values["background_id"]),
                ignore_ids=tuple(int(i) for i in values["ignore_ids"]),
            )
        except InputError:
            raise
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            msg = (
                "This is no report as `InstanceReport.to_dict` writes it: "
                f"{type(error).__name__} {error}. Evaluate the label images again."
            )
            raise InputError(msg) from error


def total(reports: Iterable[InstanceReport]) -> InstanceReport:
    """Return the report of the objects of several images together.

    Objects count alike wherever they are: this is not the mean of the images' scores.
    The rows of all object tables follow one another, so that ids may repeat.

    Parameters
    ----------
    reports : iterable of InstanceReport
        All with the same thresholds, background and ignored ids.

    Raises
    ------
    InputError
        If there is none, or these conventions differ.
    """
    parts = list(reports)
    conventions = {(p.thresholds, p.background_id, p.ignore_ids) for p in parts}
    if len(conventions) != 1:
        msg = (
            "Reports can be added up if there is at least one and all have the same "
            "thresholds, background and ignored ids; got "
            f"{len(parts)} reports with {len(conventions)} such choices. Evaluate all "
            "with the same choice."
        )
        raise InputError(msg)
    return InstanceReport(
        matches=tuple(
            _match_total(same) for same in zip(*(p.matches for p in parts), strict=True)
        ),
        true_area=sum(p.true_area for p in parts),
        pred_area=sum(p.pred_area for p in parts),
        jaccard_intersection=sum(p.jaccard_intersection for p in parts),
        jaccard_union=sum(p.jaccard_union for p in parts),
        segmentation_sum=math.fsum(p.segmentation_sum for p in parts),
        true_kinds=tuple(map(sum, zip(*(p.true_kinds for p in parts), strict=True))),
        pred_kinds=tuple(map(sum, zip(*(p.pred_kinds for p in parts), strict=True))),
        objects=joined(p.objects for p in parts),
        background_id=parts[0].background_id,
        ignore_ids=parts[0].ignore_ids,
    )


def _match_total(parts: Sequence[MatchScore]) -> MatchScore:
    return MatchScore(
        threshold=parts[0].threshold,
        tp=sum(p.tp for p in parts),
        fp=sum(p.fp for p in parts),
        fn=sum(p.fn for p in parts),
        iou_sum=math.fsum(p.iou_sum for p in parts),
    )


def _named(counts: tuple[int, ...]) -> dict[str, int]:
    return {kind.name.lower(): counts[kind] for kind in Kind}


def _read_named(counts: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(int(counts[kind.name.lower()]) for kind in Kind)


def _match_dict(entry: MatchScore) -> dict[str, Any]:
    return {
        name: _json_number(getattr(entry, name))
        for name in (
            "threshold",
            "tp",
            "fp",
            "fn",
            "iou_sum",
            "average_precision",
            "f1",
            "precision",
            "recall",
            "mean_matched_iou",
            "panoptic_quality",
        )
    }


def _read_matches(entries: Sequence[Mapping[str, Any]]) -> tuple[MatchScore, ...]:
    if not entries:
        msg = "matches are empty"
        raise ValueError(msg)
    return tuple(_read_match(entry) for entry in entries)


def _read_match(entry: Mapping[str, Any]) -> MatchScore:
    return MatchScore(
        threshold=float(entry["threshold"]),
        tp=int(entry["tp"]),
        fp=int(entry["fp"]),
        fn=int(entry["fn"]),
        iou_sum=float(entry["iou_sum"]),
    )


def _json_number(value: float) -> float | None:
    return None if math.isnan(value) else value
