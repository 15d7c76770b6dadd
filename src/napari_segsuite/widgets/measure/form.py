"""What is to be scored: two layers, how much of them, and what their ids mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from napari.layers import Labels, Shapes
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QFormLayout, QWidget

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.metrics import Mode
from napari_segsuite.widgets.layer_classes import declared
from napari_segsuite.widgets.layer_picker import LayerPicker
from napari_segsuite.widgets.layers import is_overlay
from napari_segsuite.widgets.measure.choice import Scores
from napari_segsuite.widgets.measure.guess import guess_pair, holds_objects
from napari_segsuite.widgets.measure.meaning import Auto, Wish
from napari_segsuite.widgets.measure.pair import Comparison, Scope, compare
from napari_segsuite.widgets.measure.segments import segment_classes

# The list of possible backgrounds ends somewhere.
_MOST_CHOICES = 50

_SCOPES: tuple[tuple[str, Scope], ...] = (
    ("whole", "whole"),
    ("slice shown", "slice"),
    ("visible region", "view"),
    ("inside shapes", "shapes"),
)
_MODES: tuple[tuple[str, Mode, str], ...] = (
    ("classes", "classes", "An id is a class, the same in both layers."),
    ("objects", "instances", "An id is one object; 0 is background."),
    ("panoptic", "panoptic", "An id is a segment, whose class the layers tell."),
)
_NO_SEGMENTS = (
    "Panoptic scores need the class of each segment in both layers: as a column\n"
    "“class_id”, beside “index”, of the layers' features."
)


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
        self._unpainted: bool | Auto = "auto"
        self._background: int | Auto | None = "auto"
        self._mode: Mode | Auto = "auto"
        self.truth = LayerPicker(viewer, _is_labels)
        self.prediction = LayerPicker(viewer, _is_labels)
        self.scope = QComboBox()
        for text, scope in _SCOPES:
            self.scope.addItem(text, scope)
        self.shapes = LayerPicker(viewer, _is_region)
        self.mode = QComboBox()
        for row, (text, mode, tip) in enumerate(_MODES):
            self.mode.addItem(text, mode)
            self.mode.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.mode.setToolTip("What an id means. Guessed until you choose.")
        self.background = QComboBox()
        self.background.addItem("none", None)
        self.unpainted = QCheckBox("Only painted pixels")
        self._layout = QFormLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setFieldGrowthPolicy(
            QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow
        )
        self._layout.addRow("Truth", self.truth)
        self._layout.addRow("Prediction", self.prediction)
        self._layout.addRow("Score", self.scope)
        self._layout.addRow("Shapes", self.shapes)
        self._layout.addRow("Ids are", self.mode)
        self._layout.addRow("Background", self.background)
        self._layout.addRow(self.unpainted)
        for picker in (self.truth, self.prediction):
            picker.activated.connect(self._on_activated)
            picker.picked.connect(self._on_picked)
        self.shapes.picked.connect(self._on_shapes)
        self.scope.currentIndexChanged.connect(self._on_scope)
        self.unpainted.clicked.connect(self._on_unpainted)
        self.background.activated.connect(self._on_background)
        self.mode.activated.connect(self._on_mode)
        self._show_rows("classes")

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
    def region(self) -> Shapes | None:
        """The shapes that enclose what is scored, if that is wanted."""
        wanted = self.scope_wanted == "shapes"
        return cast("Shapes | None", self.shapes.layer) if wanted else None

    @property
    def wish(self) -> Wish:
        """How ids are to be read."""
        known: dict[int, ClassInfo] = {}
        segments: list[Mapping[int, int] | None] = []
        # What the truth says about a class goes before what the model says.
        layers = self.prediction.layer, self.truth.layer
        for layer in layers:
            if layer is not None:
                known.update({info.id: info for info in declared(layer)})
            segments.append(None if layer is None else segment_classes(layer))
        return Wish(
            tuple(known.values()),
            self._unpainted,
            self._background,
            self._mode,
            true_segments=segments[1],
            pred_segments=segments[0],
            objects=any(la is not None and holds_objects(la) for la in layers) or None,
        )

    def refresh(self) -> None:
        """Offer the layers as they are now."""
        for picker in (self.truth, self.prediction, self.shapes):
            picker.refresh()

    def scoped(self, truth: Labels, prediction: Labels) -> Comparison:
        """Return what is compared of two layers in the scope that is chosen.

        Raises
        ------
        InputError
            If they do not fit each other, or are not in view.
        """
        return compare(truth, prediction, self._viewer, self.scope_wanted, self.region)

    def pick_prediction(self, layer: Labels) -> None:
        """Choose a prediction, as if the user had."""
        self._picked_by_user = True
        self.prediction.choose(layer)

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
        self._allow(
            self.scope, 1, "" if stack else "These layers have a single slice", "slice"
        )
        no_shapes = "" if self.shapes.count() else "There is no Shapes layer to draw in"
        self._allow(self.scope, 3, no_shapes, "what the shapes of a layer enclose")
        self.scope.setToolTip(
            "How much is scored: everything, the slice that is shown, what of it is in "
            "view,\nor what the shapes of a layer enclose, through all slices."
        )

    def show_meaning(self, scores: Scores) -> None:
        """Show how ids were read, and which could be background."""
        meaning = scores.meaning
        self._show_rows(meaning.mode)
        self.mode.setCurrentIndex([mode for _, mode, _ in _MODES].index(meaning.mode))
        wish = self.wish
        self._allow(
            self.mode, 2, "" if wish.knows_segments else _NO_SEGMENTS, _MODES[2][2]
        )
        self.unpainted.setChecked(meaning.unpainted)
        self.unpainted.setEnabled(meaning.mode == "classes")
        self.unpainted.setToolTip(
            {
                "classes": "Pixels that are 0 in the truth were not painted and are "
                "not scored.\nUntick where 0 is a class of its own, as in a complete "
                "mask.",
                "instances": "With objects, 0 is background and is scored.",
                "panoptic": "Pixels without segment in the truth are not scored.",
            }[meaning.mode]
        )
        wanted = meaning.background_id
        choices = [n for n in scores.ids[:_MOST_CHOICES] if n or not meaning.unpainted]
        if wanted is not None and wanted not in choices:
            choices.append(wanted)
        names = {info.id: info.name for info in wish.classes}
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

    def _show_rows(self, mode: Mode) -> None:
        """Show the rows that matter now."""
        self._layout.setRowVisible(self.shapes, self.scope_wanted == "shapes")
        self._layout.setRowVisible(self.background, mode == "classes")
        self.background.setToolTip(
            "The class that mean Dice and mean IoU leave out; it keeps its own row."
        )
        self.shapes.setToolTip("Rectangles, ellipses and polygons of this layer count.")

    @staticmethod
    def _allow(box: QComboBox, row: int, reason: str, tip: str) -> None:
        """Let an entry be chosen, or say why not."""
        box.model().item(row).setEnabled(not reason)
        box.setItemData(row, reason or tip, Qt.ItemDataRole.ToolTipRole)

    def _on_activated(self) -> None:
        self._picked_by_user = True

    def _on_picked(self, _layer: object) -> None:
        self._unpainted = self._background = self._mode = "auto"
        self.pair_changed.emit()

    def _on_scope(self) -> None:
        self._show_rows(cast(Mode, self.mode.currentData()))
        self.pair_changed.emit()

    def _on_shapes(self, _layer: object) -> None:
        if self.scope_wanted == "shapes":
            self.pair_changed.emit()

    def _on_unpainted(self, checked: bool) -> None:
        self._unpainted = checked
        self.meaning_changed.emit()

    def _on_background(self) -> None:
        self._background = self.background.currentData()
        self.meaning_changed.emit()

    def _on_mode(self) -> None:
        self._mode = self.mode.currentData()
        self.meaning_changed.emit()


def _is_labels(layer: object) -> bool:
    return isinstance(layer, Labels) and not is_overlay(layer)


def _is_region(layer: object) -> bool:
    return isinstance(layer, Shapes) and not is_overlay(layer)
