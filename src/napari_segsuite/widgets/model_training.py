"""What the trainings of a viewer share: their epochs, and what becomes of the model."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from psygnal import Signal

from napari_segsuite.errors import StorageError
from napari_segsuite.jobs.base import Job
from napari_segsuite.jobs.events import EpochEnd
from napari_segsuite.jobs.instances import TrainMaskRCNN
from napari_segsuite.jobs.training import TrainUNet
from napari_segsuite.models.publishing import discard
from napari_segsuite.widgets.activity import Activity
from napari_segsuite.widgets.session import Session


class ModelTraining(Activity):
    """A training that makes a model folder."""

    epoch_ended = Signal()
    """`epochs` has grown, or begins anew."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.epochs: list[EpochEnd] = []
        """The epochs of the training at hand, or of the last one."""
        self._job: TrainUNet | TrainMaskRCNN | None = None

    def start(self, prepare: Callable[[Callable[[], None]], Job[Any]]) -> None:
        """Prepare a job in a thread and submit it; its epochs begin anew."""
        if self.busy:
            return
        self.epochs, self._job = [], None
        self.epoch_ended.emit()
        super().start(prepare)

    def on_started(self, job: Any) -> None:
        """Know which model is made."""
        self._job = job

    def add_epoch(self, epoch: EpochEnd, score: float, nothing_held_out: str) -> None:
        """Add an epoch.

        Parameters
        ----------
        epoch : EpochEnd
            The epoch.
        score : float
            How good the network was; NaN if nothing could be held out.
        nothing_held_out : str
            What is said then.
        """
        if not self.epochs and math.isnan(score):
            self.notices.append(nothing_held_out)
            self.changed.emit()
        self.epochs.append(epoch)
        self.epoch_ended.emit()

    def on_cancelled(self) -> str:
        """Remove the model that was begun; one that was resumed stays."""
        job = self._job
        if job is None:
            return super().on_cancelled()
        if job.resume:
            return f"Cancelled; “{job.out.name}” can be resumed as it was saved last."
        try:
            discard(job.out)
        except StorageError as error:
            return f"Cancelled, but the model that was begun is still there: {error}"
        return super().on_cancelled()
