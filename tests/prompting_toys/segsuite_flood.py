"""A promptable model without a network: bright pixels that hang together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import label

from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.engine.prompting.model import Candidate, Plane

THRESHOLDS = (0.5, 0.25, 0.75)


@dataclass(frozen=True, eq=False)
class FloodPlane:
    """The plane as it is."""

    grey: npt.NDArray[np.float32]

    @property
    def shape(self) -> tuple[int, int]:
        return self.grey.shape[0], self.grey.shape[1]

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        return {}


class FloodModel:
    """Offers what is brighter than 0.5, 0.25 or 0.75 and hangs together.

    A single click has the three masks, any other prompt the first. A background click
    cuts off its 3 × 3 pixels.
    """

    def embed(
        self, plane: Plane, check: Callable[[], None] = lambda: None
    ) -> FloodPlane:
        check()
        return FloodPlane(plane.mean(axis=0))

    def restore(
        self, arrays: Mapping[str, npt.NDArray[Any]], shape: tuple[int, int]
    ) -> FloodPlane:
        raise NotImplementedError

    def segment(
        self, embedded: FloodPlane, prompt: PlanePrompt
    ) -> tuple[Candidate, ...]:
        single = len(prompt.clicks) == 1 and prompt.box is None and prompt.mask is None
        return tuple(
            Candidate(self._mask(embedded, prompt, limit), (0, 0), 0.9 - i / 10, 0.9)
            for i, limit in enumerate(THRESHOLDS[: 3 if single else 1])
        )

    def _mask(
        self, embedded: FloodPlane, prompt: PlanePrompt, limit: float
    ) -> npt.NDArray[np.bool_]:
        parts = label(embedded.grey > limit)[0]
        seeds = np.zeros(embedded.shape, np.bool_)
        for click in prompt.clicks:
            if click.positive:
                seeds[_pixels(click, 0)] = True
        if prompt.mask is not None:
            seeds |= prompt.mask.on_plane(embedded.shape)
        if prompt.box is not None:
            y0, x0, y1, x1 = (round(value) for value in prompt.box)
            seeds[max(y0, 0) : y1 + 1, max(x0, 0) : x1 + 1] = True
        mask: npt.NDArray[np.bool_] = np.isin(parts, parts[seeds & (parts > 0)])
        for click in prompt.clicks:
            if not click.positive:
                mask[_pixels(click, 1)] = False
        return mask


def load(card: Any, folder: Path, device: Any) -> FloodModel:
    """Return the model, as the modules of real ones do."""
    return FloodModel()


def _pixels(click: Click, reach: int) -> tuple[slice, slice]:
    y, x = round(click.y), round(click.x)
    return (
        slice(max(y - reach, 0), y + reach + 1),
        slice(max(x - reach, 0), x + reach + 1),
    )
