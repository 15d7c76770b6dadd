"""The part of the Train dock that is about drawn objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from napari.layers import Labels
from psygnal import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_segsuite.data.drawn_objects import check_objects
from napari_segsuite.data.painted import PaintingSurvey
from napari_segsuite.data.segments import LARGEST_ID
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.training import Box
from napari_segsuite.widgets.annotated_region import AnnotatedRegion
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.dock import add_field, button, form, plain_label
from napari_segsuite.widgets.layers import full_resolution


class ObjectsPanel(QWidget):
    """Says how many objects are drawn, and where all of them are.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose Shapes layers are offered.
    """

    changed = Signal()
    """The annotated region is another."""
    next_pressed = Signal()
    """The user wants to draw the next object."""

    def __init__(self, viewer: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.region = AnnotatedRegion(viewer)
        self.count = plain_label("Objects in the Labels layer.")
        self.next = button(
            "Next object", "Draw with the next free id.", self.next_pressed.emit
        )
        fields = form()
        add_field(
            fields,
            "Complete in",
            "Where every object is drawn: what is not drawn there is learned as "
            "background.",
            self.region,
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (self.count, self.next):
            layout.addWidget(widget)
        layout.addLayout(fields)
        self._connections = Connections(self)
        self._connections.add(self.region.changed, self.changed.emit)

    def show_survey(self, survey: PaintingSurvey | None) -> None:
        """Say what is drawn."""
        if survey is None:
            self.count.setText("")
            return
        self.region.suit(len(survey.frames_painted))
        objects, slices = len(survey.counts), sum(survey.frames_painted)
        self.region.suit(len(survey.frames_painted))
        text = f"{objects:,} {'object' if objects == 1 else 'objects'}"
        if len(survey.frames_painted) > 1:
            text += f" on {slices:,} of {len(survey.frames_painted):,} slices"
        self.count.setText(text)

    def boxes(self, survey: PaintingSurvey, labels: Labels) -> tuple[Box, ...]:
        """Return the annotated boxes; none stand for the slices with objects.

        Raises
        ------
        InputError
            If objects cannot be learned from, or the rectangles cannot be used.
        """
        check_objects(survey)
        return self.region.boxes(labels)


def next_object(layer: Labels, counts: Mapping[int, int]) -> int:
    """Return the id of the next object to draw.

    Raises
    ------
    InputError
        If the layer cannot hold it.
    """
    label = max(int(layer.selected_label), *counts, 0) + 1
    dtype = np.dtype(full_resolution(layer).dtype)
    most = 1 if dtype.kind == "b" else min(LARGEST_ID, int(np.iinfo(dtype).max))
    if label > most:
        msg = (
            f"“{layer.name}” holds ids up to {most:,} ({dtype}). Press New for a "
            "layer that holds more."
        )
        raise InputError(msg)
    return label
