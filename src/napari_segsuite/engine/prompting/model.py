"""What every promptable model can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_segsuite.data.prompts.prompt import PlanePrompt

Plane = npt.NDArray[np.float32]
"""What the model sees: (1, Y, X) or (3, Y, X), from 0 (black) to 1 (white)."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One mask that a model offers for a prompt."""

    mask: npt.NDArray[np.bool_]
    """The mask, (height, width): a part inside the plane; all else lies outside."""
    offset: tuple[int, int]
    """(y, x) of the part's first pixel in the plane."""
    score: float
    """The IoU, 0 to 1, that the model expects with the object meant."""
    stability: float
    """The IoU, 0 to 1, between the masks under a stricter and a looser limit."""


class Embedded(Protocol):
    """A plane as a model keeps it between prompts."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the plane."""

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """Return what a cache on disk must keep; nothing if it pays to make anew."""


class PromptModel(Protocol):
    """A model that is given a plane once and prompted many times."""

    def embed(self, plane: Plane, check: Callable[[], None] = ...) -> Embedded:
        """Prepare a plane for prompts; `check`, called often, raises to cancel."""

    def restore(
        self, arrays: Mapping[str, npt.NDArray[Any]], shape: tuple[int, int]
    ) -> Embedded:
        """Return what `embed` returned, from what its `arrays` gave."""

    def segment(self, embedded: Embedded, prompt: PlanePrompt) -> tuple[Candidate, ...]:
        """Return one to three masks of the object meant, the best first.

        Raises
        ------
        InputError
            If the prompt does not say where the object is, or points outside.
        """
