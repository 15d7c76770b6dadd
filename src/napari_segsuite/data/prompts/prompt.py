"""What a user says about one object on one plane: clicks, a box, a rough mask."""

from __future__ import annotations

from pydantic import Field, model_validator

from napari_segsuite._model import Model
from napari_segsuite.data.prompts.runs import MaskRuns

Box = tuple[float, float, float, float]
"""(y0, x0, y1, x1) in pixels, y0 < y1 and x0 < x1; pixel centres are integers."""


class Click(Model):
    """One point on a plane."""

    y: float = Field(allow_inf_nan=False)
    """Row in pixels; pixel centres are integers."""
    x: float = Field(allow_inf_nan=False)
    """Column in pixels."""
    positive: bool = True
    """Whether the object is here (foreground) or not (background)."""


class PlanePrompt(Model):
    """All that is said about one object on one plane."""

    clicks: tuple[Click, ...] = ()
    """The clicks, in the order in which they were made."""
    box: Box | None = None
    """A box around the object."""
    mask: MaskRuns | None = None
    """A rough mask of the object, such as a scribble or an earlier mask."""

    @model_validator(mode="after")
    def _check(self) -> PlanePrompt:
        if self.box is not None:
            y0, x0, y1, x1 = self.box
            if not (y0 < y1 and x0 < x1):
                msg = f"a box needs y0 < y1 and x0 < x1, got {self.box}"
                raise ValueError(msg)
        return self

    @property
    def says_where(self) -> bool:
        """Whether anything says where the object is: background clicks alone do not."""
        return (
            self.box is not None
            or self.mask is not None
            or any(click.positive for click in self.clicks)
        )
