"""Promptable models that are asked only what can be answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy.typing as npt

from napari_segsuite.data.prompts.bounds import within
from napari_segsuite.data.prompts.prompt import PlanePrompt
from napari_segsuite.engine.prompting.model import (
    Candidate,
    Embedded,
    Plane,
    PromptModel,
)


class CheckedModel:
    """A promptable model whose prompts are checked before it sees them.

    Parameters
    ----------
    model : PromptModel
        The model.
    """

    def __init__(self, model: PromptModel) -> None:
        self._model = model

    def embed(self, plane: Plane, check: Callable[[], None] = lambda: None) -> Embedded:
        """Prepare a plane for prompts."""
        return self._model.embed(plane, check)

    def restore(
        self, arrays: Mapping[str, npt.NDArray[Any]], shape: tuple[int, int]
    ) -> Embedded:
        """Return what `embed` returned, from what its `arrays` gave."""
        return self._model.restore(arrays, shape)

    def segment(self, embedded: Embedded, prompt: PlanePrompt) -> tuple[Candidate, ...]:
        """Return one to three masks of the object meant, the best first.

        Raises
        ------
        InputError
            If the prompt does not say where the object is, or points outside.
        """
        return self._model.segment(embedded, within(prompt, embedded.shape))
