"""The network's answer as masks on the plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage

from napari_segsuite.data.prompts.prompt import Click
from napari_segsuite.engine.prompting.click.crop import Window
from napari_segsuite.engine.prompting.click.zoom import Extent
from napari_segsuite.engine.prompting.masks import iou
from napari_segsuite.engine.prompting.model import Candidate

# Logits at which a mask is stricter or looser (Segment Anything's stability score).
_STRICTER = 1.0
# Masks that agree more than this are one and the same to a person.
_SAME = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the network said about a window."""

    window: Window
    """Where it looked."""
    logits: torch.Tensor
    """Float32 (`MASKS`, `EDGE`, `EDGE`); above 0 is inside."""
    scores: torch.Tensor
    """Float32 (`MASKS`,): the IoU expected, 0 to 1."""

    @property
    def best(self) -> torch.Tensor:
        """The logits of the mask with the best score, (`EDGE`, `EDGE`)."""
        return self.logits[int(self.scores.argmax())]

    def extent(self) -> Extent | None:
        """Return where on the plane the best mask lies; None if it is empty."""
        inside = (self.best > 0).numpy()
        rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
        if not rows.size:
            return None
        top, left = self.window.to_plane(rows[0] - 0.5, columns[0] - 0.5)
        bottom, right = self.window.to_plane(rows[-1] + 0.5, columns[-1] + 0.5)
        # From outer borders to the centres of the outermost pixels of the plane.
        return Extent(
            float(top) + 0.5, float(left) + 0.5, float(bottom) - 0.5, float(right) - 0.5
        )


def candidates(
    answer: Answer, shape: tuple[int, int], clicks: Sequence[Click]
) -> tuple[Candidate, ...]:
    """Return the masks on the plane, the best first, each unlike those before it.

    Parameters
    ----------
    answer : Answer
        What the network said.
    shape : (int, int)
        Rows and columns of the plane.
    clicks : sequence of Click
        Pieces that no positive click is in are left out, if one is in any.

    Returns
    -------
    tuple of Candidate
        At least one; it may be empty.
    """
    offered: list[Candidate] = []
    for number in answer.scores.argsort(descending=True).tolist():
        one = _candidate(
            answer.window,
            answer.logits[number],
            float(answer.scores[number]),
            shape,
            clicks,
        )
        if not offered or (one.mask.size and not _repeats(one, offered)):
            offered.append(one)
    return tuple(offered)


def _candidate(
    window: Window,
    logits: torch.Tensor,
    score: float,
    shape: tuple[int, int],
    clicks: Sequence[Click],
) -> Candidate:
    strict = int((logits > _STRICTER).sum())
    loose = int((logits > -_STRICTER).sum())
    stability = strict / loose if loose else 0.0
    values, (top, left) = window.back(logits, shape)
    mask = _clicked(values.numpy() > 0, (top, left), clicks)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        nothing = np.zeros((0, 0), np.bool_)
        return Candidate(nothing, (top, left), score, stability)
    part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    offset = (top + int(rows[0]), left + int(columns[0]))
    return Candidate(part, offset, score, stability)


def _clicked(
    mask: npt.NDArray[np.bool_], offset: tuple[int, int], clicks: Sequence[Click]
) -> npt.NDArray[np.bool_]:
    """Return the pieces of a mask in which positive clicks are; all if none is."""
    pieces, count = ndimage.label(mask)
    if count < 2:
        return mask
    meant = set()
    for click in clicks:
        y, x = round(click.y) - offset[0], round(click.x) - offset[1]
        if click.positive and 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1]:
            meant.add(int(pieces[y, x]))
    meant.discard(0)
    return np.isin(pieces, list(meant)) if meant else mask


def _repeats(one: Candidate, others: Sequence[Candidate]) -> bool:
    return any(
        iou(one.mask, one.offset, other.mask, other.offset) > _SAME for other in others
    )
