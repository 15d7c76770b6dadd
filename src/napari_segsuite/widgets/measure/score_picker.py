"""Choose one score of several by its name."""

from __future__ import annotations

from collections.abc import Sequence

from psygnal import Signal
from qtpy.QtWidgets import QComboBox, QWidget

from napari_segsuite.widgets.measure.score_names import title

_NARROWEST = 60


class ScorePicker(QComboBox):
    """A list of scores; keeps the user's choice for as long as it is offered.

    Parameters
    ----------
    tip : str
        The tooltip: what the choice is for.
    parent : QWidget, optional
        The Qt parent.
    """

    chosen = Signal(str)
    """Another score is chosen, by the user or because the last one is gone."""

    def __init__(self, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTip(tip)
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(4)
        self.setMinimumWidth(_NARROWEST)
        self._names: tuple[str, ...] = ()
        self.currentIndexChanged.connect(self._tell)

    @property
    def score(self) -> str:
        """The name of the chosen score, as in `Report.headline`; "" without any."""
        index = self.currentIndex()
        return self._names[index] if 0 <= index < len(self._names) else ""

    def offer(self, names: Sequence[str]) -> None:
        """Offer these scores, the first chosen unless the last choice is among them."""
        if tuple(names) == self._names:
            return
        last = self.score
        self.blockSignals(True)
        self._names = tuple(names)
        self.clear()
        self.addItems([title(name) for name in names])
        if last in self._names:
            self.setCurrentIndex(self._names.index(last))
        self.blockSignals(False)
        if self.score != last:
            self._tell()

    def _tell(self, _index: int = 0) -> None:
        self.chosen.emit(self.score)
