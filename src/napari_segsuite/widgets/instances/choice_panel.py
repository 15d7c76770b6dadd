"""Which of the detected objects a result shows: sliders that work at once."""

from __future__ import annotations

from typing import Any, Final, get_args

from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QComboBox, QSpinBox, QVBoxLayout, QWidget
from superqt import QLabeledDoubleSlider

from napari_segsuite.data.detections import PasteOptions
from napari_segsuite.errors import SegsuiteError
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.dock import add_field, button, form, plain_label, row
from napari_segsuite.widgets.instances.found_objects import (
    Choice,
    FoundObjects,
    has_slices,
)
from napari_segsuite.widgets.instances.results import Results
from napari_segsuite.widgets.layer_picker import LayerPicker
from napari_segsuite.widgets.prompt.reasons import enable
from napari_segsuite.widgets.session import Session

_LARGEST: Final = 1_000_000
_OVERLAP: Final = {
    "score": "the surer one",
    "smaller": "the smaller one",
    "none": "nobody",
}


class ChoicePanel(QWidget):
    """Chooses among what was detected; the network does not run again."""

    told = Signal(str)
    """Something could not be done."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.results = session.shared(Results)
        self._choice = Choice()
        self._build(session)
        self._connections = Connections(self)
        for signal, slot in (
            (self.layer.picked, self._picked),
            (self.results.added, self.layer.choose),
            (self.results.changed, self.refresh),
            (self.results.told, self.told.emit),
        ):
            self._connections.add(signal, slot)
        for signal in (
            self.score.valueChanged,
            self.covered.valueChanged,
            self.overlap.currentIndexChanged,
            self.smallest.valueChanged,
            self.link.toggled,
        ):
            signal.connect(self._moved)
        self._picked()

    @property
    def choice(self) -> Choice:
        """What the sliders say; the next result begins with it."""
        return Choice(
            PasteOptions(
                min_score=round(float(self.score.value()), 2),
                overlap=self.overlap.currentData(),
                covered=round(float(self.covered.value()), 2),
                min_area=self.smallest.value(),
            ),
            self.link.isChecked(),
        )

    @property
    def found(self) -> FoundObjects | None:
        """The result that is chosen."""
        return self.results.of(self.layer.layer)

    def refresh(self) -> None:
        """Show what can be done now."""
        found = self.found
        edited = found is not None and found.edited
        self.layer.setEnabled(found is not None)
        self.link.setVisible(found is None or has_slices(found.detections))
        self.boxes.blockSignals(True)
        if found is not None:
            self.boxes.setChecked(self.results.has_boxes(found))
        self.boxes.blockSignals(False)
        enable(self.anew, found is not None, "nothing was found yet.")
        reason = "it was changed by hand and stays as it is. Press New layer."
        for widget in (
            self.score,
            self.overlap,
            self.covered,
            self.smallest,
            self.link,
        ):
            enable(widget, not edited, reason)
        self.count.setText(_counted(found))

    def _build(self, session: Session) -> None:
        start = self._choice.paste
        self.layer = LayerPicker(session.viewer, self.results.offers)
        self.score = _slider(start.min_score)
        self.covered = _slider(start.covered)
        self.overlap = QComboBox()
        self.overlap.setMinimumContentsLength(4)
        rules = PasteOptions.model_fields["overlap"].annotation
        for rule in get_args(rules):
            self.overlap.addItem(_OVERLAP[rule], rule)
        self.smallest = QSpinBox()
        self.smallest.setRange(1, _LARGEST)
        self.smallest.setValue(start.min_area)
        self.smallest.setMinimumWidth(60)
        self.link = QCheckBox("join slices")
        self.link.setToolTip(
            "Join objects of neighbouring slices into 3D objects, or follow them "
            "through time, where they overlap."
        )
        self.link.setChecked(self._choice.link)
        self.boxes = QCheckBox("boxes")
        self.boxes.setToolTip("Show the box of each object as a Shapes layer.")
        self.boxes.toggled.connect(self._boxes_toggled)
        self.count = plain_label("What the layer shows of all that was detected.")
        self.anew = button(
            "New layer",
            "Make another layer from the same detections; this one stays.",
            self._anew,
        )
        fields = form()
        add_field(
            fields,
            "Result",
            "The layer to choose for: one that Find has made.",
            self.layer,
        )
        add_field(
            fields,
            "Score",
            "Show objects that the model is at least so sure of. Works at once: "
            "nothing runs again.",
            self.score,
        )
        add_field(
            fields,
            "Overlap to",
            "Who has the pixels that several objects want.",
            self.overlap,
        )
        add_field(
            fields,
            "Covered",
            "Leave out objects of which others have a larger part than this.",
            self.covered,
        )
        add_field(
            fields,
            "Smallest",
            "Show objects of at least so many pixels.",
            self.smallest,
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(fields)
        layout.addLayout(row(self.link, self.boxes))
        layout.addWidget(self.count)
        layout.addWidget(self.anew)

    def _picked(self, _layer: object = None) -> None:
        """Show the choice with which the result was made."""
        found = self.found
        if found is not None:
            self._show(found.choice)
        self.refresh()

    def _show(self, choice: Choice) -> None:
        widgets = (self.score, self.overlap, self.covered, self.smallest, self.link)
        for widget in widgets:
            widget.blockSignals(True)
        self.score.setValue(choice.paste.min_score)
        self.overlap.setCurrentIndex(self.overlap.findData(choice.paste.overlap))
        self.covered.setValue(choice.paste.covered)
        self.smallest.setValue(choice.paste.min_area)
        self.link.setChecked(choice.link)
        for widget in widgets:
            widget.blockSignals(False)

    def _moved(self, _value: Any = None) -> None:
        found = self.found
        if found is None:
            return
        try:
            self.results.choose(found, self.choice)
        except SegsuiteError as error:
            self.told.emit(str(error))
            self._picked()

    def _boxes_toggled(self, wanted: bool) -> None:
        if self.found is not None:
            self.results.show_boxes(self.found, wanted)

    def _anew(self) -> None:
        if self.found is not None:
            self.results.anew(self.found)


def _counted(found: FoundObjects | None) -> str:
    if found is None:
        return ""
    if found.edited:
        return "Changed by hand: it stays as it is."
    shown = "1 object" if found.count == 1 else f"{found.count:,} objects"
    return f"{shown} of {len(found.detections):,} detections"


def _slider(value: float) -> QLabeledDoubleSlider:
    made = QLabeledDoubleSlider(Qt.Orientation.Horizontal)
    made.setRange(0.0, 1.0)
    made.setDecimals(2)
    # Typed as whole numbers, though it takes others.
    steps: Any = made
    steps.setSingleStep(0.01)
    steps.setPageStep(0.1)
    made.setValue(value)
    made.setMinimumWidth(60)
    return made
