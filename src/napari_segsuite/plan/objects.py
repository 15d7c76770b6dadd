"""How the maps of a network that learned objects become objects."""

from __future__ import annotations

from pydantic import Field

from napari_segsuite._model import Model


class ObjectReadout(Model):
    """Thresholds of the seeded watershed that turns maps into objects."""

    foreground: float = Field(default=0.5, gt=0.0, lt=1.0)
    """The least probability of a pixel that belongs to an object."""
    seed: float = Field(default=0.6, gt=0.0, lt=1.0)
    """The least distance to the rim, as a part of the object's largest, of the pixels
    from which an object grows: lower values join, higher ones divide."""
    seed_rise: float = Field(default=0.0, ge=0.0, le=1.0)
    """By how much `seed` is higher where objects are half as wide as `width`. Small
    objects that touch have no deep gap between them, and large ones have gaps that
    are none."""
    width: float = Field(default=25.0, gt=0.0, le=1e4)
    """The width in pixels of objects for which `seed` is right as it is."""
    smoothing: float = Field(default=1.0, ge=0.0, le=20.0)
    """Standard deviation in pixels by which distances are smoothed first."""
    min_area: int = Field(default=4, ge=1)
    """The least pixels of an object."""
    min_score: float = Field(default=0.0, ge=0.0, lt=1.0)
    """The least mean probability that an object's pixels belong to an object; less
    certain ones are left out."""
