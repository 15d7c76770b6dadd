"""Live curves of a training: loss, and Dice on held-out painted pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_segsuite.jobs.events import EpochEnd

_HEIGHT: Final = 150


class Curves(QWidget):
    """Two stacked plots over the seconds of a training.

    pyqtgraph is imported with the first plot only: it takes a good part of a second,
    which opening a dock must not cost. Call `load` in a thread before.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plots: _Plots | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.setFixedHeight(_HEIGHT)
        self.setToolTip("Training loss and Dice on held-out painted pixels, over time.")
        self.hide()

    @staticmethod
    def load() -> None:
        """Import what drawing needs; in a thread, so that nobody waits for it."""
        import pyqtgraph  # noqa: F401

    def show_epochs(self, epochs: Sequence[EpochEnd]) -> None:
        """Draw these epochs; nothing is shown before the first."""
        self.setVisible(bool(epochs))
        if not epochs:
            return
        if self._plots is None:
            self._plots = _Plots()
            self.layout().addWidget(self._plots.widget)
        self._plots.draw(epochs, self.palette())


class _Plots:
    def __init__(self) -> None:
        import pyqtgraph as pg

        self.widget = pg.GraphicsLayoutWidget()
        self.widget.setBackground(None)
        self.widget.ci.layout.setContentsMargins(0, 0, 0, 0)
        self.widget.ci.layout.setSpacing(0)
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
            self._lines[plot] = plot.plot([], [])
        self._dice.getAxis("bottom").setStyle(showValues=False)
        self._dice.setYRange(0.0, 1.0)
        self._loss.getAxis("bottom").setHeight(18)

    def draw(self, epochs: Sequence[EpochEnd], palette: Any) -> None:
        text, accent = palette.text().color(), palette.highlight().color()
        seconds = [epoch.seconds for epoch in epochs]
        dice = [epoch.dice for epoch in epochs]
        self._dice.setVisible(any(math.isfinite(value) for value in dice))
        for plot, values in ((self._dice, dice), (self._loss, [e.loss for e in epochs])):
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(self._pen(text))
                plot.getAxis(side).setTextPen(self._pen(text))
            self._lines[plot].setData(
                seconds, values, pen=self._pen(accent, width=2), connect="finite"
            )
