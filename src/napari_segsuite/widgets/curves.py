"""Live curves of a training: loss, and the score on what was held out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from napari.utils.theme import get_theme
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_segsuite.jobs.events import EpochEnd
from napari_segsuite.widgets.connections import Connections

_HEIGHT: Final = 150


class Curves(QWidget):
    """Two stacked plots over the seconds of a training.

    pyqtgraph is imported with the first plot only: it takes a good part of a second,
    which opening a dock must not cost. Load it in a thread before.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose theme gives the colours.
    """

    def __init__(self, viewer: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._epochs: Sequence[EpochEnd] = ()
        self._score = ""
        self._plots: _Plots | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.setFixedHeight(_HEIGHT)
        self._connections = Connections(self)
        self._connections.add_soon((viewer.events.theme,), self._draw)
        self.hide()

    def build(self) -> None:
        """Make the empty plots, so that the first epoch need not."""
        self._built()

    def show_epochs(self, epochs: Sequence[EpochEnd], score: str = "Dice") -> None:
        """Draw these epochs; nothing is shown before the first.

        Parameters
        ----------
        epochs : sequence of EpochEnd
            The epochs so far.
        score : str, optional
            What it is called: Dice, or the F1 of objects where that is told.
        """
        self._epochs = tuple(epochs)
        self._score = score
        self.setToolTip(f"Training loss and {score} on what was held out, over time.")
        self.setVisible(bool(epochs))
        self._draw()

    def _draw(self) -> None:
        if not self._epochs:
            return
        theme = get_theme(self._viewer.theme)
        text, accent = theme.text.as_hex(), theme.current.as_hex()
        self._built().draw(self._epochs, self._score, text, accent)

    def _built(self) -> _Plots:
        if self._plots is None:
            self._plots = _Plots()
            self.layout().addWidget(self._plots.widget)
        return self._plots


class _Plots:
    def __init__(self) -> None:
        import pyqtgraph as pg

        self.widget = pg.GraphicsLayoutWidget()
        self.widget.setBackground(None)
        self.widget.setMinimumSize(60, 60)
        self.widget.ci.layout.setContentsMargins(0, 0, 0, 0)
        # Room for the lowest number of one plot above the highest of the other.
        self.widget.ci.layout.setSpacing(8)
        self._pen = pg.mkPen
        self._dice = self.widget.addPlot(row=0, col=0)
        self._loss = self.widget.addPlot(row=1, col=0)
        self._loss.setXLink(self._dice)
        self._lines: dict[Any, Any] = {}
        for plot, name in ((self._dice, "Dice"), (self._loss, "loss")):
            plot.setLabel("left", name)
            plot.setMenuEnabled(False)
            plot.hideButtons()
            plot.setMouseEnabled(False, False)
            plot.getAxis("left").setWidth(44)
            plot.getAxis("left").enableAutoSIPrefix(False)
            self._lines[plot] = plot.plot([], [])
        self._dice.getAxis("bottom").setStyle(showValues=False)
        self._dice.setYRange(0.0, 1.0)
        self._loss.getAxis("bottom").setHeight(18)

    def draw(
        self, epochs: Sequence[EpochEnd], score: str, text: str, accent: str
    ) -> None:
        seconds = [epoch.seconds for epoch in epochs]
        dice = [e.dice if math.isnan(e.f1) else e.f1 for e in epochs]
        # The axis has no room for more than a word.
        self._dice.setLabel("left", score.split()[0])
        self._dice.setVisible(any(math.isfinite(value) for value in dice))
        for plot, values in (
            (self._dice, dice),
            (self._loss, [e.loss for e in epochs]),
        ):
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(self._pen(text))
                plot.getAxis(side).setTextPen(self._pen(text))
            self._lines[plot].setData(
                seconds, values, pen=self._pen(accent, width=2), connect="finite"
            )
