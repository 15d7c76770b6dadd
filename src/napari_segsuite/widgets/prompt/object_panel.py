"""The part of the Prompt dock that commits objects and takes them up again."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from napari.layers import Labels
from psygnal import Signal
from qtpy.QtWidgets import QComboBox, QVBoxLayout, QWidget

from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.prompts.placing import Rule
from napari_segsuite.errors import SegsuiteError
from napari_segsuite.widgets.class_table import ClassTableView
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.dock import add_field, button, form, plain_label, row
from napari_segsuite.widgets.layer_classes import classes_of, declare, declared
from napari_segsuite.widgets.layer_picker import LayerPicker
from napari_segsuite.widgets.layers import new_objects
from napari_segsuite.widgets.prompt.object_work import ObjectWork
from napari_segsuite.widgets.prompt.reasons import enable
from napari_segsuite.widgets.prompt.targets import (
    can_be_target,
    check_target,
    is_for_objects,
)
from napari_segsuite.widgets.safety.saving import Saving
from napari_segsuite.widgets.session import Session

_RULES: Final[dict[Rule, str]] = {
    "keep": "keep others",
    "overwrite": "overwrite others",
    "background_only": "only background",
}


class ObjectPanel(QWidget):
    """Picks the Labels layer, overlap rule and class; commits, drops, walks."""

    changed = Signal()
    """Another layer, rule or class is chosen."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.work = session.shared(ObjectWork)
        self.problem = ""
        """Why nothing can be committed to the chosen layer."""
        self._viewer = session.viewer
        self._build(session)
        self._connections = Connections(self)
        for signal, slot in (
            (self.labels.picked, self._on_layer),
            (self.work.changed, self.refresh),
            (self.work.prompting.changed, self.refresh),
            (self.classes.renamed, self._rename),
            (self.classes.picked, self._pick),
            (self.saving.told, self.work.prompting.told.emit),
        ):
            self._connections.add(signal, slot)
        self.rule.currentIndexChanged.connect(self._on_rule)
        self._on_layer()

    def _build(self, session: Session) -> None:
        self.labels = LayerPicker(self._viewer, can_be_target, prefers=is_for_objects)
        self.new = button(
            "New", "Make a Labels layer for many objects of the image.", self.make_layer
        )
        self.labels.setPlaceholderText("a new layer")
        self.labels.setMinimumWidth(60)
        self.rule = QComboBox()
        self.rule.setMinimumContentsLength(4)
        for rule, text in _RULES.items():
            self.rule.addItem(text, rule)
        fields = form()
        add_field(
            fields,
            "Into",
            "The Labels layer that objects are committed to.",
            self.labels,
        )
        add_field(
            fields,
            "Overlap",
            "Where other objects are: keep them, overwrite them, or write only over 0 "
            "and a painted class called background.",
            self.rule,
        )
        self.classes = ClassTableView()
        self.classes.setHorizontalHeaderLabels(["Id", "Class", "Objects"])
        self.classes.setToolTip(
            "The class of the objects to come: click one; click it again for none. "
            "Double-click a name to change it."
        )
        self.add_class = button("Add class", "Add a class of objects.", self._add_class)
        self.next_class = button(
            "Class (Q)", "Objects to come are of the next class.", self._next_class
        )
        self.commit = button(
            "Commit (K)", "Write the object to the Labels layer.", self._commit
        )
        self.drop = button(
            "Drop",
            "Give the prompts up; a committed object stays as it is.",
            self.work.drop,
        )
        self.before = button(
            "◀", "Take up the object before to refine it.", lambda: self.work.step(-1)
        )
        self.after = button(
            "▶", "Take up the next object to refine it.", lambda: self.work.step(1)
        )
        self.undo = button("Undo", "Take back the last prompt or commit.", self._undo)
        self.redo = button("Redo", "Do again what was taken back.", self._redo)
        self.saving = Saving(session, self)
        self.saving.button.setToolTip(
            "Save the labels, and beside them their prompts (.prompts.json)."
        )
        # Before it reads the layer's metadata.
        self.saving.button.pressed.connect(self.work.committing.book.flush)
        self.place = plain_label("Which object is in hand.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row(self.commit, self.drop))
        layout.addLayout(row(self.undo, self.redo))
        layout.addLayout(row(self.place, self.before, self.after, grow=False))
        layout.addLayout(fields)
        layout.addWidget(self.classes)
        layout.addLayout(row(self.add_class, self.next_class))
        layout.addLayout(row(self.new, self.saving.button))

    def make_layer(self) -> None:
        """Add a Labels layer that lies on the image, and commit to it."""
        scene = self.work.prompting.scene
        if scene is None:
            self.work.prompting.told.emit("Choose an image and a model first.")
            return
        picture = scene.picture
        layer = new_objects(picture.image, picture.axes)
        selected = set(self._viewer.layers.selection)
        with self._viewer.layers.selection.events.blocker_all():
            self._viewer.layers.insert(
                self._viewer.layers.index(picture.image) + 1, layer
            )
            self._viewer.layers.selection = selected
        self.labels.choose(layer)

    def refresh(self) -> None:
        """Show the layer, its classes and what can be done as they are now."""
        work, prompting = self.work, self.work.prompting
        self._check()
        objects, held = work.objects, work.in_hand
        if held is not None:
            number = objects.index(held) + 1
            text = f"Object {held.id} ({number} of {len(objects)})"
        elif prompting.draft.empty:
            text = f"{len(objects)} objects" if len(objects) != 1 else "1 object"
        else:
            text = "New object"
        if self.place.text() != text:
            self.place.setText(text)
        empty = prompting.draft.empty
        enable(self.drop, not empty, "There is no object in hand.")
        mask = prompting.masks.expected
        reason = self.problem or ("" if mask else "Click an object first.")
        enable(self.commit, not reason, reason)
        for walk in (self.before, self.after):
            enable(walk, bool(objects), "No object was committed from prompts yet.")
        self._show_classes()

    def _commit(self) -> None:
        if self.labels.layer is None:
            self.make_layer()
        self.work.commit()

    def _undo(self) -> None:
        self.work.undo()

    def _redo(self) -> None:
        self.work.redo()

    def _check(self) -> None:
        scene, layer = self.work.prompting.scene, self.labels.layer
        self.problem = ""
        if scene is not None and layer is not None:
            try:
                check_target(layer, scene.picture)
            except SegsuiteError as error:
                self.problem = str(error)

    def _on_layer(self, _layer: object = None) -> None:
        self.work.commit_to(self.labels.layer)
        self.saving.offer(self.labels.layer)
        self.refresh()
        self.changed.emit()

    def _on_rule(self, _index: int) -> None:
        self.work.committing.rule = self.rule.currentData()

    def _show_classes(self) -> None:
        layer: Labels | None = self.labels.layer
        classes = () if layer is None else declared(layer)
        counts = Counter(one.class_id for one in self.work.objects)
        known = {c: n for c, n in counts.items() if c is not None}
        state: Any = (classes, tuple(sorted(known.items())))
        if state != getattr(self, "_classes_shown", None):
            self._classes_shown = state
            self.classes.show_classes(classes, known)
        self.classes.setVisible(bool(classes))
        self.next_class.setVisible(len(classes) > 1)
        if self.work.class_id not in [info.id for info in classes]:
            self.work.class_id = None
        self.classes.highlight(-1 if self.work.class_id is None else self.work.class_id)

    def _pick(self, label: int) -> None:
        self.work.class_id = None if label == self.work.class_id else label
        self.refresh()

    def _next_class(self) -> None:
        ids = self.classes.ids
        if ids:
            here = self.work.class_id
            place = ids.index(here) + 1 if here in ids else 0
            self.work.class_id = ids[place % len(ids)]
            self.refresh()

    def _rename(self, label: int, name: str) -> None:
        layer = self.labels.layer
        if layer is not None and name:
            self._declare(
                layer,
                tuple(
                    info.replace(name=name[:200]) if info.id == label else info
                    for info in declared(layer)
                ),
            )

    def _add_class(self) -> None:
        if self.labels.layer is None:
            self.make_layer()
        layer = self.labels.layer
        if layer is not None:
            label = max((info.id for info in declared(layer)), default=0) + 1
            (info,) = classes_of(layer, (label,))
            self._declare(layer, (info.replace(name=f"class {label}"),))
            self.work.class_id = label
            self.refresh()

    def _declare(self, layer: Labels, classes: ClassTable) -> None:
        # The features are those of objects here, not of classes.
        features = layer.features
        declare(layer, classes)
        if len(features.columns):
            layer.features = features
        else:
            layer.features = {"index": [], "class": [], "class_id": []}
        self.refresh()
