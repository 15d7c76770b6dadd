"""The headline numbers, large."""

from __future__ import annotations

import math

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QBoxLayout, QFrame, QGridLayout, QLabel, QWidget

# Between cards, and around the text in one.
_SPACE = 2
_MARGIN = 2


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
        self._value = QLabel()
        self._value.setTextFormat(Qt.TextFormat.RichText)
        self._text = ""
        self._layout = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._layout.setContentsMargins(_MARGIN, 2, _MARGIN, 2)
        self._layout.setSpacing(0)
        self._layout.addWidget(self._title)
        self._layout.addWidget(self._value)
        self._name = title
        self.show_value(math.nan)

    @property
    def text(self) -> str:
        """The number as it is shown."""
        return self._text

    @property
    def upright_width(self) -> int:
        """The room that the number needs below its name."""
        texts = (self._title, self._value)
        return int(max(label.sizeHint().width() for label in texts)) + 2 * _MARGIN

    def lay_out(self, *, in_line: bool) -> None:
        """Put the number beside its name, or below it."""
        direction = QBoxLayout.Direction
        self._layout.setDirection(
            direction.LeftToRight if in_line else direction.TopToBottom
        )
        to = Qt.AlignmentFlag
        title, value = (
            (to.AlignLeft, to.AlignRight) if in_line else (to.AlignHCenter,) * 2
        )
        self._title.setAlignment(title | to.AlignVCenter)
        self._value.setAlignment(value | to.AlignVCenter)

    def show_value(self, value: float) -> None:
        """Show a score in 0 … 1 with three digits; a dash for NaN."""
        self._text = "–" if math.isnan(value) else f"{value:.3f}"
        # Larger than the theme's font, whatever that is: its style sheet would win
        # over a font set here.
        size = "font-size: x-large; font-weight: 600"
        self._value.setText(f'<span style="{size}">{self._text}</span>')
        self._value.setAccessibleName(f"{self._name} {self._text}")


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
        self._grid.setSpacing(_SPACE)
        self._columns = 0
        self._arrange(1)

    def show_scores(
        self,
        dice: float = math.nan,
        iou: float = math.nan,
        accuracy: float = math.nan,
    ) -> None:
        """Show these numbers; dashes for NaN."""
        for card, value in zip(self._all, (dice, iou, accuracy), strict=True):
            card.show_value(value)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the room that one card needs: side by side they need not stay."""
        width = max(card.upright_width for card in self._all)
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Put the cards side by side if they fit."""
        super().resizeEvent(event)
        needed = sum(card.upright_width for card in self._all) + 2 * _SPACE
        self._arrange(3 if event.size().width() >= needed else 1)

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for i, card in enumerate(self._all):
            card.lay_out(in_line=columns == 1)
            self._grid.addWidget(card, i // columns, i % columns)
