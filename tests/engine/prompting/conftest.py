"""A promptable model without a network: what is bright and connected is an object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import find_objects, label

from napari_segsuite.data.prompts.prompt import PlanePrompt
from napari_segsuite.engine.prompting.model import Candidate, Plane


@dataclass(frozen=True, eq=False)
class FloodPlane:
    """The connected bright parts of a plane, as ids."""

    parts: npt.NDArray[np.int32]

    @property
    def shape(self) -> tuple[int, int]:
        height, width = self.parts.shape
        return height, width

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        return {"parts": self.parts}


class FloodModel:
    """Takes the connected part, brighter than 0.5, that a prompt says most about."""

    def __init__(self) -> None:
        self.asked = 0

    def embed(
        self, plane: Plane, check: Callable[[], None] = lambda: None
    ) -> FloodPlane:
        check()
        return FloodPlane(label(plane.mean(axis=0) > 0.5)[0])

    def restore(
        self, arrays: Mapping[str, npt.NDArray[Any]], shape: tuple[int, int]
    ) -> FloodPlane:
        assert arrays["parts"].shape == shape
        return FloodPlane(np.asarray(arrays["parts"], np.int32))

    def segment(
        self, embedded: FloodPlane, prompt: PlanePrompt
    ) -> tuple[Candidate, ...]:
        self.asked += 1
        parts = embedded.parts
        votes: list[int] = []
        if prompt.box is not None:
            y0, x0, y1, x1 = (max(0, round(end + 0.5)) for end in prompt.box)
            votes += parts[y0:y1, x0:x1].ravel().tolist()
        elif prompt.mask is not None:
            votes += parts[prompt.mask.on_plane(embedded.shape)].tolist()
        else:
            votes += [
                int(parts[round(c.y), round(c.x)]) for c in prompt.clicks if c.positive
            ]
        votes = [vote for vote in votes if vote]
        if not votes:
            return (Candidate(np.zeros((0, 0), np.bool_), (0, 0), 0.0, 0.0),)
        chosen = max(set(votes), key=votes.count)
        rows, columns = find_objects(parts)[chosen - 1]
        mask = parts[rows, columns] == chosen
        return (Candidate(mask, (rows.start, columns.start), 0.9, 1.0),)


@pytest.fixture
def flood() -> FloodModel:
    """A fresh model without a network."""
    return FloodModel()
