"""A score along a stack: slice by slice, or frame by frame."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_segsuite.metrics import SliceScores
from napari_segsuite.widgets.dock import plain_label
from napari_segsuite.widgets.measure.plot import Curve, Plot
from napari_segsuite.widgets.measure.score_names import score_text, title
from napari_segsuite.widgets.measure.score_picker import ScorePicker

# With more slices than this, points run into each other.
_MOST_POINTS = 60


class SliceCurve(QWidget):
    """A curve over the slices; a click or an arrow key asks for a slice.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose theme gives the colours.
    parent : QWidget, optional
        The Qt parent.
    """

    slice_picked = Signal(int)
    """The user wants to see the slice with this index."""

    def __init__(self, viewer: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scores: SliceScores | None = None
        self._axis_name = "Z"
        self._current: int | None = None
        self.picker = ScorePicker("The score that is drawn slice by slice.")
        self.plot = Plot(
            viewer, "Each slice's score. Click to go there; arrow keys step."
        )
        self.words = plain_label("The worst slice, and the one that is shown.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.picker)
        # It grows before the empty room below does.
        layout.addWidget(self.plot, 100)
        layout.addWidget(self.words)
        layout.addStretch(1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.picker.chosen.connect(self._draw)
        self.plot.clicked.connect(self._clicked)
        self._draw()

    def show_slices(self, scores: SliceScores | None, axis_name: str = "Z") -> None:
        """Show these scores; without any, or with one slice, say what is needed.

        Parameters
        ----------
        scores : SliceScores or None
            One row per slice.
        axis_name : str
            What people call the axis.
        """
        several = scores is not None and len(scores.values) > 1
        self._scores = scores if several else None
        self._axis_name = axis_name
        if scores is not None and several:
            self.picker.offer(scores.names)
        self._draw()

    def show_current(self, index: int | None) -> None:
        """Mark the slice that the viewer shows; None if it lies outside."""
        self._current = index
        self.plot.show_mark(index)
        self._say()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Go to the next or the last slice with the arrow keys."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(event.key())
        if step is None or self._scores is None:
            super().keyPressEvent(event)
            return
        self._pick(0 if self._current is None else self._current + step)

    def _clicked(self, x: float) -> None:
        self.setFocus()
        self._pick(round(x))

    def _pick(self, index: int) -> None:
        if self._scores is not None:
            last = len(self._scores.values) - 1
            self.slice_picked.emit(min(max(index, 0), last))

    def _draw(self, _score: str = "") -> None:
        self.picker.setVisible(self._scores is not None)
        curve = None
        if self._scores is not None:
            values = self._scores.column(self.picker.score)
            curve = Curve(
                np.arange(values.size, dtype=np.float64),
                values,
                x_name=self._axis_name,
                points=values.size <= _MOST_POINTS,
                whole_steps=True,
            )
        self.plot.show_curve(curve)
        self._say()

    def _say(self) -> None:
        if self._scores is None:
            self.words.setText(
                "Here stands a curve over the slices. Score a whole stack or a time "
                "series to see it."
            )
            return
        name = self.picker.score
        values = self._scores.column(name)
        parts = []
        if self._current is not None and 0 <= self._current < values.size:
            here = score_text(name, values[self._current])
            parts.append(f"{self._axis_name} = {self._current}: {here}.")
        scored = np.isfinite(values)
        if not scored.any():
            parts.append(f"No slice has a {title(name)}.")
        elif not math.isclose(np.nanmin(values), np.nanmax(values)):
            low, high = int(np.nanargmin(values)), int(np.nanargmax(values))
            parts.append(
                f"Lowest {score_text(name, values[low])} at {low}, highest "
                f"{score_text(name, values[high])} at {high}."
            )
        self.words.setText(" ".join(parts))
