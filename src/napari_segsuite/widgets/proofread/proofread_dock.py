"""The Proofread dock: merge, split, delete, fill, smooth, tidy up."""

from __future__ import annotations

from functools import partial
from typing import Any, get_args

import numpy as np
from napari.layers import Labels, Shapes
from numpy.typing import NDArray
from qtpy.QtGui import QHideEvent
from qtpy.QtWidgets import QButtonGroup, QCheckBox, QComboBox, QPushButton, QSpinBox

from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.widgets.dock import (
    Dock,
    add_field,
    button,
    form,
    plain_label,
    row,
)
from napari_segsuite.widgets.layer_picker import LayerPicker
from napari_segsuite.widgets.layers import is_overlay
from napari_segsuite.widgets.measure.shapes_region import region_of_shapes
from napari_segsuite.widgets.prompt.canvas import mouse_callback
from napari_segsuite.widgets.prompt.reasons import enable, keep_tip
from napari_segsuite.widgets.proofread.drawn_line import DrawnLine
from napari_segsuite.widgets.proofread.part import Part, Scope, part_of
from napari_segsuite.widgets.proofread.proofreading import (
    Proofreading,
    can_be_corrected,
)
from napari_segsuite.widgets.session import Session

_LARGEST_RADIUS = 10
_LARGEST_OBJECT = 10**9


