"""Notices when the image that is prompted gets other pixels or another place."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from napari.layers import Image
from psygnal import Signal
from qtpy.QtCore import QObject

from napari_segsuite.widgets.prompt.timers import single_shot

_PLACE: Final = ("scale", "translate", "rotate", "shear", "affine", "units")
# Somebody who edits an image in place does so many times in a row.
_SETTLES_MS: Final = 200


class ImageWatch(QObject):
    """Watches the layers of one image.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        The viewer.
    parent : QObject
        What it ends with.
    """

    pixels_changed = Signal()
    """The pixels may be others than before."""
    place_changed = Signal()
    """The image lies elsewhere."""

    def __init__(self, viewer: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._dims = viewer.dims
        self._point = tuple(self._dims.point)
        self._images: tuple[Image, ...] = ()
        self._pixels = single_shot(self, self.pixels_changed.emit, _SETTLES_MS)
        self._place = single_shot(self, self.place_changed.emit, 0)

    def follow(self, images: Sequence[Image]) -> None:
        """Watch these layers and no others."""
        if [id(one) for one in images] == [id(one) for one in self._images]:
            return
        for image in self._images:
            for event, slot in self._slots(image):
                with suppress(ValueError, RuntimeError):
                    event.disconnect(slot)
        self._images = tuple(images)
        self._pixels.stop()
        self._place.stop()
        for image in self._images:
            for event, slot in self._slots(image):
                event.connect(slot)

    def _slots(self, image: Image) -> list[tuple[Any, Any]]:
        events = image.events
        return [
            (events.data, self._on_pixels),
            (events.set_data, self._on_drawn),
            *((getattr(events, name), self._on_place) for name in _PLACE),
        ]

    def _on_pixels(self, _event: Any) -> None:
        self._pixels.start()

    def _on_drawn(self, _event: Any) -> None:
        # Moving through the slices draws anew, and changes nothing.
        point = tuple(self._dims.point)
        if point == self._point:
            self._pixels.start()
        self._point = point

    def _on_place(self, _event: Any) -> None:
        self._place.start()
