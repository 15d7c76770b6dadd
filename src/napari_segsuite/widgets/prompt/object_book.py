"""The objects of a Labels layer that were made from prompts, kept in its metadata."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from napari.layers import Labels
from psygnal import Signal
from pydantic import ValidationError

from napari_segsuite.data.axes import without_channels
from napari_segsuite.data.prompts.objects import PromptedObject
from napari_segsuite.data.prompts.record import PromptRecord, load_record
from napari_segsuite.errors import InputError
from napari_segsuite.widgets.layer_classes import declared
from napari_segsuite.widgets.layers import METADATA_KEY, spacing
from napari_segsuite.widgets.prompt.asking import Scene
from napari_segsuite.widgets.prompt.timers import single_shot
from napari_segsuite.widgets.session import Session

KEY: Final = "prompts"

# Writing a record of thousands of objects takes a while: not at each of several
# commits in a row.
_SETTLES_MS: Final = 700


class ObjectBook:
    """The objects of one layer at a time.

    Parameters
    ----------
    session : Session
        Whose threads write the record.
    """

    changed = Signal()
    """Objects are new, gone or different."""

    def __init__(self, session: Session) -> None:
        self.objects: tuple[PromptedObject, ...] = ()
        """The objects, in the order in which they were first committed."""
        self.problem = ""
        """Why the record that a layer brought cannot be used."""
        self.record: PromptRecord | None = None
        """The record as it was written last."""
        self._session = session
        self._layer: Labels | None = None
        self._scene: Scene | None = None
        self._sha256 = ""
        self._timer = single_shot(session.qt_parent, self._write, _SETTLES_MS)

    def open(self, layer: Labels | None) -> None:
        """Take up the objects that a layer's metadata holds."""
        if layer is self._layer:
            return
        self._layer, self.objects, self.problem, self.record = layer, (), "", None
        self._timer.stop()
        values = {} if layer is None else layer.metadata.get(METADATA_KEY, {})
        if layer is not None and KEY in values:
            try:
                self.record = load_record(values[KEY])
            except InputError as error:
                self.problem = str(error)
            else:
                if self.record.shape == tuple(layer.data.shape):
                    self.objects = self.record.objects
        self.changed.emit()

    def find(self, id_: int | None) -> PromptedObject | None:
        """Return the object with an id, if it was made from prompts."""
        return next((one for one in self.objects if one.id == id_), None)

    def set(self, objects: tuple[PromptedObject, ...]) -> None:
        """Have these objects, and write them to the layer soon."""
        if objects == self.objects:
            return
        self.objects = objects
        self._timer.start()
        self.changed.emit()

    def made_by(self, scene: Scene, sha256: str) -> None:
        """Say which image and model later objects come from."""
        self._scene, self._sha256 = scene, sha256

    def flush(self) -> None:
        """Write the objects to the layer now, if they are new."""
        if self._timer.isActive():
            self._timer.stop()
            layer, make = self._layer, self._maker()
            if layer is not None and make is not None:
                self._keep(layer, make())

    def _write(self) -> None:
        layer, make = self._layer, self._maker()
        if layer is None or make is None:
            return
        self._session.in_background(
            make, lambda made: self._keep(layer, made), lambda _: None
        )

    def _maker(self) -> Callable[[], tuple[PromptRecord, Any]] | None:
        """Return a function that makes the record, to be called in any thread."""
        layer, scene = self._layer, self._scene
        if layer is None or scene is None:
            return None
        facts = {
            "model": scene.model.name,
            "model_sha256": self._sha256,
            "image": scene.picture.image.name,
            "axes": without_channels(scene.picture.axes),
            "shape": tuple(int(size) for size in layer.data.shape),
            "spacing": spacing(layer, without_channels(scene.picture.axes)),
            "shown": scene.shown,
            "objects": self.objects,
        }

        def make() -> tuple[PromptRecord, Any]:
            try:
                record = PromptRecord(**facts)
            except ValidationError as error:
                msg = f"The prompts cannot be kept: {error}"
                raise InputError(msg) from error
            return record, record.model_dump(mode="json")

        return make

    def _keep(self, layer: Labels, made: tuple[PromptRecord, Any]) -> None:
        record, values = made
        self.record = record
        own = {**layer.metadata.get(METADATA_KEY, {}), KEY: values}
        layer.metadata = {**layer.metadata, METADATA_KEY: own}
        classes = {one.id: one.class_id for one in record.objects if one.class_id}
        if classes:
            names = {info.id: info.name for info in declared(layer)}
            layer.features = {
                "index": list(classes),
                "class": [names.get(c, f"class {c}") for c in classes.values()],
                "class_id": list(classes.values()),
            }
