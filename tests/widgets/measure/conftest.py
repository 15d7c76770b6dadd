"""What the tests of the Metrics dock share: an evaluation, and a contender."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyqtgraph  # noqa: F401 - there from the start, so that plots draw at once
import pytest

from napari_segsuite.metrics import score_table
from napari_segsuite.widgets.measure.bench import Contender
from napari_segsuite.widgets.measure.history import Evaluation

START = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
TRUE = np.array([[0, 1, 1, 0]])


@pytest.fixture(scope="session")
def evaluation():
    """Return a function that makes an evaluation some seconds after the first."""

    def make(seconds=0.0, dice=0.5, **changes):
        made = Evaluation(
            time=START + timedelta(seconds=seconds),
            truth="truth",
            prediction="guess",
            mode="classes",
            scope="whole",
            where="Whole image",
            painted_share=0.02,
            scores={"mean_dice": dice},
        )
        return replace(made, **changes)

    return make


@pytest.fixture(scope="session")
def contender():
    """Return a function that makes a contender of a prediction of four pixels."""

    def make(name, prediction):
        return Contender(
            key=name,
            name=name,
            truth=TRUE,
            prediction=np.array(prediction),
            score=score_table,
            where="Whole image",
        )

    return make
