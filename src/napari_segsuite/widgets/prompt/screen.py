"""Our layers in the viewer: points, masks, and the scribble of the plane in view."""

from __future__ import annotations

from collections.abc import Sequence

from napari_segsuite.data.prompts.prompt import Box, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.widgets.prompt.draft import Draft
from napari_segsuite.widgets.prompt.mask_view import MaskView
from napari_segsuite.widgets.prompt.picture import Index, Picture
from napari_segsuite.widgets.prompt.prompt_points import PromptPoints
from napari_segsuite.widgets.prompt.scribble import Scribble
from napari_segsuite.widgets.session import Session


class Screen:
    """Draws what is said and offered.

    Parameters
    ----------
    session : Session
        The session of the viewer.
    """

    def __init__(self, session: Session) -> None:
        viewer = session.viewer
        self.points = PromptPoints(viewer.layers, session.qt_parent)
        """The clicks."""
        self.view = MaskView(viewer.layers)
        """The masks."""
        self.scribble = Scribble(viewer.layers, session.qt_parent)
        """The rough mask."""
        self.shows_masks = True
        """Whether masks are drawn."""
        self.sketch: Box | None = None
        """A box that is being dragged."""
        self.also: dict[Index, list[MaskRuns]] = {}
        """Masks of other objects, by plane."""
        self._camera = viewer.scene.camera

    def prepare(self, picture: Picture) -> None:
        """Have the layers before the first click, so that it need not wait for them."""
        self.points.prepare()
        self.view.prepare(picture)

    def remove(self) -> None:
        """Take the layers out of the viewer."""
        self.view.remove()
        self.points.remove()
        self.scribble.remove()

    def draw(
        self,
        picture: Picture,
        index: Index | None,
        beside: Sequence[Index],
        draft: Draft,
        masks: Sequence[MaskRuns],
    ) -> None:
        """Draw a plane.

        Parameters
        ----------
        picture : Picture
            The image.
        index : tuple of int or None
            The plane; None if none is in view.
        beside : sequence of tuple of int
            The planes beside it, whose clicks are marked faintly.
        draft : Draft
            What is said.
        masks : sequence of MaskRuns
            The chosen mask, then the others that are offered.
        """
        prompt = PlanePrompt() if index is None else draft.prompt(index)
        self.scribble.show(prompt.mask)
        chosen: list[MaskRuns] = []
        others: Sequence[MaskRuns] = ()
        if index is not None and self.shows_masks:
            chosen = [*self.also.get(index, ()), *masks[:1]]
            others = masks[1:]
        self.view.show(
            picture,
            chosen,
            others,
            self.sketch or prompt.box,
            [click for plane in beside for click in draft.prompt(plane).clicks],
            zoom=float(self._camera.zoom),
        )