class ProofreadDock(Dock):
    """Choose a Labels layer, and correct its objects."""

    def __init__(self, napari_viewer: Any, session: Session | None = None) -> None:
        super().__init__(napari_viewer, session)
        self.proofreading = self.session.shared(Proofreading)
        self._line = DrawnLine(self.viewer.layers)
        self._build()
        self._bind()
        for signal, slot in (
            (self.labels.picked, self._picked),
            (self.region.picked, self._refresh),
            (self.proofreading.changed, self._refresh),
            (self.proofreading.told, self._tell),
        ):
            self.connections.add(signal, slot)
        callback = mouse_callback(self.viewer, self)
        self.viewer.mouse_drag_callbacks.append(callback)
        # A partial is held strongly by Qt: it outlives the widget's Python side.
        self.destroyed.connect(partial(_unlisten, self.viewer, callback))
        self._refresh()

    # What the mouse tells.

    def listening(self) -> bool:
        """Whether the mouse on the canvas uses a tool now."""
        return bool(self.isVisible() and self._tool() and self.labels.layer is not None)

    def boxing(self) -> bool:
        """Whether a drag draws a line; deleting takes a click."""
        return bool(self.merge.isChecked() or self.split.isChecked())

    def clicked(self, position: NDArray[np.float64], *, opposite: bool) -> None:
        """Delete the object at a place in the world, if that is the tool."""
        if self.delete.isChecked():
            self._do(
                lambda layer, part: self.proofreading.delete(
                    layer, part, part.on_plane(layer.world_to_data(position))
                )
            )
        elif self.boxing():
            self.status.setText("Hold the mouse button down and draw a line.")

    def dragged(
        self, start: NDArray[np.float64], stop: NDArray[np.float64], *, done: bool
    ) -> None:
        """Show a line between two places in the world; use the tool when it is done."""
        layer = self.labels.layer
        ends = [np.asarray(layer.world_to_data(end), float) for end in (start, stop)]
        if not done:
            # The line lies on the last two axes.
            if self.viewer.dims.displayed == tuple(range(self.viewer.dims.ndim))[-2:]:
                self._line.show(np.stack([end[-2:] for end in ends]))
            return
        self._line.hide()
        tool = self.proofreading.merge
        if self.split.isChecked():
            tool = self.proofreading.split
        self._do(
            lambda layer, part: tool(
                layer, part, np.stack([part.on_plane(end) for end in ends])
            )
        )

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Put the tool away when the dock is closed or another one is in front."""
        super().hideEvent(event)
        self._picked()

    def _build(self) -> None:
        self.labels = LayerPicker(self.viewer, can_be_corrected)
        self.scope = QComboBox()
        self.scope.setMinimumContentsLength(4)
        for scope in get_args(Scope):
            self.scope.addItem(scope, scope)
        self.merge = self._tool_button(
            "Merge", "Draw a line across objects: they become one, with the first id."
        )
        self.split = self._tool_button(
            "Split",
            "Draw a line through an object, from outside to outside: the largest part "
            "keeps the id. In the whole layer the line cuts through all slices.",
        )
        self.delete = self._tool_button("Delete", "Click an object to delete it.")
        self._tools = QButtonGroup(self)
        # Not exclusive to Qt: the tool in use can be switched off as well.
        self._tools.setExclusive(False)
        for one in (self.merge, self.split, self.delete):
            self._tools.addButton(one)
        self._tools.buttonToggled.connect(self._toggled)
        self.undo = button(
            "Undo", "Take back the last change of the layer.", self._undo
        )
        self.redo = button("Redo", "Do it again.", self._redo)
        self.only = QCheckBox("selected object only")
        self.only.setToolTip(
            "Fill and smooth the layer's selected label alone, not all objects."
        )
        self.fill = button(
            "Fill holes", "Fill what is 0 and enclosed by one object.", self._fill
        )
        self.radius = _number(1, _LARGEST_RADIUS, 2, "Smooth over so many pixels.")
        self.smooth = button(
            "Smooth",
            "Give each pixel the id that most of its neighbours have.",
            self._smooth,
        )
        self.least = _number(
            1, _LARGEST_OBJECT, 20, "The pixels of the smallest object."
        )
        self.small = button(
            "Remove small", "Delete objects with fewer pixels than this.", self._small
        )
        self.relabel = button(
            "Relabel", "Number the objects of the layer 1, 2, 3 …", self._relabel
        )
        self.region = LayerPicker(
            self.viewer, lambda la: isinstance(la, Shapes) and not is_overlay(la)
        )
        self.keep = button(
            "Keep in region",
            "Delete objects that lie outside the shapes by more than half.",
            self._keep,
        )
        self.status = plain_label("What was done, or why it could not be.")
        self.acting = (
            self.merge,
            self.split,
            self.delete,
            self.undo,
            self.redo,
            self.fill,
            self.smooth,
            self.small,
            self.relabel,
            self.keep,
        )
        self._lay_out()

    def _lay_out(self) -> None:
        top = form()
        add_field(top, "Labels", "The layer to correct.", self.labels)
        tip = "Whether corrections are made in the slice that is shown, or in all."
        add_field(top, "Where", tip, self.scope)
        below = form()
        add_field(below, "Region", "Shapes around what is to be kept.", self.region)
        body = self.body
        body.addLayout(top)
        body.addLayout(row(self.merge, self.split, self.delete))
        body.addLayout(row(self.undo, self.redo))
        body.addWidget(self.status)
        body.addWidget(self.only)
        body.addWidget(self.fill)
        body.addLayout(row(self.smooth, self.radius))
        body.addLayout(row(self.small, self.least))
        body.addWidget(self.relabel)
        body.addLayout(below)
        body.addWidget(self.keep)
        body.addStretch(1)

    def _tool_button(self, text: str, tip: str) -> QPushButton:
        made = button(text, tip, lambda: None)
        made.setCheckable(True)
        return made

    def _bind(self) -> None:
        for key, pressed in (
            ("Shift-M", self.merge),
            ("Shift-X", self.split),
            ("Shift-D", self.delete),
            ("Shift-F", self.fill),
            ("Shift-O", self.smooth),
        ):
            self.bind_key(key, pressed)
        for one in self.acting:
            keep_tip(one)

    def _tool(self) -> QPushButton | None:
        return next((one for one in self._tools.buttons() if one.isChecked()), None)

    def _toggled(self, pressed: QPushButton, on: bool) -> None:
        self._line.remove()
        if not on:
            return
        for one in self._tools.buttons():
            if one is not pressed:
                one.setChecked(False)
        # Clicks mean the tool only while the active layer does not use them itself.
        layer = self.labels.layer
        self.viewer.layers.selection.active = layer
        layer.mode = "pan_zoom"
        if self.boxing():
            self._line.prepare(layer)
        self._tell(pressed.toolTip().partition(" Key:")[0])

    def _picked(self, _layer: object = None) -> None:
        """Put the tool away: it belongs to the layer before."""
        for one in self._tools.buttons():
            one.setChecked(False)
        self._refresh()

    def _tell(self, text: str) -> None:
        self.status.setText(text)

    def _do(self, correct: Any) -> None:
        """Call `correct` with the layer and the part that is chosen."""
        layer = self.labels.layer
        try:
            correct(layer, part_of(self.viewer, layer, self.scope.currentData()))
        except SegsuiteError as error:
            self.status.setText(str(error))

    def _only(self, layer: Labels) -> int | None:
        return int(layer.selected_label) if self.only.isChecked() else None

    def _fill(self) -> None:
        self._do(
            lambda la, part: self.proofreading.fill_holes(la, part, self._only(la))
        )

    def _smooth(self) -> None:
        self._do(
            lambda la, part: self.proofreading.smooth(
                la, part, self.radius.value(), self._only(la)
            )
        )

    def _small(self) -> None:
        self._do(
            lambda la, part: self.proofreading.remove_small(
                la, part, self.least.value()
            )
        )

    def _relabel(self) -> None:
        self._do(self.proofreading.relabel)

    def _keep(self) -> None:
        def keep(layer: Labels, part: Part) -> None:
            if self.region.layer is None:
                msg = "Draw shapes in a Shapes layer first: they say what is kept."
                raise InputError(msg)
            region = region_of_shapes(self.region.layer, layer)
            self.proofreading.keep_in_region(layer, part, region)

        self._do(keep)

    def _undo(self) -> None:
        self.labels.layer.undo()

    def _redo(self) -> None:
        self.labels.layer.redo()

    def _refresh(self, _event: object = None) -> None:
        """Enable what can be used now."""
        layer = self.labels.layer
        self.scope.setEnabled(layer is not None and layer.ndim > 2)
        reason = "there is no Labels layer." if layer is None else "it is at work."
        possible = layer is not None and not self.proofreading.busy
        for one in self.acting:
            enable(one, possible, reason)
        if possible and self.region.layer is None:
            enable(self.keep, False, "there is no Shapes layer with a region.")


def _number(low: int, high: int, value: int, tip: str) -> QSpinBox:
    made = QSpinBox()
    made.setRange(low, high)
    made.setValue(value)
    made.setToolTip(tip)
    made.setMinimumWidth(60)
    return made


def _unlisten(viewer: Any, callback: Any, _destroyed: object = None) -> None:
    if callback in viewer.mouse_drag_callbacks:
        viewer.mouse_drag_callbacks.remove(callback)
