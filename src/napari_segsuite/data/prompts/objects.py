"""Objects made from prompts, and the labels that they make together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field, PlainSerializer

from napari_segsuite._model import Model
from napari_segsuite.data.prompts.overlap import without
from napari_segsuite.data.prompts.prompt import PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns

LARGEST_ID = 2**31 - 1


def _parsed(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(int(part) for part in value.split(",")) if value else ()
    return value


Index = Annotated[
    tuple[int, ...],
    BeforeValidator(_parsed),
    PlainSerializer(
        lambda index: ",".join(str(part) for part in index),
        return_type=str,
        when_used="json",
    ),
]
"""Where a plane lies along the axes other than Y, X and C; ``"3,5"`` in JSON."""


class PromptedObject(Model):
    """One object: what was said about it, and the pixels it has."""

    id: int = Field(ge=1, le=LARGEST_ID)
    """Its id in the labels."""
    class_id: int | None = Field(default=None, ge=1, le=LARGEST_ID)
    """Its class in the class table; None: it has none."""
    prompts: dict[Index, PlanePrompt] = Field(default_factory=dict)
    """What was said about it, by plane."""
    chosen: dict[Index, Annotated[int, Field(ge=0, le=2)]] = Field(default_factory=dict)
    """Which of the masks offered for a plane's prompt was taken; 0, the best, if a
    plane is not named."""
    masks: dict[Index, MaskRuns] = Field(default_factory=dict)
    """Its pixels, by plane; those painted by hand are not among them."""

    @property
    def area(self) -> int:
        """Number of its pixels on all planes."""
        return sum(mask.area for mask in self.masks.values())


def with_object(
    objects: Sequence[PromptedObject], new: PromptedObject
) -> tuple[PromptedObject, ...]:
    """Return the objects after one was written to the labels.

    It takes the place of the one with its id, or comes last; the others lose the
    pixels that it has taken, so that no pixel ever belongs to two.
    """
    kept = [_trimmed(one, new) if one.id != new.id else new for one in objects]
    if all(one.id != new.id for one in objects):
        kept.append(new)
    return tuple(kept)


def free_id(objects: Iterable[PromptedObject], taken: Iterable[int] = ()) -> int:
    """Return an id above those of all objects and those `taken`, from 1."""
    return max((*(one.id for one in objects), *taken), default=0) + 1


def paint(objects: Iterable[PromptedObject], labels: npt.NDArray[Any]) -> None:
    """Write the pixels of objects into labels.

    Parameters
    ----------
    objects : iterable of PromptedObject
        The objects.
    labels : array of integers, (..., Y, X)
        Is written to; its leading axes are those of the objects' planes.
    """
    for one in objects:
        for index in one.masks:
            paint_plane((one,), index, labels[index])


def paint_plane(
    objects: Iterable[PromptedObject], index: Index, labels: npt.NDArray[Any]
) -> None:
    """Write the pixels that objects have on one plane into its labels.

    Parameters
    ----------
    objects : iterable of PromptedObject
        The objects.
    index : tuple of int
        Which plane.
    labels : array of integers, (Y, X)
        The plane; is written to. What lies outside is cut off.
    """
    for one in objects:
        mask = one.masks.get(index)
        if mask is None:
            continue
        rows, columns = np.nonzero(mask.array())
        rows, columns = rows + mask.offset[0], columns + mask.offset[1]
        inside = (rows >= 0) & (rows < labels.shape[0])
        inside &= (columns >= 0) & (columns < labels.shape[1])
        labels[rows[inside], columns[inside]] = one.id


def _trimmed(one: PromptedObject, new: PromptedObject) -> PromptedObject:
    masks = {
        index: without(mask, new.masks[index]) if index in new.masks else mask
        for index, mask in one.masks.items()
    }
    if all(masks[index] is mask for index, mask in one.masks.items()):
        return one
    return one.replace(masks={index: m for index, m in masks.items() if m.area})
