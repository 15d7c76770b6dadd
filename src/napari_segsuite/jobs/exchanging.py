"""The handlers of `ExportLabels` and `ImportLabels`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from napari_segsuite.data.atomic import atomic_file, make_folder, refuse_existing
from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.exchange import coco, coco_panoptic, imagej
from napari_segsuite.data.exchange.coco_tables import CocoImage, safe_name
from napari_segsuite.data.formats import write_labels
from napari_segsuite.data.segmented_files import segmented
from napari_segsuite.data.segments import (
    SegmentedImage,
    read_segments,
    table_path,
    write_segments,
)
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import Progress
from napari_segsuite.jobs.exchange import (
    ExportedLabels,
    ExportLabels,
    ImportedImage,
    ImportedLabels,
    ImportLabels,
)

# More images than these are a data set: `segsuite import` makes files of them.
_MOST_IMAGES: Final = 20


def export_labels(job: ExportLabels, ctx: JobContext) -> ExportedLabels:
    """Carry out an `ExportLabels` job.

    Raises
    ------
    InputError
        If the format cannot hold the labels.
    StorageError
        If the output exists, or cannot be written.
    """
    started = time.monotonic()
    if not job.overwrite or job.format == "panoptic":
        refuse_existing(job.out)
    if job.format != "imagej" and job.labels.axes != "YX":
        msg = (
            f"The labels have the axes {job.labels.axes}, but COCO's formats know "
            "planes only. Export the slice shown, or ROIs of ImageJ, which know stacks."
        )
        raise InputError(msg)
    ctx.emit(Progress(fraction=0.0, message="Looking at the labels"))
    known = {} if job.table is None else read_segments(job.table)
    name = safe_name(job.image_name)
    labels = np.asarray(job.labels.open())
    image, classes = segmented(name, labels, known, job.classes)
    if not image.segments:
        msg = "All labels are 0, so there is nothing to export. Choose another layer."
        raise InputError(msg)
    ctx.check_cancelled()
    ctx.emit(Progress(fraction=0.2, message="Writing"))
    if job.format == "panoptic":
        coco_panoptic.write_panoptic(job.out, [(job.image_name, image)], classes)
    else:
        _write_file(job, ctx, image, classes)
    return ExportedLabels(
        out=job.out,
        objects=len(image.segments),
        seconds=time.monotonic() - started,
    )


def import_labels(job: ImportLabels, ctx: JobContext) -> ImportedLabels:
    """Carry out an `ImportLabels` job.

    Raises
    ------
    InputError
        If anything in the file is not as it should be, or it does not speak of the
        image; nothing is imported then.
    StorageError
        If the labels cannot be written.
    """
    started = time.monotonic()
    ctx.emit(Progress(fraction=0.0, message=f"Reading {job.source.name}"))
    found: Sequence[SegmentedImage]
    if job.format == "imagej":
        if not job.shape:
            msg = (
                "ROIs of ImageJ do not say how large their image is. Open the image, "
                "and choose it."
            )
            raise InputError(msg)
        name = safe_name(job.image_name)
        image, classes = imagej.read_rois(job.source, name, job.shape, job.axes)
        found = [image]
    elif job.format == "coco":
        instances = coco.read_coco(job.source)
        wanted = _wanted(instances.images, job)
        classes = instances.classes
        found = _all(replace(instances, images=wanted), ctx)
    else:
        panoptic = coco_panoptic.read_panoptic(job.source)
        wanted = _wanted(panoptic.images, job)
        classes = panoptic.classes
        found = _all(replace(panoptic, images=wanted), ctx)
    refuse_existing(job.out)
    make_folder(job.out)
    images = []
    for image in found:
        ctx.check_cancelled()
        path = job.out / f"{image.name}.npy"
        ref = write_labels(path, image.labels, job.axes)
        write_segments(table_path(path), image.segments, classes)
        images.append(
            ImportedImage(name=image.name, labels=ref, table=table_path(path))
        )
    return ImportedLabels(
        images=tuple(images),
        classes=classes,
        objects=sum(len(image.segments) for image in found),
        overlap=sum(image.overlap for image in found),
        hidden=sum(len(image.hidden) for image in found),
        seconds=time.monotonic() - started,
    )


def _write_file(
    job: ExportLabels, ctx: JobContext, image: SegmentedImage, classes: ClassTable
) -> None:
    if not job.overwrite:
        _write(job, job.out, image, classes)
        return
    new = ctx.scratch / f"export{job.out.suffix}"
    new.unlink(missing_ok=True)
    try:
        _write(job, new, image, classes)
        with atomic_file(job.out, overwrite=True) as temporary:
            shutil.copyfile(new, temporary)
    finally:
        new.unlink(missing_ok=True)


def _write(
    job: ExportLabels, path: Path, image: SegmentedImage, classes: ClassTable
) -> None:
    if job.format == "coco":
        coco.write_coco(path, [(job.image_name, image)], classes, shape=job.shape)
    else:
        imagej.write_rois(path, image, job.labels.axes, classes)


def _all(
    file: coco.CocoInstances | coco_panoptic.CocoPanoptic, ctx: JobContext
) -> list[SegmentedImage]:
    found = []
    for number, image in enumerate(file.segmented(), start=1):
        ctx.check_cancelled()
        ctx.emit(Progress(fraction=number / len(file.images), message=image.name))
        found.append(image)
    return found


def _wanted(images: Sequence[CocoImage], job: ImportLabels) -> tuple[CocoImage, ...]:
    """Return the images to import: the one that is meant, or all if they are few."""
    if not images:
        msg = f"{job.source} speaks of no image. Export it again."
        raise InputError(msg)
    if not job.image_name:
        if len(images) > _MOST_IMAGES:
            msg = (
                f"{job.source.name} speaks of {len(images):,} images. Open one of them "
                "and choose it, or make files of all with `segsuite import`."
            )
            raise InputError(msg)
        return tuple(images)
    name = safe_name(job.image_name)
    same = [one for one in images if one.name == name]
    if not same and len(images) == 1:
        same = [images[0]]
    if not same:
        some = ", ".join(one.name for one in images[:5])
        msg = (
            f"{job.source.name} does not speak of an image {name!r}, but of {some}"
            f"{' …' if len(images) > 5 else ''}. Rename the layer, or choose the right "
            "one."
        )
        raise InputError(msg)
    if job.shape and same[0].shape != tuple(job.shape):
        msg = (
            f"{job.source.name} says that {same[0].name!r} has {_times(same[0].shape)} "
            f"pixels, but the image has {_times(job.shape)}. Get both of one version."
        )
        raise InputError(msg)
    return (same[0],)


def _times(shape: Sequence[int]) -> str:
    return " × ".join(f"{size:,}" for size in shape)
