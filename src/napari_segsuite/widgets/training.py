"""The training of a viewer: what was asked for, how it goes, what it shows."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from qtpy.QtCore import QTimer

from napari_segsuite.jobs.events import EpochEnd, Event, PlanReady, Preview
from napari_segsuite.jobs.training import TrainResult, TrainUNet
from napari_segsuite.jobs.unfinished import resumption
from napari_segsuite.plan.unet import UNetPlan
from napari_segsuite.widgets.label_meaning import Learn
from napari_segsuite.widgets.layers import check_same_place
from napari_segsuite.widgets.model_training import ModelTraining
from napari_segsuite.widgets.preview import PreviewLayer
from napari_segsuite.widgets.regions import frame_in_view, leading_index
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.shelf import Shelf
from napari_segsuite.widgets.snapshots import copy, image_source, labels_source, refer
from napari_segsuite.widgets.train_request import TrainRequest
from napari_segsuite.widgets.turns import Turns

_VIEW_SETTLES_MS = 120

_NOTHING_HELD_OUT = {
    "classes": (
        "No painted pixels could be held out, so the Dice is unknown: the curve shows "
        "the loss alone."
    ),
    "objects": (
        "No objects could be held out, so their F1 is unknown: the curve shows the "
        "loss alone."
    ),
}


class Training(ModelTraining):
    """The one training of a viewer; shows its previews as a layer."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.plan: UNetPlan | None = None
        self.preview: PreviewLayer | None = None
        self._learn: Learn = "classes"
        self._request: TrainRequest | None = None
        self._settle = QTimer(session.qt_parent)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_VIEW_SETTLES_MS)
        self._settle.timeout.connect(self._send_view)
        self._turns = Turns(session.qt_parent)

    @property
    def score(self) -> str:
        """What tells how good the network is."""
        return "Dice" if self._learn == "classes" else "F1 of objects"

    def train(self, request: TrainRequest) -> None:
        """Snapshot the layers and train.

        Raises
        ------
        InputError
            If image and painting do not fit together.
        """
        if self.busy:
            return
        prepare = self.preparation(request)
        self._request, self._learn = request, request.learn
        self.plan = None
        self.start(prepare)
        self.preview = PreviewLayer(
            self.session.viewer,
            request.images[0],
            request.axes,
            request.labels,
            request.classes,
            before=self.preview,
        )

    def preparation(
        self, request: TrainRequest, out: Path | None = None
    ) -> Callable[[Callable[[], None]], TrainUNet]:
        """Take what is needed from the layers now; return what makes the job later.

        Parameters
        ----------
        request : TrainRequest
            What is asked for.
        out : Path, optional
            The model folder to make; by default a new one among the models.

        Returns
        -------
        callable
            Copies the arrays, in any thread; takes a function that may raise
            `Cancelled` and returns the job.

        Raises
        ------
        InputError
            If image and painting do not fit together.
        """
        image = image_source(request.images, request.axes)
        check_same_place(request.images[0], request.axes, request.labels)
        labels = labels_source(request.labels, request.axes)
        scratch, library = self.session.scratch, self.session.library

        def prepare(check: Callable[[], None]) -> TrainUNet:
            # The painting first: strokes made from now on belong to the next training.
            painted = (copy(labels, scratch, check=check),)
            images = (refer(image, scratch, check=check),)
            if request.resume and request.start_from is not None:
                begun = resumption(request.start_from)
                return begun.replace(images=images, labels=painted)
            return TrainUNet(
                images=images,
                labels=painted,
                out=out or library.new_folder(request.model_name),
                name=request.model_name,
                start_from=request.start_from,
                classes=request.classes,
                unpainted_is_background=request.unpainted_is_background,
                learn=request.learn,
                annotated=(request.annotated,) if request.annotated else (),
                plan=request.plan,
                training=request.training,
            )

        return prepare

    def load(self, event: Event) -> Any:
        """Read a preview's labels."""
        if not isinstance(event, Preview):
            return None
        return np.load(event.labels.path, allow_pickle=False)

    def on_prepared(self, submit: Callable[[], None]) -> None:
        """Open the preview, draw it, and only then let the worker begin.

        napari takes a while for each, and longer while the worker uses the same
        processors.
        """
        if self.preview is None or self.preview.is_open:
            submit()
        else:
            self._turns.do(self._open_preview, self._draw_preview, submit)

    def on_started(self, job: Any) -> None:
        """Begin a preview and follow the view."""
        super().on_started(job)
        request, viewer = self._request, self.session.viewer
        if request is None or viewer is None:
            return
        self.names = {
            job.images[0].path.name: request.images[0].name,
            job.labels[0].path.name: request.labels.name,
        }
        for event in _moves(viewer):
            event.connect(self._moved)
        self._send_view()

    def on_event(self, event: Event, loaded: Any) -> None:
        """Keep epochs and the plan, show previews."""
        if isinstance(event, EpochEnd):
            score = event.dice if self._learn == "classes" else event.f1
            self.add_epoch(event, score, _NOTHING_HELD_OUT[self._learn])
        elif isinstance(event, PlanReady) and isinstance(event.plan, UNetPlan):
            self.plan = event.plan
            self.changed.emit()
            self._send_view()
        elif isinstance(event, Preview) and self.preview is not None:
            self.preview.show(loaded, event.frame, event.start)

    def on_finished(self, result: TrainResult, loaded: Any) -> str:
        """Tell what was learned; the model is ready to predict."""
        objects = self._learn == "objects"
        if self.preview is not None and not objects:
            self.preview.set_classes(result.classes)
        self.session.model_trained.emit(result.model)
        how = "Stopped" if result.stopped else "Trained"
        held_out = "held-out objects" if objects else "held-out strokes"
        kind = "objects" if objects else "painted pixels"
        value = result.f1 if objects else result.dice
        quality = (
            f"{self.score} {value:.3f} on {held_out}"
            if math.isfinite(value)
            else f"no {self.score}, as no {kind} could be held out for it"
        )
        return (
            f"{how}: {quality}, {result.epochs} epochs in {result.seconds:.0f} s. "
            f"Saved as “{result.model.name}”."
        )

    def on_ended(self) -> None:
        """Stop following the view; let go of the layers."""
        # What was killed may have left a model that can be resumed.
        self.session.shared(Shelf).refresh()
        self._request = None
        if self.preview is not None:
            self.preview.release()
        self._settle.stop()
        viewer = self.session.viewer
        if viewer is not None:
            for event in _moves(viewer):
                event.disconnect(self._moved)

    def _open_preview(self) -> None:
        self.session.freeze(True)
        if self.preview is not None:
            self.preview.open()

    def _draw_preview(self) -> None:
        self.session.freeze(False)

    def _moved(self, _event: object = None) -> None:
        self._settle.start()

    def _send_view(self) -> None:
        """Tell the worker what to preview: the slice in view, and which part of it."""
        request, viewer = self._request, self.session.viewer
        if self.run is None or request is None or viewer is None:
            return
        volumes = request.plan.dimensions == "3d"
        ndim = self.plan.ndim if self.plan else 3 if volumes else 2
        image, axes = request.images[0], request.axes
        view = frame_in_view(viewer, image, axes, ndim) or ()
        wish = {
            "example": 0,
            "frame": list(leading_index(viewer, image, axes, ndim)),
            "view": [list(part) for part in view],
        }
        self.run.control("preview", wish)


def _moves(viewer: Any) -> tuple[Any, ...]:
    """Return the events after which the viewer shows something else."""
    camera = viewer.scene.camera.events
    return viewer.dims.events.point, camera.center, camera.zoom
