"""What users point at, as prompts: clicks, boxes, rough masks on the plane in view."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray

from napari_segsuite.data.prompts.prompt import Box, Click
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.widgets.layers import check_same_place, full_resolution
from napari_segsuite.widgets.prompt.prompting import Prompting
from napari_segsuite.widgets.session import Session

_Place = NDArray[np.float64]


class Pointing:
    """Turns places in the world into prompts; what cannot be is told in a sentence.

    Parameters
    ----------
    session : Session
        The session of the viewer.
    """

    def __init__(self, session: Session) -> None:
        self._prompting = session.shared(Prompting)
        self._prompting.screen.scribble.painted.connect(self._on_scribble)

    def click(self, position: _Place, *, opposite: bool = False) -> None:
        """Add a click; `opposite` to what clicks mean now."""
        prompting = self._prompting
        try:
            index = prompting.index_shown()
            y, x = prompting.picture.pixel(position)
        except InputError as error:
            prompting.told.emit(str(error))
            return
        positive = prompting.positive != opposite
        prompting.add_click(index, Click(y=y, x=x, positive=positive))

    def box(self, start: _Place, stop: _Place) -> None:
        """Set the box, by two corners."""
        prompting = self._prompting
        prompting.drawing.sketch(None)
        try:
            index = prompting.index_shown()
            box = self._box(start, stop)
        except InputError as error:
            prompting.told.emit(str(error))
            return
        if box[2] - box[0] < 1 or box[3] - box[1] < 1:
            prompting.told.emit("A box needs at least a pixel each way; drag further.")
            return
        prompting.say(index, prompting.draft.prompt(index).replace(box=box))

    def sketch_box(self, start: _Place, stop: _Place) -> None:
        """Draw the box that is being dragged."""
        with suppress(InputError):
            self._prompting.drawing.sketch(self._box(start, stop))

    def rough_mask(self, mask: MaskRuns | None) -> None:
        """Set the rough mask, or take it away."""
        prompting = self._prompting
        try:
            index = prompting.index_shown()
        except InputError as error:
            prompting.told.emit(str(error))
            return
        prompting.say(index, prompting.draft.prompt(index).replace(mask=mask))

    def mask_from(self, layer: Labels) -> None:
        """Set the rough mask to the selected object of a layer."""
        prompting, label = self._prompting, int(layer.selected_label)
        try:
            index = prompting.index_shown()
            picture = prompting.picture
            check_same_place(picture.image, picture.axes, layer)
            mask = MaskRuns.of(np.asarray(full_resolution(layer)[index]) == label)
        except SegsuiteError as error:
            prompting.told.emit(str(error))
            return
        if mask.area == 0 or label == 0:
            prompting.told.emit(
                f"{layer.name!r} has no object {label} here. Pick one in it with the "
                "colour picker (key L), then press again."
            )
            return
        self.rough_mask(mask)

    def _box(self, start: _Place, stop: _Place) -> Box:
        """Return the box between two places, cut off at the rim of the image."""
        picture = self._prompting.picture
        corners = [picture.pixel_clamped(place) for place in (start, stop)]
        (y0, x0), (y1, x1) = np.min(corners, axis=0), np.max(corners, axis=0)
        return float(y0), float(x0), float(y1), float(x1)

    def _on_scribble(self) -> None:
        self.rough_mask(self._prompting.screen.scribble.mask)
