"""Clicks, boxes and rough masks as the tensors that SAM's prompt encoder takes."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import torch

from napari_segsuite.data.prompts.prompt import Box, Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.engine.prompting.sam.frame import Frame

# How sure a rough mask is of each pixel: SAM was trained to take the logits that it
# gave itself, and gives about ±7 where it is sure. The same limit as micro-sam's
# (Archit et al., Nature Methods 2025): a probability of 0.999.
_SURE = log(0.999 / 0.001)


@dataclass(frozen=True, slots=True, eq=False)
class SamPrompt:
    """A prompt in the square that SAM sees, for its prompt encoder; a batch of one."""

    points: tuple[torch.Tensor, torch.Tensor] | None
    """float32 (1, n, 2), x before y, and float32 (1, n): 1 for foreground, else 0."""
    boxes: torch.Tensor | None
    """float32 (1, 4): x0, y0, x1, y1."""
    masks: torch.Tensor | None
    """float32 (1, 1, grid, grid): logits."""
    ambiguous: bool
    """Whether it may mean a part as well as the whole: one foreground click alone."""


def translate(prompt: PlanePrompt, frame: Frame, device: torch.device) -> SamPrompt:
    """Return a prompt as SAM takes it.

    Parameters
    ----------
    prompt : PlanePrompt
        What is said about an object; something in it says where it is. A rough mask
        alone brings its box, without which SAM makes little of it.
    frame : Frame
        The plane in the square.
    device : torch.device
        Where the tensors shall be.
    """
    points = boxes = masks = None
    clicks, box, mask = prompt.clicks, prompt.box, prompt.mask
    if clicks:
        points = (
            _scaled([(click.x, click.y) for click in clicks], frame)[None].to(device),
            torch.tensor([[float(click.positive) for click in clicks]], device=device),
        )
    if mask is not None:
        masks = logits_of(mask, frame)[None, None].to(device)
        if not clicks and box is None:
            box = _around(mask)
    if box is not None:
        y0, x0, y1, x1 = box
        boxes = _scaled([(x0, y0), (x1, y1)], frame).reshape(1, 4).to(device)
    return SamPrompt(points, boxes, masks, _is_ambiguous(clicks, box, mask))


def logits_of(mask: MaskRuns, frame: Frame) -> torch.Tensor:
    """Return a rough mask as SAM's own low-resolution logits.

    Parameters
    ----------
    mask : MaskRuns
        A mask that lies inside the plane.
    frame : Frame
        The plane in the square.

    Returns
    -------
    float32 torch.Tensor, (grid, grid)
        From -6.9 outside to 6.9 inside; 0, which says nothing, beside the plane.
    """
    (y, x), (height, width) = mask.offset, mask.shape
    rows, columns = frame.rows.coarser, frame.columns.coarser
    part = torch.from_numpy(mask.array()).float()
    share = rows[:, y : y + height] @ part @ columns[:, x : x + width].T
    covered = rows.any(1)[:, None] & columns.any(1)[None]
    return torch.where(covered, (2 * share - 1) * _SURE, 0.0)


def _scaled(points: list[tuple[float, float]], frame: Frame) -> torch.Tensor:
    """Return (n, 2) for n points (x, y) of the plane, as Meta scales coordinates."""
    scale = torch.tensor([frame.columns.scale, frame.rows.scale], dtype=torch.float64)
    return (torch.tensor(points, dtype=torch.float64) * scale).float()


def _around(mask: MaskRuns) -> Box:
    """Return the box from a mask's first pixel to one past its last."""
    tight = MaskRuns.of(mask.array(), mask.offset)
    (y, x), (height, width) = tight.offset, tight.shape
    return (y, x, y + height, x + width)


def _is_ambiguous(
    clicks: tuple[Click, ...], box: Box | None, mask: MaskRuns | None
) -> bool:
    return len(clicks) == 1 and clicks[0].positive and box is None and mask is None
