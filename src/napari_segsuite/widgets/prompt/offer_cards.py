"""The masks offered for a click, as pictures with their scores, to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from psygnal import Signal
from qtpy.QtCore import QSize
from qtpy.QtGui import QIcon, QImage, QPixmap
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.jobs.prompting import MaskOffer

_CARDS: Final = 3
_SIDE: Final = 28


class OfferCards(QWidget):
    """Three buttons: the shape of each mask, and the IoU that the model expects."""

    picked = Signal(int)
    """The user wants this one of the masks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self.cards = [self._card(number) for number in range(_CARDS)]
        for card in self.cards:
            layout.addWidget(card)
        self._shown: tuple[Any, ...] = ()
        self.show_offers((), 0)

    def show_offers(self, offers: Sequence[MaskOffer], chosen: int) -> None:
        """Show these masks, the best first; one of them is the chosen one."""
        masks = [offer.mask for offer in offers[:_CARDS]]
        if [id(mask) for mask in masks] != [id(mask) for mask in self._shown]:
            self._shown = tuple(masks)
            window = _around(masks)
            for number, card in enumerate(self.cards):
                there = number < len(masks)
                card.setEnabled(there)
                text = f"{offers[number].score:.2f}" if there else "–"
                card.setText(text)
                card.setIcon(
                    self._icon(masks[number], window) if there and window else QIcon()
                )
                card.setToolTip(
                    f"Mask {number + 1}, {masks[number].area:,} pixels: the model "
                    f"expects an IoU of {text}. W goes to the next."
                    if there
                    else "A single click may be meant in several ways; the model "
                    "offers up to three masks."
                )
        for number, card in enumerate(self.cards):
            card.setChecked(number < len(masks) and number == chosen)

    def _card(self, number: int) -> QPushButton:
        card = QPushButton()
        card.setCheckable(True)
        card.setIconSize(QSize(_SIDE, _SIDE))
        card.setMinimumSize(_SIDE + 16, _SIDE + 6)
        card.clicked.connect(lambda: self._on_clicked(number))
        return card

    def _on_clicked(self, number: int) -> None:
        # A button that is pressed again would be released.
        self.cards[number].setChecked(True)
        self.picked.emit(number)

    def _icon(self, mask: MaskRuns, window: tuple[int, int, int]) -> QIcon:
        top, left, side = window
        moved = MaskRuns.model_construct(
            offset=(mask.offset[0] - top, mask.offset[1] - left),
            shape=mask.shape,
            runs=mask.runs,
        )
        whole = moved.on_plane((side, side))
        places = np.arange(_SIDE) * side // _SIDE
        small = whole[np.ix_(places, places)]
        color = self.palette().text().color()
        pixels = np.zeros((_SIDE, _SIDE, 4), np.uint8)
        pixels[small] = (color.blue(), color.green(), color.red(), 255)
        image = QImage(
            pixels.tobytes(), _SIDE, _SIDE, 4 * _SIDE, QImage.Format.Format_ARGB32
        )
        return QIcon(QPixmap.fromImage(image.copy()))


def _around(masks: Sequence[MaskRuns]) -> tuple[int, int, int] | None:
    """Return top, left and side of a square around all masks."""
    seen = [mask for mask in masks if mask.area]
    if not seen:
        return None
    top = min(mask.offset[0] for mask in seen)
    left = min(mask.offset[1] for mask in seen)
    bottom = max(mask.offset[0] + mask.shape[0] for mask in seen)
    right = max(mask.offset[1] + mask.shape[1] for mask in seen)
    side = max(bottom - top, right - left)
    side += max(2, side // 8)
    return (top + bottom - side) // 2, (left + right - side) // 2, side
