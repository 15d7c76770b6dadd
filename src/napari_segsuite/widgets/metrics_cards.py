"""The headline numbers, large."""

from __future__ import annotations

import math

from qtpy.QtCore import Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from napari_segsuite.metrics import OverlapReport

# Below this width in characters the cards stand below each other.
_NARROW = 30


class Card(QFrame):
    """One number with its name.

    Parameters
    ----------
    title : str
        The name of the number.
    tip : str
        What it means.
    """

    def __init__(self, title: str, tip: str) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setToolTip(tip)
        self._title = QLabel(title)
        self._value = QLabel("–")
        font = self._value.font()
        font.setPointSizeF(font.pointSizeF() * 1.7)
        font.setBold(True)
        self._value.setFont(font)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(0)
        for label in (self._title, self._value):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        self._value.setAccessibleName(title)

    @property
    def text(self) -> str:
        """The number as it is shown."""
        return str(self._value.text())

    def show_value(self, value: float) -> None:
        """Show a score in 0 … 1 with three digits; a dash for NaN."""
        self._value.setText("–" if math.isnan(value) else f"{value:.3f}")


class Cards(QWidget):
    """Mean Dice, mean IoU and pixel accuracy, side by side where there is room."""

    def __init__(self) -> None:
        super().__init__()
        self.dice = Card(
            "Mean Dice",
            "Mean over the classes of 2 TP / (2 TP + FP + FN). 1 is perfect.\n"
            "Classes in neither layer are left out.",
        )
        self.iou = Card(
            "Mean IoU",
            "Mean over the classes of TP / (TP + FP + FN), intersection over union.\n"
            "Classes in neither layer are left out.",
        )
        self.accuracy = Card(
            "Accuracy",
            "Pixel accuracy: the part of the scored pixels, background included,\n"
            "on which truth and prediction agree.",
        )
        self._all = (self.dice, self.iou, self.accuracy)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(4)
        self._columns = 0
        self._arrange(1)

    def show_report(self, report: OverlapReport | None) -> None:
        """Show the numbers of `report`; dashes for None."""
        self.dice.show_value(report.mean_dice if report else math.nan)
        self.iou.show_value(report.mean_iou if report else math.nan)
        self.accuracy.show_value(report.pixel_accuracy if report else math.nan)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Put the cards side by side if they fit."""
        super().resizeEvent(event)
        wide = event.size().width() >= _NARROW * self.fontMetrics().averageCharWidth()
        self._arrange(3 if wide else 1)

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for i, card in enumerate(self._all):
            self._grid.addWidget(card, i // columns, i % columns)
