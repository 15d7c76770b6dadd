"""Classes and objects of an image in one go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.api.models import find_model
from napari_segsuite.api.running import run
from napari_segsuite.api.sources import Source, as_ref
from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.classes import ClassInfo, ClassTable
from napari_segsuite.data.panoptic import MergeOptions
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.data.segments import Segment, read_segments
from napari_segsuite.jobs.events import Event
from napari_segsuite.jobs.panoptic import PredictPanoptic
from napari_segsuite.jobs.prediction import PredictOptions
from napari_segsuite.runners.base import Runner


@dataclass(frozen=True, slots=True, eq=False)
class PanopticLabels:
    """Segments that do not overlap, and what is known of them."""

    labels: NDArray[np.int32]
    """The segment of each pixel; 0 is void."""
    segments: tuple[Segment, ...]
    """Class, area and score of each segment, ascending by id."""
    classes: ClassTable
    """The classes, things and stuff."""


def predict_panoptic(
    model: str | PathLike[str],
    objects: str | PathLike[str],
    image: Source,
    *,
    classes: Sequence[ClassInfo] = (),
    object_class: int | None = None,
    axes: str | None = None,
    spacing: Spacing | None = None,
    options: PredictOptions = PredictOptions(),
    merging: MergeOptions = MergeOptions(),
    on_event: Callable[[Event], None] | None = None,
    runner: Runner | None = None,
) -> PanopticLabels:
    """Predict classes with one model and objects with another, and merge them.

    For images that do not fit into memory run a `PredictPanoptic` job.

    Parameters
    ----------
    model : path or str
        A model that learned classes: its folder, or its name in the library.
    objects : path or str
        A model that finds objects: a U-Net that learned them, or a Mask R-CNN.
    image : source
        The image.
    classes : sequence of ClassInfo, optional
        All classes, things and stuff; by default as `model` says.
    object_class : int, optional
        The class of all objects; by default as `objects` says, found by its name.
    axes, spacing : optional
        As for `train_unet`.
    options : PredictOptions, optional
        How to predict.
    merging : MergeOptions, optional
        The limits of the merge.
    on_event, runner : optional
        As for `run`.

    Raises
    ------
    ModelFolderError
        If a model is missing, damaged, or of a kind that cannot do its part.
    InputError
        If the image does not fit a model, or the class of objects is not known.
    """
    with Scratch() as scratch:
        job = PredictPanoptic(
            model=find_model(model),
            objects=find_model(objects),
            image=as_ref(image, scratch, axes, spacing),
            out=scratch.path(".npy"),
            classes=tuple(classes),
            object_class=object_class,
            options=options,
            merging=merging,
        )
        result = run(job, on_event=on_event, runner=runner)
        labels: NDArray[Any] = np.array(result.labels.open())
        known = read_segments(result.table)
    segments = tuple(known[i] for i in sorted(known))
    return PanopticLabels(labels, segments, result.classes)
