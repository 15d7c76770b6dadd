"""Masks that take pixels from each other."""

from __future__ import annotations

from napari_segsuite.data.prompts.runs import MaskRuns


def without(mask: MaskRuns, other: MaskRuns) -> MaskRuns:
    """Return a mask less the pixels of another on the same plane.

    Returns
    -------
    MaskRuns
        `mask` itself if they share none.
    """
    top = max(mask.offset[0], other.offset[0])
    left = max(mask.offset[1], other.offset[1])
    bottom = min(mask.offset[0] + mask.shape[0], other.offset[0] + other.shape[0])
    right = min(mask.offset[1] + mask.shape[1], other.offset[1] + other.shape[1])
    if top >= bottom or left >= right:
        return mask

    def part(one: MaskRuns) -> tuple[slice, slice]:
        y, x = one.offset
        return slice(top - y, bottom - y), slice(left - x, right - x)

    shared = other.array()[part(other)]
    left_over = mask.array()
    window = left_over[part(mask)]
    if not (window & shared).any():
        return mask
    window &= ~shared
    return MaskRuns.of(left_over, mask.offset)
