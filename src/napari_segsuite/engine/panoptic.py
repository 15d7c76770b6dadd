"""The handler of `PredictPanoptic`: two models on one image, merged."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from napari_segsuite.data.atomic import refuse_existing
from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.segments import table_path
from napari_segsuite.engine import predict_unet
from napari_segsuite.engine.maskrcnn import detection
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import Event, Progress
from napari_segsuite.jobs.instances import DetectInstances, DetectOptions
from napari_segsuite.jobs.merging import merge_labels
from napari_segsuite.jobs.panoptic import (
    MergePanoptic,
    PanopticResult,
    PredictPanoptic,
)
from napari_segsuite.jobs.prediction import Predict
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.kinds import as_unet
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard

T = TypeVar("T")

# The part of the time that each of the two predictions takes; merging has the rest.
_PART = 0.45


@dataclass(frozen=True, slots=True)
class _Part:
    """What a handler sees that does a part of the job: a `JobContext`."""

    whole: JobContext
    scratch: Path
    start: float
    share: float
    label: str

    def emit(self, event: Event) -> None:
        if isinstance(event, Progress):
            # How long the other parts take is not known yet.
            event = Progress(
                fraction=self.start + self.share * event.fraction,
                message=f"{self.label}: {event.message}",
            )
        self.whole.emit(event)

    def check_cancelled(self) -> None:
        self.whole.check_cancelled()

    def stop_requested(self) -> bool:
        return self.whole.stop_requested()

    def control(self, name: str) -> Any:
        return self.whole.control(name)

    def cached(self, key: Hashable, make: Callable[[], T]) -> T:
        return self.whole.cached(key, make)


@dataclass(frozen=True, slots=True)
class _Objects:
    """Objects that were found."""

    labels: ArrayRef
    table: Path | None
    classes: ClassTable


def predict(job: PredictPanoptic, ctx: JobContext) -> PanopticResult:
    """Predict classes, then objects, and merge them by `data.panoptic`.

    Raises
    ------
    ModelFolderError
        If a model is missing, damaged, or of a kind that cannot do its part.
    InputError
        If the image does not fit a model, the first learned objects or the second
        classes, or the classes of objects are not in the class table.
    StorageError
        If an output exists or cannot be written.
    Cancelled
        If the job was cancelled; nothing is left of the outputs.
    """
    started = time.monotonic()
    for path in (job.out, table_path(job.out)):
        refuse_existing(path)
    if as_unet(read_card(job.model), job.model).objects is not None:
        msg = (
            f"The model {job.model.name} learned objects, but a model of classes is "
            "needed first. Choose one that learned classes, such as background and "
            "tissue."
        )
        raise InputError(msg)
    with ExitStack() as stack:
        semantic = _scratch_file(ctx, stack, "semantic.npy")
        options = job.options.replace(readout="semantic")
        classes = predict_unet.predict(
            Predict(
                model=job.model,
                image=job.image,
                out=semantic,
                region=job.region,
                options=options,
            ),
            _Part(ctx, ctx.scratch, 0.0, _PART, "Classes"),
        )
        part = _Part(ctx, ctx.scratch, _PART, _PART, "Objects")
        found = _objects(job, part, stack)
        result = merge_labels(
            MergePanoptic(
                semantic=classes.labels,
                instances=found.labels,
                table=found.table,
                classes=job.classes or classes.classes,
                object_classes=found.classes,
                object_class=job.object_class,
                out=job.out,
                options=job.merging,
            ),
            _Part(ctx, ctx.scratch, 2 * _PART, 1 - 2 * _PART, "Segments"),
        )
    return result.replace(seconds=time.monotonic() - started)


def _objects(job: PredictPanoptic, ctx: JobContext, stack: ExitStack) -> _Objects:
    """Find objects with whatever kind of model the second is."""
    out = _scratch_file(ctx, stack, "objects.npy")
    _scratch_file(ctx, stack, "objects.csv")
    card = read_card(job.objects)
    readout: Literal["instances"] = "instances"
    if isinstance(card, MaskRCNNCard):
        detected = detection.detect(
            DetectInstances(
                model=job.objects,
                image=job.image,
                out=out,
                detections=_scratch_file(ctx, stack, "detections.npz"),
                region=job.region,
                options=DetectOptions(
                    tile_size=job.options.tile_size, device=job.options.device
                ),
            ),
            ctx,
        )
        return _Objects(detected.labels, detected.table, detected.classes)
    if as_unet(card, job.objects).objects is None:
        msg = (
            f"The model {job.objects.name} learned classes, but a model that finds "
            "objects is needed here: a U-Net trained on objects, or a Mask R-CNN."
        )
        raise InputError(msg)
    predicted = predict_unet.predict(
        Predict(
            model=job.objects,
            image=job.image,
            out=out,
            region=job.region,
            options=job.options.replace(readout=readout),
        ),
        ctx,
    )
    return _Objects(predicted.labels, predicted.table, predicted.classes)


def _scratch_file(ctx: JobContext, stack: ExitStack, name: str) -> Path:
    path = ctx.scratch / f"panoptic-{name}"
    path.unlink(missing_ok=True)
    stack.callback(path.unlink, missing_ok=True)
    return path
