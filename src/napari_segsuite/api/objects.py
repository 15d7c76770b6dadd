"""The objects of an image, as arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.api.models import find_model
from napari_segsuite.api.running import run
from napari_segsuite.api.sources import Source, as_ref
from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.data.segments import Segment, features, read_segments
from napari_segsuite.jobs.events import Event
from napari_segsuite.jobs.prediction import Predict, PredictOptions
from napari_segsuite.runners.base import Runner


@dataclass(frozen=True, slots=True, eq=False)
class ObjectLabels:
    """Labels with an id per object, and what is known of each."""

    labels: NDArray[np.int32]
    """Ids from 1 on; 0 is no object."""
    segments: tuple[Segment, ...]
    """Class, area, score and box of each object, ascending by id."""
    classes: ClassTable
    """The classes of objects."""
    axes: str
    """The axes of the labels."""

    def features(self) -> dict[str, list[Any]]:
        """Return a column per fact, as `pandas.DataFrame` and napari take them."""
        return features(self.segments, self.classes, self.axes)


def predict_objects(
    model: str | PathLike[str],
    image: Source,
    *,
    axes: str | None = None,
    spacing: Spacing | None = None,
    options: PredictOptions = PredictOptions(),
    on_event: Callable[[Event], None] | None = None,
    runner: Runner | None = None,
) -> ObjectLabels:
    """Predict the objects of an image.

    For images that do not fit into memory run a `Predict` job, which writes files.

    Parameters
    ----------
    model : path or str
        The folder of a model that learned objects, or its name in the library.
    image : source
        The image.
    axes, spacing : optional
        As for `train_unet`.
    options : PredictOptions, optional
        How to predict; `PredictOptions.readout` is instances, whatever it says.
    on_event, runner : optional
        As for `run`.

    Raises
    ------
    ModelFolderError
        If the model is missing, damaged, or of a newer format.
    InputError
        If the image does not fit the model, or the model learned classes of pixels.
    """
    with Scratch() as scratch:
        job = Predict(
            model=find_model(model),
            image=as_ref(image, scratch, axes, spacing),
            out=scratch.path(".npy"),
            options=options.replace(readout="instances"),
        )
        result = run(job, on_event=on_event, runner=runner)
        labels = np.array(result.labels.open())
        known = {} if result.table is None else read_segments(result.table)
    segments = tuple(known[i] for i in sorted(known))
    return ObjectLabels(labels, segments, result.classes, result.labels.axes)
