"""The history of evaluations as a curve, over time or over what was painted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from napari.utils.notifications import show_error
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtWidgets import QComboBox, QFileDialog, QVBoxLayout, QWidget

from napari_segsuite.data.atomic import atomic_file
from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.widgets.dock import button, plain_label, row
from napari_segsuite.widgets.measure.history import (
    Evaluation,
    History,
    progress_sentence,
)
from napari_segsuite.widgets.measure.plot import Curve, Plot
from napari_segsuite.widgets.measure.score_names import score_text, title
from napari_segsuite.widgets.measure.score_picker import ScorePicker

_TIME, _PAINTED = range(2)
_NARROWEST = 60


class HistoryView(QWidget):
    """Draws the evaluations that can be compared with the newest one.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose theme gives the colours.
    history : History
        What is drawn; call `refresh` when it has changed.
    parent : QWidget, optional
        The Qt parent.
    """

    cleared = Signal()
    """The user has emptied the history."""

    def __init__(
        self, viewer: Any, history: History, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._history = history
        self._line: Sequence[Evaluation] = ()
        self._looked_at: int | None = None
        self.picker = ScorePicker("The score that is drawn.")
        self.over = QComboBox()
        self.over.addItems(["time", "painted part"])
        self.over.setMinimumContentsLength(4)
        self.over.setMinimumWidth(_NARROWEST)
        self.over.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.over.setToolTip(
            "Draw the score over the minutes, or over the part of the pixels that was "
            "painted."
        )
        self.plot = Plot(
            viewer,
            "One point per evaluation, a large one where a new prediction came.\n"
            "Click on one to read it.",
        )
        self.words = plain_label()
        self.export_button = button(
            "Export…", "Save all evaluations of this session as CSV", self._ask
        )
        self.clear_button = button("Clear", "Forget all evaluations", self._clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row(self.picker, self.over))
        # It grows before the empty room below does.
        layout.addWidget(self.plot, 100)
        layout.addWidget(self.words)
        layout.addStretch(1)
        layout.addLayout(row(self.export_button, self.clear_button))
        self.picker.chosen.connect(self._draw)
        self.over.currentIndexChanged.connect(self._draw)
        self.plot.clicked.connect(self._clicked)
        self.refresh()

    def refresh(self) -> None:
        """Draw the history as it is now."""
        self._line = self._history.line()
        self._looked_at = None
        if self._line:
            self.picker.offer(list(self._line[-1].scores))
        for widget in (self.picker, self.over):
            widget.setVisible(bool(self._line))
        for widget in (self.export_button, self.clear_button):
            widget.setEnabled(bool(self._history.evaluations))
        self._draw()

    def export(self, path: Path) -> None:
        """Write all evaluations to a .csv file; replaces it.

        Raises
        ------
        InputError
            If there are none, or the suffix is another one.
        StorageError
            If the file cannot be written.
        """
        if not self._history.evaluations:
            msg = "There are no evaluations to export yet. Score two layers first."
            raise InputError(msg)
        if path.suffix.lower() != ".csv":
            msg = f"{path.name} must end in .csv, the format of the history."
            raise InputError(msg)
        with atomic_file(path, overwrite=True) as temporary:
            temporary.write_text(self._history.to_csv(), encoding="utf-8")

    def _draw(self, _choice: object = None) -> None:
        score = self.picker.score
        self.plot.show_mark(None)
        curve = None
        if self._line:
            over_time = self.over.currentIndex() == _TIME
            curve = Curve(
                self._places(),
                np.array([one.scores.get(score, math.nan) for one in self._line]),
                x_name="minutes" if over_time else "painted, %",
                points=True,
                large=_first_of_each(self._line),
            )
        self.plot.show_curve(curve)
        self._say()

    def _places(self) -> NDArray[np.float64]:
        """Return where the evaluations of the line lie along the horizontal axis."""
        if self.over.currentIndex() == _PAINTED:
            shares = np.array([one.painted_share for one in self._line])
            # What is no painting is known as a whole.
            return np.asarray(100 * np.nan_to_num(shares, nan=1.0))
        start = self._line[0].time
        return np.array([(one.time - start).total_seconds() / 60 for one in self._line])

    def _clicked(self, x: float) -> None:
        places = self._places()
        self._looked_at = int(np.abs(places - x).argmin())
        self.plot.show_mark(float(places[self._looked_at]))
        self._say()

    def _say(self) -> None:
        if not self._line:
            self.words.setText(
                "Every evaluation of this session is kept here. Score two layers, and "
                "paint or predict anew, to see whether it helped."
            )
            return
        score = self.picker.score
        if self._looked_at is None:
            self.words.setText(progress_sentence(self._line, score))
            return
        self.words.setText(_described(self._line[self._looked_at], score))

    def _clear(self) -> None:
        self._history.clear()
        self.refresh()
        self.cleared.emit()

    def _ask(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, "Export the history", "history.csv", "Table (*.csv)"
        )
        if not path:
            return
        try:
            self.export(Path(path if Path(path).suffix else f"{path}.csv"))
        except SegsuiteError as error:
            show_error(str(error))


def _first_of_each(line: Sequence[Evaluation]) -> list[int]:
    """Return where another prediction came than the one before."""
    return [
        i for i, one in enumerate(line) if i == 0 or one.subject != line[i - 1].subject
    ]


def _described(one: Evaluation, score: str) -> str:
    value = score_text(score, one.scores.get(score, math.nan))
    clock = f"{one.time.astimezone():%H:%M:%S}"
    parts = [f"{clock}: {title(score)} {value}", f"“{one.prediction}”", one.where]
    if one.model and one.model not in one.prediction:
        parts.insert(2, f"model {one.model}")
    if not math.isnan(one.painted_share):
        parts.append(f"painted {100 * one.painted_share:.2g}\N{NO-BREAK SPACE}%")
    return ", ".join(part for part in parts if part) + "."
