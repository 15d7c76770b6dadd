"""Masks on a plane from the low-resolution logits of SAM's mask decoder."""

from __future__ import annotations

import numpy as np
import torch

from napari_segsuite.engine.prompting.model import Candidate
from napari_segsuite.engine.prompting.sam.frame import Frame

# How much stricter and looser the limits are that tell how stable a mask is; the
# default of Meta's SamAutomaticMaskGenerator (stability_score_offset).
_OFFSET = 1.0
_NOTHING = np.zeros((0, 0), np.bool_)
# Columns of the plane computed together: they depend on few columns of the grid.
_STRIP = 256


def candidate(logits: torch.Tensor, score: float, frame: Frame) -> Candidate:
    """Return the mask of where logits are above 0 on the plane.

    Parameters
    ----------
    logits : float32 torch.Tensor, (grid, grid)
        What the mask decoder gave, on the CPU.
    score : float
        The IoU that SAM expects; its own estimate, which may leave 0 to 1 a little.
    frame : Frame
        The plane in the square.

    Returns
    -------
    Candidate
        The same mask as Meta's `SamPredictor` gives, cut to where it is; only that
        part of the plane is computed. Its stability is 0 if it is empty.
    """
    # Interpolation makes no value that is above all it is made from.
    likely = logits > -_OFFSET
    rows, columns = (torch.nonzero(likely.any(1 - axis)).flatten() for axis in (0, 1))
    if len(rows) == 0:
        return Candidate(_NOTHING, (0, 0), score, 0.0)
    down = frame.rows.reach(int(rows[0]), int(rows[-1]))
    across = frame.columns.reach(int(columns[0]), int(columns[-1]))
    fine = _on_plane(logits, frame, down, across)
    loose = int(torch.count_nonzero(fine > -_OFFSET))
    strict = int(torch.count_nonzero(fine > _OFFSET))
    part = (fine > 0).numpy()
    inside = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
    if len(inside[0]) == 0:
        return Candidate(_NOTHING, (0, 0), score, 0.0)
    (top, bottom), (left, right) = ((int(i[0]), int(i[-1]) + 1) for i in inside)
    return Candidate(
        part[top:bottom, left:right].copy(),
        (down.start + top, across.start + left),
        score,
        strict / loose,
    )


def _on_plane(
    logits: torch.Tensor, frame: Frame, down: slice, across: slice
) -> torch.Tensor:
    """Return logits of some rows and columns of the plane."""
    used = frame.rows.used(down)
    upper = frame.rows.finer[down, used] @ logits[used]
    strips = [upper[:, :0]]
    for start in range(across.start, across.stop, _STRIP):
        strip = slice(start, min(start + _STRIP, across.stop))
        used = frame.columns.used(strip)
        strips.append(upper[:, used] @ frame.columns.finer[strip, used].T)
    return torch.cat(strips, 1)
