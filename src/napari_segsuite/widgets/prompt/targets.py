"""Labels layers to commit to: what they must be, and what they hold already."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from napari.layers import Labels
from psygnal import Signal

from napari_segsuite.data.prompts.placing import check_id
from napari_segsuite.errors import InputError
from napari_segsuite.widgets.layers import check_same_place, is_overlay
from napari_segsuite.widgets.prompt.picture import Picture
from napari_segsuite.widgets.prompt.trail import Trail
from napari_segsuite.widgets.session import Session

# Rows of the first axis are looked through in parts of this many pixels.
_PART = 1 << 24


def can_be_target(layer: object) -> bool:
    """Whether objects may be committed to a layer: labels that no job only shows."""
    return (
        isinstance(layer, Labels)
        and not is_overlay(layer)
        and not {"preview", "truth"} & set(layer.metadata.get("segsuite", {}))
    )


def is_for_objects(layer: Labels) -> bool:
    """Whether a layer was made for objects: only such a one is chosen by itself."""
    return bool({"objects", "prompts"} & set(layer.metadata.get("segsuite", {})))


def check_target(layer: Labels, picture: Picture) -> None:
    """Check that objects of an image can be committed to a layer.

    Raises
    ------
    InputError
        If it is not in memory, or does not lie on the image.
    """
    if layer.multiscale or not isinstance(layer.data, np.ndarray):
        msg = (
            f"{layer.name!r} is not in memory, so nothing can be committed to it. "
            "Press New to make a layer that fits."
        )
        raise InputError(msg)
    check_same_place(picture.image, picture.axes, layer)
    check_id(1, layer.data.dtype)


class HighestId:
    """The highest id in a layer, counted in a thread and kept up to date.

    It never falls while a layer is followed, so no id is given twice.

    Parameters
    ----------
    session : Session
        Whose threads are used.
    trail : Trail
        Follows the layer.
    """

    known = Signal()
    """The number is known now."""

    def __init__(self, session: Session, trail: Trail) -> None:
        self.value: int | None = None
        """The highest id; None while nobody knows."""
        self._session = session
        self._trail = trail
        trail.painted.connect(self.count)

    def count(self) -> None:
        """Look through the layer, soon."""
        layer = self._trail.layer
        if layer is None or not isinstance(layer.data, np.ndarray):
            self.value = None
            return
        data = layer.data
        self._session.in_background(_highest(data), lambda n: self._done(layer, n))

    def restart(self) -> None:
        """Forget the number, since another layer is followed."""
        self.value = None
        self.count()

    def at_least(self, id_: int) -> None:
        """Know that an id is taken."""
        self.value = max(self.value or 0, id_)

    def _done(self, layer: Labels, found: int) -> None:
        if layer is self._trail.layer:
            self.at_least(found)
            self.known.emit()


def _highest(data: np.ndarray) -> Callable[[], int]:
    def look() -> int:
        step = max(1, _PART // max(1, int(np.prod(data.shape[1:]))))
        parts = (data[i : i + step] for i in range(0, len(data), step))
        return max((int(part.max()) for part in parts if part.size), default=0)

    return look
