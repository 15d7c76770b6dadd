"""The headline numbers, large."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QBoxLayout, QFrame, QGridLayout, QLabel, QWidget

from napari_segsuite.metrics import Mode
from napari_segsuite.widgets.measure.score_names import lower_is_better, score_text

# Between cards, and around the text in one.
_SPACE = 2
_MARGIN = 2
_COLUMNS = 3

Group = Literal[Mode, "surfaces"]
"""Which numbers: the headline of a mode, or the means of surface scores."""

_NONE = "No value: nothing there can be scored."
_AGREES = "of both outlines that lies within the tolerance\nof the other"
_OBJECTS = "Objects match if their IoU is above 0.5.\n"
# Name in the report, title, what it means.
_CARDS: Mapping[Group, tuple[tuple[str, str, str], ...]] = {
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
    "surfaces": (
        (
            "boundary_f1",
            "Border F1",
            f"Boundary F1: of the parts {_AGREES}, the harmonic mean.",
        ),
        (
            "boundary_iou",
            "Border IoU",
            "Boundary IoU: IoU of the bands along both outlines.",
        ),
        (
            "surface_dice",
            "Surf. Dice",
            f"Surface Dice: the part {_AGREES}.",
        ),
        (
            "hausdorff",
            "Hausdorff",
            "Hausdorff distance: the largest distance from one outline to the other.\n"
            "∞ if a class is in one layer only.",
        ),
        (
            "hausdorff_95",
            "HD 95",
            "Hausdorff distance without the farthest 5 % of each outline.\n"
            "∞ if a class is in one layer only.",
        ),
        (
            "mean_distance",
            "Mean dist.",
            "Mean (symmetric average) surface distance: from outline to outline.\n"
            "∞ if a class is in one layer only.",
        ),
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
    """

    def __init__(self, title: str, tip: str) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._tip = tip
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
        self._size = "x-large"
        self.show_text("–")

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
        # Beside its name there is less room.
        self._size = "medium" if in_line else "x-large"
        self._write()
        self._title.setAlignment(title | to.AlignVCenter)
        self._value.setAlignment(value | to.AlignVCenter)

    def show_text(self, text: str) -> None:
        """Show a number as it is to be read; a dash for none."""
        if text == self._text:
            return
        self._text = text
        self.setToolTip(f"{self._tip}\n{_NONE}" if text == "–" else self._tip)
        self._value.setAccessibleName(f"{self._name} {text}")
        self._write()

    def _write(self) -> None:
        number, _, unit = self._text.partition(" ")
        # Larger than the theme's font, whatever that is: its style sheet would win
        # over a font set here.
        size = f"font-size: {self._size}; font-weight: 600"
        small = f' <span style="font-size: small">{unit}</span>' if unit else ""
        self._value.setText(f'<span style="{size}">{number}</span>{small}')


class Cards(QWidget):
    """The headline numbers of a mode, side by side where there is room."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[Group, dict[str, Card]] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_SPACE)
        self._group: Group = "classes"
        self._columns = 0
        self._arrange(1)

    def text(self, name: str) -> str:
        """Return a number as it is shown, by its name in the report."""
        return self._cards[name].text

    def show_scores(
        self,
        scores: Mapping[str, float] | None = None,
        group: Group | None = None,
        *,
        unit: str = "",
    ) -> None:
        """Show these numbers, dashes where there are none.

        Parameters
        ----------
        scores : mapping of str to float, optional
            `Report.headline`, or surface scores; None for dashes everywhere.
        group : Group, optional
            Which numbers are shown; those of the last call by default.
        unit : str
            Of distances.
        """
        if group is not None and group != self._group:
            for card in self._cards.values():
                card.hide()
            self._group = group
            columns, self._columns = self._columns, 0
            self._arrange(columns)
        values = dict(scores or {})
        for name, card in self._cards.items():
            if name == "count_error":
                card.show_text(_count_error(values))
                continue
            text = score_text(name, values.get(name, math.nan))
            with_unit = unit and lower_is_better(name) and text not in "–∞"
            card.show_text(f"{text} {unit}" if with_unit else text)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the room that one card needs: side by side they need not stay."""
        width = max(card.upright_width for card in self._cards.values())
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Put the cards side by side if they fit."""
        super().resizeEvent(event)
        widest = max(card.upright_width for card in self._cards.values())
        fitting = (event.size().width() + _SPACE) // (widest + _SPACE)
        # As many in each line: three cards never stand as two and one.
        even = (n for n in (_COLUMNS, 2, 1) if len(self._cards) % n == 0)
        self._arrange(next(n for n in even if n <= max(1, fitting)))

    @property
    def _cards(self) -> dict[str, Card]:
        if self._group not in self._made:
            self._made[self._group] = {
                name: Card(title, tip) for name, title, tip in _CARDS[self._group]
            }
        return self._made[self._group]

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


def _count_error(values: Mapping[str, float]) -> str:
    """Say how many objects were found too many, or too few; a dash for unknown."""
    if "true_objects" not in values:
        return "–"
    error = values["predicted_objects"] - values["true_objects"]
    return f"{error:+,.0f}".replace("-", "−")
