"""What is to be scored: two layers, how much of them, and what their ids mean."""

from __future__ import annotations

from typing import Any, Literal, cast

from napari.layers import Labels
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QFormLayout, QWidget

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.widgets.layer_classes import declared
from napari_segsuite.widgets.layer_picker import LayerPicker
from napari_segsuite.widgets.metrics_choice import Scores, Wish
from napari_segsuite.widgets.metrics_pair import Scope, guess_pair

# The list of possible backgrounds ends somewhere.
_MOST_CHOICES = 50


class MetricsForm(QWidget):
    """The inputs of the Metrics dock; what the user leaves alone is guessed.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer, unwrapped.
    """

    pair_changed = Signal()
    """Other layers, or another scope: pixels must be counted anew."""
    meaning_changed = Signal()
    """The same counts are to be read in another way."""

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self._viewer = viewer
        self._picked_by_user = False
        self._unpainted: bool | Literal["auto"] = "auto"
        self._background: int | Literal["auto"] | None = "auto"
        self.truth = LayerPicker(viewer, _is_labels)
        self.prediction = LayerPicker(viewer, _is_labels)
        self.scope = QComboBox()
        self.scope.addItem("whole", "whole")
        self.scope.addItem("slice shown", "slice")
        self.background = QComboBox()
        self.background.addItem("none", None)
        self.background.setToolTip(
            "The class that mean Dice and mean IoU leave out; it keeps its own row."
        )
        self.unpainted = QCheckBox("Ignore unpainted (0)")
        self.unpainted.setToolTip(
            "Pixels that are 0 in the truth were not painted and are not scored.\n"
            "Untick where 0 is a class of its own, as in a complete mask."
        )
        self._layout = QFormLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setFieldGrowthPolicy(
            QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow
        )
        self._layout.addRow("Truth", self.truth)
        self._layout.addRow("Prediction", self.prediction)
        self._layout.addRow("Score", self.scope)
        self._layout.addRow("Background", self.background)
        self._layout.addRow(self.unpainted)
        for picker in (self.truth, self.prediction):
            picker.activated.connect(self._on_activated)
            picker.picked.connect(self._on_picked)
        self.scope.currentIndexChanged.connect(self.pair_changed)
        self.unpainted.clicked.connect(self._on_unpainted)
        self.background.activated.connect(self._on_background)

    @property
    def pair(self) -> tuple[Labels, Labels] | None:
        """The truth and the prediction; None while there are not two layers."""
        truth, prediction = self.truth.layer, self.prediction.layer
        if truth is None or prediction is None or self.truth.count() < 2:
            return None
        return truth, prediction

    @property
    def scope_wanted(self) -> Scope:
        """How much is to be scored."""
        return cast(Scope, self.scope.currentData())

    @property
    def wish(self) -> Wish:
        """How ids are to be read."""
        known: dict[int, ClassInfo] = {}
        # What the truth says about a class goes before what the model says.
        for layer in (self.prediction.layer, self.truth.layer):
            if layer is not None:
                known.update({info.id: info for info in declared(layer)})
        return Wish(tuple(known.values()), self._unpainted, self._background)

    def refresh(self) -> None:
        """Offer the layers as they are now."""
        self.truth.refresh()
        self.prediction.refresh()

    def choose_pair(self) -> None:
        """Choose the likeliest layers, unless the user has chosen."""
        if not self._picked_by_user:
            labels = [layer for layer in self._viewer.layers if _is_labels(layer)]
            truth, prediction = guess_pair(labels)
            if truth is not None:
                self.truth.choose(truth)
            if prediction is not None:
                self.prediction.choose(prediction)
        self.truth.setToolTip(f"What counts as right: {self.truth.currentText()}")
        self.prediction.setToolTip(f"What is scored: {self.prediction.currentText()}")
        truth = self.truth.layer
        stack = truth is None or truth.ndim > 2
        self.scope.setEnabled(stack)
        self.scope.setToolTip(
            "All of the stack, or only the slice that is shown"
            if stack
            else "These layers have one slice, which is scored as a whole"
        )

    def show_meaning(self, scores: Scores) -> None:
        """Show how ids were read, and which could be background."""
        self.unpainted.setChecked(scores.unpainted)
        wanted = scores.report.background_id if scores.report else None
        choices = [n for n in scores.ids[:_MOST_CHOICES] if n or not scores.unpainted]
        if wanted is not None and wanted not in choices:
            choices.append(wanted)
        names = {info.id: info.name for info in self.wish.classes}
        items: list[tuple[str, int | None]] = [("none", None)]
        items += [(f"{n} {names.get(n, '')}".strip(), n) for n in sorted(choices)]
        shown = [
            (self.background.itemText(i), self.background.itemData(i))
            for i in range(self.background.count())
        ]
        if items != shown:
            self.background.clear()
            for text, label in items:
                self.background.addItem(text, label)
        self.background.setCurrentIndex([label for _, label in items].index(wanted))

    def make_room(self, *, narrow: bool) -> None:
        """Put names above their fields, or beside them."""
        policy = QFormLayout.RowWrapPolicy
        self._layout.setRowWrapPolicy(
            policy.WrapAllRows if narrow else policy.DontWrapRows
        )

    def _on_activated(self) -> None:
        self._picked_by_user = True

    def _on_picked(self, _layer: object) -> None:
        self._unpainted = self._background = "auto"
        self.pair_changed.emit()

    def _on_unpainted(self, checked: bool) -> None:
        self._unpainted = checked
        self.meaning_changed.emit()

    def _on_background(self) -> None:
        self._background = self.background.currentData()
        self.meaning_changed.emit()


def _is_labels(layer: object) -> bool:
    return isinstance(layer, Labels)
