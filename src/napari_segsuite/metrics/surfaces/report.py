"""The report of surfaces: one line per class, their means, and the terms of both."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import overlap


@dataclass(frozen=True, slots=True)
class SurfaceScore:
    """The surface scores of one class; each is NaN if neither array has its surface.

    Parameters
    ----------
    id : int
        The class's id in both arrays.
    boundary_f1, boundary_iou, surface_dice : float
        In 0 … 1; 0 if only one array has the surface.
    hausdorff, hausdorff_95, mean_distance : float
        0 or more, in the unit of the spacing; infinite if only one array has the
        surface. `mean_distance` is the symmetric average surface distance.
    """

    id: int
    boundary_f1: float
    boundary_iou: float
    hausdorff: float
    hausdorff_95: float
    mean_distance: float
    surface_dice: float


SCORES = tuple(field.name for field in fields(SurfaceScore) if field.name != "id")


@dataclass(frozen=True, slots=True)
class SurfaceReport:
    """Surface scores of several classes, and on which terms they were taken.

    Parameters
    ----------
    classes : tuple of SurfaceScore
        Ascending by id.
    spacing : tuple of float or None
        Per spatial axis; None if distances are in pixels.
    tolerance : float
        Of boundary F1 and surface Dice, in the unit of the spacing.
    width : float
        Of the bands of the boundary IoU, in the unit of the spacing.
    ignore_id : int or None
        The id in the truth whose pixels are void.
    """

    classes: tuple[SurfaceScore, ...]
    spacing: tuple[float, ...] | None
    tolerance: float
    width: float
    ignore_id: int | None = None

    def mean(self, score: str) -> float:
        """Return the mean of one score over the classes.

        Parameters
        ----------
        score : str
            A field of `SurfaceScore`, for instance ``"boundary_f1"``.

        Returns
        -------
        float
            Classes that score NaN leave the mean, NaN if none is left; a distance is
            infinite if that of one class is.

        Raises
        ------
        InputError
            If there is no such score.
        """
        if score not in SCORES:
            msg = f"A surface score is one of {', '.join(SCORES)}; got {score!r}."
            raise InputError(msg)
        return overlap.mean(getattr(entry, score) for entry in self.classes)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values: NaN becomes None, infinite ``"inf"``."""
        return {
            "spacing": None if self.spacing is None else list(self.spacing),
            "tolerance": self.tolerance,
            "width": self.width,
            "ignore_id": self.ignore_id,
            "means": {score: _json_number(self.mean(score)) for score in SCORES},
            "classes": [
                {"id": entry.id}
                | {score: _json_number(getattr(entry, score)) for score in SCORES}
                for entry in self.classes
            ],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the report that `to_dict` wrote; means are taken anew.

        Raises
        ------
        InputError
            If an entry is missing or is no number.
        """
        try:
            spacing, ignore_id = values["spacing"], values["ignore_id"]
            return cls(
                classes=tuple(
                    SurfaceScore(
                        int(entry["id"]), *(_read_number(entry[s]) for s in SCORES)
                    )
                    for entry in values["classes"]
                ),
                spacing=None if spacing is None else tuple(float(s) for s in spacing),
                tolerance=float(values["tolerance"]),
                width=float(values["width"]),
                ignore_id=None if ignore_id is None else int(ignore_id),
            )
        except (KeyError, TypeError, ValueError) as error:
            msg = (
                "This is no report as `SurfaceReport.to_dict` writes it: "
                f"{type(error).__name__} {error}. Evaluate the label images again."
            )
            raise InputError(msg) from error


def _json_number(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return "inf" if math.isinf(value) else value


def _read_number(value: float | str | None) -> float:
    return math.nan if value is None else float(value)
