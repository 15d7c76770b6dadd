"""Labels that are the pixels of objects, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from napari_segsuite.data.prompts.objects import (
    Index,
    PromptedObject,
    paint,
    paint_plane,
    with_object,
)
from napari_segsuite.data.prompts.placing import Rule, place
from napari_segsuite.data.prompts.runs import MaskRuns

_NOTHING = MaskRuns(offset=(0, 0), shape=(0, 0))

Objects = tuple[PromptedObject, ...]


class Canvas:
    """The labels of a session; at any moment those of its objects alone.

    Parameters
    ----------
    shape : sequence of int
        Shape of the labels; the last two axes are Y and X.
    objects : tuple of PromptedObject, optional
        The objects; no pixel belongs to two.
    """

    def __init__(self, shape: Sequence[int], objects: Objects = ()) -> None:
        self._labels = np.zeros(shape, np.int32)
        paint(objects, self._labels)

    @property
    def labels(self) -> npt.NDArray[np.int32]:
        """The labels; a view that cannot be written to and changes with the canvas."""
        view = self._labels.view()
        view.flags.writeable = False
        return view

    def put(
        self,
        objects: Objects,
        one: PromptedObject,
        masks: Mapping[Index, MaskRuns],
        rule: Rule,
    ) -> Objects:
        """Write an object and return the objects as they are then.

        Parameters
        ----------
        objects : tuple of PromptedObject
            The objects that are shown.
        one : PromptedObject
            The object, with the masks that are shown of it.
        masks : mapping of tuple of int to MaskRuns
            Its new masks; its other planes stay as they are.
        rule : {"keep", "overwrite", "background_only"}
            What happens where the labels are not 0.
        """
        placed = dict(one.masks)
        for index, mask in masks.items():
            before = placed.pop(index, _NOTHING)
            plane = self._labels[index]
            placement = place(plane, mask, one.id, rule, before=before)
            plane[placement.indices] = placement.values
            if placement.mask.area:
                placed[index] = placement.mask
        return with_object(objects, one.replace(masks=placed))

    def change(self, before: Objects, after: Objects) -> None:
        """Show other objects, where they differ from those that are shown."""
        old, new = {id(one) for one in before}, {id(one) for one in after}
        differ = [one for one in before if id(one) not in new]
        differ += [one for one in after if id(one) not in old]
        for index in {index for one in differ for index in one.masks}:
            plane = self._labels[index]
            plane[...] = 0
            paint_plane(after, index, plane)
