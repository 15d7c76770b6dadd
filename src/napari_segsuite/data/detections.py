"""What a detector found, and how it becomes labels."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_segsuite._model import Model


class PasteOptions(Model):
    """Which detections become objects; can be changed without detecting again."""

    min_score: float = Field(default=0.5, ge=0.0, le=1.0)
    """The least score of an object."""
    overlap: Literal["score", "smaller", "none"] = "score"
    """Who has the pixels that several objects want: the one with the better score, the
    smaller one, or nobody."""
    min_area: int = Field(default=4, ge=1)
    """The least pixels of an object that are left to it."""
