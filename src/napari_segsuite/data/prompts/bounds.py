"""Whether a prompt can be answered on a plane."""

from __future__ import annotations

from napari_segsuite.data.prompts.prompt import Box, Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError

Shape = tuple[int, int]
"""Rows and columns of a plane."""


def within(prompt: PlanePrompt, shape: Shape) -> PlanePrompt:
    """Return what a prompt says about a plane.

    Parameters
    ----------
    prompt : PlanePrompt
        The prompt.
    shape : (int, int)
        Rows and columns of the plane.

    Returns
    -------
    PlanePrompt
        The prompt; its box and its mask are cut off at the edges of the plane.

    Raises
    ------
    InputError
        If a click, the box or the mask lies outside, or nothing says where the object
        is.
    """
    for click in prompt.clicks:
        if not _inside(click, shape):
            msg = (
                f"The click at y {click.y:g}, x {click.x:g} lies outside the image, "
                f"which has {shape[0]} × {shape[1]} pixels (y, x). Click inside it."
            )
            raise InputError(msg)
    box = None if prompt.box is None else _cut_box(prompt.box, shape)
    mask = None if prompt.mask is None else _cut_mask(prompt.mask, shape)
    if not prompt.says_where:
        msg = (
            "Nothing says where the object is: background clicks alone do not. Add a "
            "foreground click, a box or a rough mask."
        )
        raise InputError(msg)
    if box == prompt.box and mask is prompt.mask:
        return prompt
    return prompt.replace(box=box, mask=mask)


def _inside(click: Click, shape: Shape) -> bool:
    return -0.5 <= click.y < shape[0] - 0.5 and -0.5 <= click.x < shape[1] - 0.5


def _cut_box(box: Box, shape: Shape) -> Box:
    y0, x0 = max(box[0], -0.5), max(box[1], -0.5)
    y1, x1 = min(box[2], shape[0] - 0.5), min(box[3], shape[1] - 0.5)
    if not (y0 < y1 and x0 < x1):
        msg = (
            f"The box from y {box[0]:g}, x {box[1]:g} to y {box[2]:g}, x {box[3]:g} "
            f"lies outside the image, which has {shape[0]} × {shape[1]} pixels (y, x). "
            "Draw it inside."
        )
        raise InputError(msg)
    return y0, x0, y1, x1


def _cut_mask(mask: MaskRuns, shape: Shape) -> MaskRuns:
    (y, x), (height, width) = mask.offset, mask.shape
    if y < 0 or x < 0 or y + height > shape[0] or x + width > shape[1]:
        mask = MaskRuns.of(mask.on_plane(shape))
    if mask.area == 0:
        msg = (
            "The rough mask has no pixel inside the image. Paint at least one pixel "
            "of the object."
        )
        raise InputError(msg)
    return mask
