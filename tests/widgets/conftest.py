"""What the tests of docks share: a runner whose jobs the test carries out itself."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication
from safetensors.numpy import save_file

from napari_segsuite.data.classes import table_of
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.events import Preview
from napari_segsuite.models import library as libraries
from napari_segsuite.models import shipment
from napari_segsuite.models.card import ModelCard
from napari_segsuite.models.library import Library
from napari_segsuite.models.publishing import publish
from napari_segsuite.plan.unet import UNetPlan
from napari_segsuite.runners.base import Run
from napari_segsuite.widgets.session import Session

PLAN = UNetPlan(
    ndim=2,
    channels=1,
    patch_size=(64, 64),
    strides=((1, 1), (2, 2)),
    features=(8, 16),
    batch_size=4,
    normalisation="percentile",
)


class HandRunner:
    """Takes jobs and notes what is asked; the test emits events and ends the runs."""

    def __init__(self) -> None:
        self.runs: list[Run[Any]] = []
        self.asked: list[Any] = []
        self.closed = False

    def submit(self, job, *, on_event=None, on_end=None):
        run = Run(
            job,
            lambda _run, request: self.asked.append(request),
            on_event=on_event,
            on_end=on_end,
        )
        self.runs.append(run)
        run.start()
        return run

    def close(self):
        self.closed = True


@pytest.fixture
def runner():
    return HandRunner()


@pytest.fixture
def viewer():
    """Return a viewer without a window: much faster, and docks need no more."""
    return ViewerModel()


@pytest.fixture
def keep():
    """Return a function that holds a widget to the end and then deletes it here.

    A widget without a window belongs to Python, whose garbage collector may run in
    any thread; in napari docks belong to their window.
    """
    kept = []

    def add(widget):
        kept.append(widget)
        return widget

    yield add
    for widget in kept:
        with suppress(RuntimeError):  # deleted by the test
            widget.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def shipped(tmp_path, monkeypatch) -> Path:
    """Return the folder of models that ship inside, as docks here see it: empty."""
    folder = tmp_path / "shipped"
    monkeypatch.setattr(shipment, "SHIPPED", folder)
    monkeypatch.setattr(libraries, "Library", partial(Library, shipped=folder))
    return folder


@pytest.fixture
def session(viewer, runner, shipped, qapp):
    made = Session(viewer, runner=runner)
    yield made
    made.close()


@pytest.fixture
def own_model_library(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "library"
    monkeypatch.setenv("SEGSUITE_MODELS", str(folder))
    return folder


@pytest.fixture
def shelve():
    """Return a function that publishes a model of one number with a card."""

    def publish_it(folder: Path, kind, unfinished=None, **facts) -> Path:
        def card(weights):
            return kind(
                name=folder.name,
                created=datetime.now(UTC),
                package_version="0",
                architecture={},
                axes="YX",
                weights=weights,
                **facts,
            )

        def write(path, header=None):
            save_file({"w": np.zeros(1, np.float32)}, path, metadata=header)

        def write_unfinished(path):
            write(path, unfinished.header())

        publish(
            folder,
            card,
            write,
            final=unfinished is None,
            write_unfinished=None if unfinished is None else write_unfinished,
        )
        return folder

    return publish_it


@pytest.fixture
def make_model(own_model_library, shelve):
    """Return a function that puts a model without a network on the shelf."""

    def make(
        name="model",
        *,
        plan=PLAN,
        ids=(1, 2),
        unfinished=None,
        objects=None,
        library=own_model_library,
    ):
        facts = {"plan": plan, "classes": table_of(ids), "objects": objects}
        return shelve(library / name, ModelCard, unfinished, **facts)

    return make


@pytest.fixture
def make_preview(tmp_path):
    """Return a function that writes a preview of one frame and its event."""

    def make(labels, frame=(), start=None):
        path = tmp_path / f"preview-{len(list(tmp_path.iterdir()))}.npy"
        np.save(path, labels)
        axes = "YX" if labels.ndim == 2 else "ZYX"
        ref = ArrayRef(path=path, axes=axes)
        return Preview(
            labels=ref,
            start=start or (0,) * labels.ndim,
            example=0,
            frame=frame,
            source="network",
        )

    return make
