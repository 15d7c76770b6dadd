"""The training of a Mask R-CNN: what was asked for, how it goes, what came of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_segsuite.jobs.events import EpochEnd, Event, PlanReady
from napari_segsuite.jobs.instances import (
    DetectorOptions,
    TrainMaskRCNN,
    TrainMaskRCNNResult,
)
from napari_segsuite.jobs.unfinished import resumption
from napari_segsuite.plan.maskrcnn import MaskRCNNChoices, MaskRCNNPlan
from napari_segsuite.widgets.instances.detector_picker import DetectorShelf
from napari_segsuite.widgets.instances.drawn_panel import DrawnObjects
from napari_segsuite.widgets.model_training import ModelTraining
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.snapshots import copy, image_source, labels_source, refer

_NOTHING_HELD_OUT = (
    "No objects could be held out, so it is unknown how well new ones are found: the "
    "curve shows the loss alone."
)


@dataclass(frozen=True)
class LearnRequest:
    """What the user asks for when pressing Train."""

    drawn: DrawnObjects
    """The image and its objects."""
    name: str = ""
    """The model's name; empty takes the image's."""
    start_from: Path | None = None
    """A model folder to fine-tune."""
    resume: bool = False
    """Whether the unfinished training of that model goes on instead, with the options
    with which it began."""
    plan: MaskRCNNChoices = MaskRCNNChoices()
    """What is fixed of the plan."""
    training: DetectorOptions = DetectorOptions()
    """How to train."""

    @property
    def model_name(self) -> str:
        """The name of the model to make."""
        return self.name or f"{self.drawn.images[0].name} objects"


class Learning(ModelTraining):
    """The one training of a Mask R-CNN of a viewer."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.plan: MaskRCNNPlan | None = None
        """What was chosen for the training at hand, or for the last one."""
        self._request: LearnRequest | None = None

    def learn(self, request: LearnRequest) -> None:
        """Snapshot the layers and train.

        Raises
        ------
        InputError
            If the image cannot be used.
        """
        if self.busy:
            return
        drawn = request.drawn
        image = image_source(drawn.images, drawn.axes)
        objects = labels_source(drawn.labels, drawn.axes)
        scratch, library = self.session.scratch, self.session.library
        self._request, self.plan = request, None

        def prepare(check: Callable[[], None]) -> TrainMaskRCNN:
            # The objects first: what is drawn from now on belongs to the next one.
            labels = (copy(objects, scratch, check=check),)
            images = (refer(image, scratch, check=check),)
            if request.resume and request.start_from is not None:
                begun = resumption(request.start_from, TrainMaskRCNN)
                return begun.replace(images=images, labels=labels)
            classes = drawn.classes
            return TrainMaskRCNN(
                images=images,
                labels=labels,
                out=library.new_folder(request.model_name),
                name=request.model_name,
                start_from=request.start_from,
                annotated=(drawn.annotated,) if drawn.annotated else (),
                classes=classes.table,
                object_classes=(dict(classes.of_object),) if classes.table else (),
                plan=request.plan,
                training=request.training,
            )

        self.start(prepare)

    def on_started(self, job: TrainMaskRCNN) -> None:
        """Know the files by their layers' names."""
        super().on_started(job)
        if self._request is not None:
            drawn = self._request.drawn
            self.names = {
                job.images[0].path.name: drawn.images[0].name,
                job.labels[0].path.name: drawn.labels.name,
            }

    def on_event(self, event: Event, loaded: Any) -> None:
        """Keep epochs and the plan."""
        if isinstance(event, EpochEnd):
            self.add_epoch(event, event.f1, _NOTHING_HELD_OUT)
        elif isinstance(event, PlanReady) and isinstance(event.plan, MaskRCNNPlan):
            self.plan = event.plan
            self.changed.emit()

    def on_finished(self, result: TrainMaskRCNNResult, loaded: Any) -> str:
        """Tell what was learned; the model is ready to find objects."""
        self.plan = result.plan
        self.session.model_trained.emit(result.model)
        # The closing words say it.
        self.notices = [one for one in self.notices if one != _NOTHING_HELD_OUT]
        how = "Stopped" if result.stopped else "Trained"
        quality = (
            f"F1 {result.f1:.3f} on held-out objects"
            if math.isfinite(result.f1)
            else "no score, as no objects could be held out for it"
        )
        epochs = "1 epoch" if result.epochs == 1 else f"{result.epochs} epochs"
        return (
            f"{how}: {quality}, {epochs} in {result.seconds:.0f} s. "
            f"Saved as “{result.model.name}”: find objects with it under Find."
        )

    def on_ended(self) -> None:
        """Let go of the layers."""
        # What was killed may have left a model that can be resumed.
        self.session.shared(DetectorShelf).refresh()
        self._request = None
