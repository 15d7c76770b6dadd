"""The headline numbers, large."""

from __future__ import annotations

import math
from collections.abc import Mapping

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QBoxLayout, QFrame, QGridLayout, QLabel, QWidget

from napari_segsuite.metrics import Mode

# Between cards, and around the text in one.
_SPACE = 2
_MARGIN = 2
_COLUMNS = 3

_OBJECTS = "Objects match if their IoU is above 0.5.\n"
# Name in the report, title, what it means.
_CARDS: Mapping[Mode, tuple[tuple[str, str, str], ...]] = {
    "classes": (
        (
            "mean_dice",
            "Mean Dice",
            "Mean over the classes of 2 TP / (2 TP + FP + FN). 1 is perfect.\n"
            "Classes in neither layer are left out.",
        ),
        (
            "mean_iou",
            "Mean IoU",
            "Mean over the classes of TP / (TP + FP + FN), intersection over union.\n"
            "Classes in neither layer are left out.",
        ),
        (
            "pixel_accuracy",
            "Accuracy",
            "Pixel accuracy: the part of the scored pixels, background included,\n"
            "on which truth and prediction agree.",
        ),
    ),
    "instances": (
        ("f1", "F1", f"{_OBJECTS}2 TP / (2 TP + FP + FN) of objects. 1 is perfect."),
        (
            "average_precision",
            "AP 0.5",
            f"{_OBJECTS}Average precision as StarDist and Cellpose state it:\n"
            "TP / (TP + FP + FN) of objects.",
        ),
        (
            "mean_average_precision",
            "Mean AP",
            "Mean of AP over the IoU thresholds 0.5, 0.55 … 0.95.",
        ),
        (
            "panoptic_quality",
            "PQ",
            f"{_OBJECTS}Panoptic quality: mean IoU of the matches times F1.",
        ),
        (
            "aggregated_jaccard",
            "AJI",
            "Aggregated Jaccard index: common pixels of all true objects and their\n"
            "best partners, over their joint pixels and those of unused predictions.",
        ),
        (
            "count_error",
            "Count error",
            "Predicted minus true objects: positive if too many were found.",
        ),
    ),
    "panoptic": (
        ("pq", "PQ", "Panoptic quality SQ × RQ, mean over the classes. 1 is perfect."),
        ("sq", "SQ", "Segmentation quality: mean IoU of segments that match."),
        ("rq", "RQ", "Recognition quality: F1 of segments."),
        ("mean_dice", "Mean Dice", "Mean over the classes, pixel by pixel."),
        ("mean_iou", "Mean IoU", "Mean over the classes, pixel by pixel."),
        ("pixel_accuracy", "Accuracy", "Part of the pixels whose class is right."),
    ),
}


class Card(QFrame):
    """One number with its name.

    Parameters
    ----------
    title : str
        The name of the number.
    tip : str
        What it means.
    whole : bool
        Whether it is a difference of counts rather than a score in 0 … 1.
    """

    def __init__(self, title: str, tip: str, *, whole: bool = False) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setToolTip(tip)
        self._whole = whole
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
        shown = f"{value:+,.0f}" if self._whole else f"{value:.3f}"
        text = "–" if math.isnan(value) else shown.replace("-", "−")
        if text == self._text:
            return
        self._text = text
        # Larger than the theme's font, whatever that is: its style sheet would win
        # over a font set here.
        size = "font-size: x-large; font-weight: 600"
        self._value.setText(f'<span style="{size}">{text}</span>')
        self._value.setAccessibleName(f"{self._name} {text}")


class Cards(QWidget):
    """The headline numbers of a mode, side by side where there is room."""

    def __init__(self) -> None:
        super().__init__()
        self._all: dict[Mode, dict[str, Card]] = {
            mode: {
                name: Card(title, tip, whole=name == "count_error")
                for name, title, tip in specs
            }
            for mode, specs in _CARDS.items()
        }
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_SPACE)
        for cards in self._all.values():
            for card in cards.values():
                card.setParent(self)
                card.hide()
        self._mode: Mode = "classes"
        self._columns = 0
        self._arrange(1)

    def text(self, name: str) -> str:
        """Return a number as it is shown, by its name in the report."""
        return self._cards[name].text

    def show_scores(
        self, headline: Mapping[str, float] | None = None, mode: Mode | None = None
    ) -> None:
        """Show these numbers, dashes where there are none.

        Parameters
        ----------
        headline : mapping of str to float, optional
            `Report.headline`; None for dashes everywhere.
        mode : Mode, optional
            Whose numbers are shown; the last one by default.
        """
        if mode is not None and mode != self._mode:
            for card in self._cards.values():
                card.hide()
            self._mode = mode
            columns, self._columns = self._columns, 0
            self._arrange(columns)
        values = dict(headline or {})
        if "true_objects" in values:
            error = values["predicted_objects"] - values["true_objects"]
            values["count_error"] = error
        for name, card in self._cards.items():
            card.show_value(values.get(name, math.nan))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the room that one card needs: side by side they need not stay."""
        width = max(card.upright_width for card in self._cards.values())
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Put the cards side by side if they fit."""
        super().resizeEvent(event)
        widest = max(card.upright_width for card in self._cards.values())
        needed = _COLUMNS * widest + (_COLUMNS - 1) * _SPACE
        self._arrange(_COLUMNS if event.size().width() >= needed else 1)

    @property
    def _cards(self) -> dict[str, Card]:
        return self._all[self._mode]

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for i, card in enumerate(self._cards.values()):
            card.lay_out(in_line=columns == 1)
            self._grid.addWidget(card, i // columns, i % columns)
            card.show()
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, int(column < columns))
