"""The Panoptic dock: classes and objects become segments that do not overlap."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QComboBox

from napari_segsuite.data.panoptic import MergeOptions
from napari_segsuite.errors import SegsuiteError
from napari_segsuite.jobs.prediction import PredictOptions
from napari_segsuite.widgets.dock import (
    Dock,
    add_field,
    advanced,
    button,
    form,
    holder,
    row,
)
from napari_segsuite.widgets.forms import Form
from napari_segsuite.widgets.panoptic.layers_part import LayersPart
from napari_segsuite.widgets.panoptic.models_part import ModelsPart
from napari_segsuite.widgets.panoptic.thing_table import ThingTable
from napari_segsuite.widgets.panoptic.work import (
    LayersRequest,
    ModelsRequest,
    PanopticWork,
)
from napari_segsuite.widgets.preferences import preferences
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.status_view import StatusView

_BY_NAME = "as they say"


class PanopticDock(Dock):
    """Run two models on an image, or take two layers, and merge classes and objects."""

    def __init__(self, napari_viewer: Any, session: Session | None = None) -> None:
        super().__init__(napari_viewer, session)
        self.work = self.session.shared(PanopticWork)
        self._ready = False
        self._build()
        for signal, slot in (
            (self.models.changed, self._refresh),
            (self.layers.changed, self._refresh),
            (self.things.changed, self._refresh),
            (self.merge_form.changed, self._refresh),
            (self.predict_form.changed, self._refresh),
            (self.work.changed, self._enable),
        ):
            self.connections.add(signal, slot)
        self.source.currentIndexChanged.connect(self._refresh)
        self.object_class.currentIndexChanged.connect(self._refresh)
        self._refresh()

    @property
    def merges_layers(self) -> bool:
        """Whether two layers are merged, rather than two models run."""
        return bool(self.source.currentData() == "layers")

    def request(self) -> ModelsRequest | LayersRequest:
        """Return what the dock asks for now.

        Raises
        ------
        InputError
            If something is missing or does not fit; the message says what to do.
        """
        if self.merges_layers:
            semantic, instances = self.layers.layers()
            return LayersRequest(
                semantic=semantic,
                instances=instances,
                classes=self.things.classes,
                object_class=self.object_class.currentData(),
                merging=self.merge_form.value,
            )
        return ModelsRequest(
            chosen=self.models.chosen(),
            classes=self.things.classes,
            object_class=self.object_class.currentData(),
            options=self.predict_form.value,
            merging=self.merge_form.value,
        )

    def _build(self) -> None:
        self.source = QComboBox()
        self.source.addItem("two models", "models")
        self.source.addItem("two layers", "layers")
        self.models = ModelsPart(self.session)
        self.layers = LayersPart(self.session)
        self.things = ThingTable()
        self.object_class = QComboBox()
        self.object_class.setMinimumContentsLength(4)
        self.object_class.addItem(_BY_NAME, None)
        self.start = button(
            "Predict", "Make a new Labels layer of segments.", self._start
        )
        self.cancel = button("Cancel", "Give up and keep nothing.", self.work.cancel)
        self.status = StatusView(self.work)
        device = preferences().device
        self.predict_form = Form(
            PredictOptions.model_validate({"device": device}),
            ("object_threshold", "min_score", "min_area", "tile_size", "device"),
        )
        self.merge_form = Form(MergeOptions())
        top = form()
        add_field(
            top,
            "From",
            "Where classes and objects come from: two models that are run on an "
            "image, or two layers that are there.",
            self.source,
        )
        below = form()
        add_field(
            below,
            "Objects are",
            "The class of the objects: as their model or layer says, found by its "
            "name; or one class for all.",
            self.object_class,
        )
        axes = form()
        self.models.choice.add_axes(axes)
        self._of_models = (holder(axes), self.predict_form.native)
        body = self.body
        body.addLayout(top)
        for widget in (self.models, self.layers, self.things):
            body.addWidget(widget)
        body.addLayout(below)
        body.addLayout(row(self.start, self.cancel))
        body.addWidget(self.status)
        body.addWidget(advanced(*self._of_models, self.merge_form.native))
        body.addStretch(1)

    def _start(self) -> None:
        try:
            request = self.request()
            if isinstance(request, LayersRequest):
                self.work.merge(request)
            else:
                self.work.predict(request)
        except SegsuiteError as error:
            self.status.hint(str(error))

    def _refresh(self, _event: object = None) -> None:
        """Look again what the dock asks for, and say why it cannot be done."""
        layers = self.merges_layers
        self.layers.setVisible(layers)
        for widget in (self.models, *self._of_models):
            widget.setVisible(not layers)
        self.start.setText("Merge" if layers else "Predict")
        part = self.layers if layers else self.models
        self.things.show_classes(part.classes)
        self._offer_object_classes()
        hint = ""
        try:
            self.request()
        except SegsuiteError as error:
            hint = str(error)
        self._ready = not hint
        self.status.hint(hint)
        self._enable()

    def _offer_object_classes(self) -> None:
        """Offer the classes that have objects; keep the choice where it can be."""
        things = [info for info in self.things.classes if info.thing]
        chosen = self.object_class.currentText()
        self.object_class.blockSignals(True)
        self.object_class.clear()
        self.object_class.addItem(_BY_NAME, None)
        for info in things:
            self.object_class.addItem(info.name, info.id)
        self.object_class.setCurrentIndex(max(0, self.object_class.findText(chosen)))
        self.object_class.blockSignals(False)

    def _enable(self) -> None:
        """Enable what can be pressed now."""
        busy = self.work.busy
        self.start.setEnabled(self._ready and not busy)
        self.cancel.setEnabled(busy)
