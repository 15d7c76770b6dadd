"""All objects of a plane at once, as a new Labels layer that can be filtered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import label_colormap
from numpy.typing import NDArray

from napari_segsuite.data.prompts.planes import PlaneRef
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.prompting import (
    EverythingOptions,
    EverythingResult,
    MaskOffer,
    SegmentEverything,
)
from napari_segsuite.runners.base import Runner
from napari_segsuite.widgets.activity import Activity
from napari_segsuite.widgets.layers import labels_result
from napari_segsuite.widgets.prompt.asking import Scene
from napari_segsuite.widgets.prompt.picture import Index
from napari_segsuite.widgets.prompt.prompting import Prompting
from napari_segsuite.widgets.regions import region_of
from napari_segsuite.widgets.session import Session

# More is asked for than is shown at first, so that the filters can go both ways.
_ASKED: Final = {"min_score": 0.5, "min_stability": 0.7, "min_size": 4}


@dataclass(frozen=True)
class Filter:
    """Which of the objects found are kept."""

    score: float = 0.7
    """The least IoU that the model expects."""
    smallest: int = 16
    """The least pixels."""
    largest: int = 0
    """The most pixels; 0 for no limit."""

    def keeps(self, offer: MaskOffer) -> bool:
        """Whether an object is kept."""
        area = offer.mask.area
        fits = area >= self.smallest and (not self.largest or area <= self.largest)
        return offer.score >= self.score and fits


def drawn(
    offers: Sequence[MaskOffer], which: Filter, shape: tuple[int, int]
) -> NDArray[np.int32]:
    """Return labels, (Y, X), of the objects that are kept.

    Their ids are their places among all that were found, from 1, so that a filter
    that moves gives no object another id.
    """
    labels = np.zeros(shape, np.int32)
    for number, offer in enumerate(offers, start=1):
        if which.keeps(offer):
            mask = offer.mask
            y, x = mask.offset
            part = labels[y : y + mask.shape[0], x : x + mask.shape[1]]
            part[mask.array() & (part == 0)] = number
    return labels


class FindingEverything(Activity):
    """Prompts a plane all over, and keeps what was found for the filter."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.prompting = session.shared(Prompting)
        self.offers: tuple[MaskOffer, ...] = ()
        """What was found last, the surest first."""
        self.filter = Filter()
        """Which of it is kept."""
        self._layer: Labels | None = None
        self._edited = False
        self._asked: tuple[Scene, Index] | None = None

    @property
    def runner(self) -> Runner:
        """The runner that has the model and the plane in memory."""
        return self.session.interactive

    @property
    def layer(self) -> Labels | None:
        """The result, if it is in the viewer and nobody has painted in it."""
        viewer = self.session.viewer
        there = viewer is not None and self._layer in viewer.layers
        return self._layer if there and not self._edited else None

    def find(self, *, visible: bool) -> None:
        """Segment the plane in view, or what of it is visible.

        Raises
        ------
        InputError
            If no plane is in view.
        """
        if self.busy:
            return
        scene = self.prompting.scene
        if scene is None:
            msg = "Choose an image and a model first."
            raise InputError(msg)
        index = self.prompting.index_shown()
        picture = scene.picture
        region = None
        if visible:
            found = region_of(
                self.session.viewer, picture.image, picture.axes, "visible region"
            )
            region = None if found is None else (found[-2], found[-1])
        self._asked = scene, index
        files = self.prompting.asking.files

        def prepare(check: Callable[[], None]) -> SegmentEverything:
            (ref,) = files.save_all(picture, [index], check, self)
            return SegmentEverything(
                model=scene.model,
                plane=PlaneRef(image=ref, shown=scene.shown),
                region=region,
                options=EverythingOptions.model_validate(_ASKED),
                cache=scene.cache,
                device=scene.device,
            )

        self.start(prepare)

    def load_result(self, result: EverythingResult) -> Any:
        """Draw what the filter keeps, in a thread."""
        if self._asked is None:
            return None
        scene, _ = self._asked
        return drawn(result.offers, self.filter, scene.picture.plane_shape)

    def on_finished(self, result: EverythingResult, loaded: Any) -> str:
        """Add the layer."""
        viewer = self.session.viewer
        if self._asked is None or viewer is None:
            return ""
        scene, index = self._asked
        picture = scene.picture
        labels = np.zeros(picture.shape, np.int32)
        labels[index] = loaded
        self.offers, self._edited = result.offers, False
        self._layer = viewer.add_layer(
            labels_result(
                labels,
                like=picture.image,
                axes=picture.axes,
                offset=(0,) * labels.ndim,
                name=f"{picture.image.name} {scene.model.name} everything",
                classes=(),
                provenance={"model": scene.model.name, "image": picture.image.name},
            )
        )
        # Objects, not classes: neighbours in different colours.
        self._layer.colormap = label_colormap(49)
        self._layer.events.paint.connect(self._on_paint)
        return f"{self._count()} in {result.seconds:.1f} s."

    def on_ended(self) -> None:
        """Let the plane's file go."""
        self.prompting.asking.files.release(self)

    def sift(self, which: Filter) -> None:
        """Keep other objects of those found; nothing runs again."""
        if which == self.filter:
            return
        self.filter = which
        layer = self.layer
        if layer is None or self._asked is None:
            return
        scene, index = self._asked
        layer.data[index] = drawn(self.offers, which, scene.picture.plane_shape)
        layer.refresh(extent=False)
        self.message = f"{self._count()}."
        self.changed.emit()

    def _count(self) -> str:
        kept = sum(self.filter.keeps(offer) for offer in self.offers)
        return f"{kept} of {len(self.offers)} objects kept"

    def _on_paint(self, _event: Any = None) -> None:
        # A filter would undo what was corrected by hand.
        self._edited = True
