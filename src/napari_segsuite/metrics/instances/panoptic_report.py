"""Panoptic quality of each class and its means, and how it is written down."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import overlap


@dataclass(frozen=True, slots=True)
class PanopticScore:
    """The segments of one class, and the scores that follow from them.

    Parameters
    ----------
    id : int
        The class's id.
    name : str
        The name that people read.
    is_thing : bool
        Whether the class has objects; stuff has one segment per image.
    tp, fp, fn : int
        Matched segments, predicted ones without match, true ones without match.
    iou_sum : float
        The IoU of all matches added up.
    """

    id: int
    name: str
    is_thing: bool
    tp: int
    fp: int
    fn: int
    iou_sum: float

    @property
    def pq(self) -> float:
        """Panoptic quality ``sum of IoU / (TP + FP / 2 + FN / 2)`` = SQ × RQ.

        NaN if the class is on neither side, 0 if on one only.
        """
        whole = self.tp + (self.fp + self.fn) / 2
        return self.iou_sum / whole if whole else math.nan

    @property
    def sq(self) -> float:
        """Segmentation quality: mean IoU of the matches; 0 without, NaN as `pq`."""
        if self.tp:
            return self.iou_sum / self.tp
        return 0.0 if self.fp or self.fn else math.nan

    @property
    def rq(self) -> float:
        """Recognition quality ``2 TP / (2 TP + FP + FN)``; NaN as `pq`."""
        return overlap.dice(self.tp, self.fp, self.fn)


@dataclass(frozen=True, slots=True)
class PanopticMean:
    """Means over classes; each is NaN if none of them is on any side.

    Parameters
    ----------
    pq, sq, rq : float
        Mean panoptic, segmentation and recognition quality, 0 … 1.
    n_classes : int
        Classes in the mean.
    """

    pq: float
    sq: float
    rq: float
    n_classes: int


@dataclass(frozen=True, slots=True)
class PanopticReport:
    """Panoptic quality of each class and its means.

    The report stores counts and sums; scores are derived, so that reports of several
    images can be added up (``+``).

    Parameters
    ----------
    classes : tuple of PanopticScore
        Ascending by id.
    """

    classes: tuple[PanopticScore, ...]

    @property
    def overall(self) -> PanopticMean:
        """Means over all classes."""
        return _mean(self.classes)

    @property
    def things(self) -> PanopticMean:
        """Means over the classes that have objects."""
        return _mean(tuple(c for c in self.classes if c.is_thing))

    @property
    def stuff(self) -> PanopticMean:
        """Means over the classes that are areas."""
        return _mean(tuple(c for c in self.classes if not c.is_thing))

    def __add__(self, other: PanopticReport) -> PanopticReport:
        """Return the report of the segments of both; names are those of the first.

        Raises
        ------
        InputError
            If a class is a thing in one report and stuff in the other.
        """
        by_id = {c.id: c for c in self.classes}
        for one in other.classes:
            known = by_id.get(one.id)
            by_id[one.id] = one if known is None else _sum(known, one)
        return PanopticReport(tuple(by_id[label] for label in sorted(by_id)))

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values; NaN becomes None."""
        return {
            "overall": _mean_dict(self.overall),
            "things": _mean_dict(self.things),
            "stuff": _mean_dict(self.stuff),
            "classes": [
                {
                    name: _json_value(getattr(c, name))
                    for name in (
                        "id",
                        "name",
                        "is_thing",
                        "tp",
                        "fp",
                        "fn",
                        "iou_sum",
                        "pq",
                        "sq",
                        "rq",
                    )
                }
                for c in self.classes
            ],
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
            return cls(
                tuple(
                    PanopticScore(
                        id=int(entry["id"]),
                        name=str(entry["name"]),
                        is_thing=bool(entry["is_thing"]),
                        tp=int(entry["tp"]),
                        fp=int(entry["fp"]),
                        fn=int(entry["fn"]),
                        iou_sum=float(entry["iou_sum"]),
                    )
                    for entry in values["classes"]
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            msg = (
                "This is no report as `PanopticReport.to_dict` writes it: "
                f"{type(error).__name__} {error}. Evaluate the label images again."
            )
            raise InputError(msg) from error


def _mean(classes: Sequence[PanopticScore]) -> PanopticMean:
    present = [c for c in classes if c.tp or c.fp or c.fn]
    return PanopticMean(
        pq=overlap.mean(c.pq for c in present),
        sq=overlap.mean(c.sq for c in present),
        rq=overlap.mean(c.rq for c in present),
        n_classes=len(present),
    )


def _sum(one: PanopticScore, other: PanopticScore) -> PanopticScore:
    if one.is_thing != other.is_thing:
        msg = (
            f"Class {one.id} must be a thing in all reports or in none, but it is a "
            "thing in one and stuff in another. Evaluate all with the same choice."
        )
        raise InputError(msg)
    return replace(
        one,
        tp=one.tp + other.tp,
        fp=one.fp + other.fp,
        fn=one.fn + other.fn,
        iou_sum=one.iou_sum + other.iou_sum,
    )


def _mean_dict(mean: PanopticMean) -> dict[str, float | int | None]:
    return {
        name: _json_value(getattr(mean, name))
        for name in ("pq", "sq", "rq", "n_classes")
    }


def _json_value(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
