"""Objects that a Mask R-CNN finds, and objects of slices joined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from napari_segsuite.api.models import find_model
from napari_segsuite.api.objects import ObjectLabels
from napari_segsuite.api.running import run
from napari_segsuite.api.sources import Source, as_ref
from napari_segsuite.data.atomic import make_folder, refuse_existing, storage_errors
from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.detection_files import read_detections
from napari_segsuite.data.detections import Detections
from napari_segsuite.data.linked_stacks import link_stack
from napari_segsuite.data.linking import LinkOptions
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.data.segmented_files import read_segmented, write_segmented
from napari_segsuite.data.segments import SegmentedImage, read_segments, table_path
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.events import Event
from napari_segsuite.jobs.instances import DetectInstances, DetectOptions
from napari_segsuite.runners.base import Runner


@dataclass(frozen=True, slots=True, eq=False)
class DetectedObjects(ObjectLabels):
    """Labels of objects that were detected, and all that was."""

    detections: Detections
    """Whatever the score: `napari_segsuite.paste` makes other labels of it."""


def detect(
    model: str | PathLike[str],
    image: Source,
    *,
    axes: str | None = None,
    spacing: Spacing | None = None,
    options: DetectOptions = DetectOptions(),
    on_event: Callable[[Event], None] | None = None,
    runner: Runner | None = None,
) -> DetectedObjects:
    """Find the objects of an image with a Mask R-CNN.

    For images that do not fit into memory run a `DetectInstances` job, which writes
    files.

    Parameters
    ----------
    model : path or str
        The folder of a Mask R-CNN, or its name in the library.
    image : source
        The image.
    axes, spacing : optional
        As for `train_unet`.
    options : DetectOptions, optional
        How to detect, which detections become objects, and whether stacks are linked.
    on_event, runner : optional
        As for `run`.

    Raises
    ------
    ModelFolderError
        If the model is missing, damaged, or no Mask R-CNN.
    InputError
        If the image does not fit the model.
    """
    with Scratch() as scratch:
        job = DetectInstances(
            model=find_model(model),
            image=as_ref(image, scratch, axes, spacing),
            out=scratch.path(".npy"),
            detections=scratch.path(".npz"),
            options=options,
        )
        result = run(job, on_event=on_event, runner=runner)
        known = read_segments(result.table)
        return DetectedObjects(
            labels=np.array(result.labels.open()),
            segments=tuple(known[i] for i in sorted(known)),
            classes=result.classes,
            axes=result.labels.axes,
            detections=read_detections(result.detections),
        )


def link_file(
    labels: Path, out: Path, *, options: LinkOptions = LinkOptions()
) -> ObjectLabels:
    """Join the objects of neighbouring slices of a labels file.

    Parameters
    ----------
    labels : Path
        Labels with a Z or T axis, in which an id means an object of its slice. Class
        and score may stand in the CSV table beside it.
    out : Path
        The ``.tif`` file to make; the table of the joined objects lies beside it.
    options : LinkOptions, optional
        Which objects are one.

    Raises
    ------
    InputError
        If the file cannot be read, has neither Z nor T, or `out` does not end in
        ``.tif``.
    StorageError
        If a file exists, or cannot be written.
    """
    if out.suffix.lower() != ".tif":
        msg = f"Linked labels are written as .tif, not as {out.name}. Rename the file."
        raise InputError(msg)
    for path in (out, table_path(out)):
        refuse_existing(path)
    found = read_segmented(labels)
    pixels = found.image.labels
    known = {one.id: one for one in found.image.segments}
    only = found.classes[0].id if len(found.classes) == 1 else 1
    segments = link_stack(pixels, found.axes, known, options, class_id=only)
    with storage_errors(out):
        make_folder(out.parent)
    image = SegmentedImage(out.stem, pixels, segments)
    write_segmented(out.parent, image, found.classes, found.axes, found.spacing)
    return ObjectLabels(pixels, segments, found.classes, found.axes)
