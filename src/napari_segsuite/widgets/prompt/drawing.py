"""When the object in hand is drawn: what was answered first, all else around it."""

from __future__ import annotations

from typing import Final

from psygnal import Signal

from napari_segsuite.data.prompts.prompt import Box, Click
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import SegsuiteError
from napari_segsuite.widgets.prompt.asking import Asking
from napari_segsuite.widgets.prompt.draft import Drafting
from napari_segsuite.widgets.prompt.draft_masks import DraftMasks
from napari_segsuite.widgets.prompt.picture import Index, neighbours
from napari_segsuite.widgets.prompt.prompt_points import clicks_of
from napari_segsuite.widgets.prompt.screen import Screen
from napari_segsuite.widgets.prompt.timers import single_shot
from napari_segsuite.widgets.session import Session

# A click is drawn after its mask if that comes soon: drawing the whole window takes
# longer than most answers.
_POINT_WAITS_MS: Final = 80
_POINT_FOLLOWS_MS: Final = 25
# So long the window draws nothing after a click: napari draws it whole for the mouse
# alone, and where there is no GPU that takes the processors from the answer.
_STILL_MS: Final = 50
_BESIDE: Final = 2


class Drawing:
    """Draws clicks, boxes and masks of the plane in view.

    Everything happens in the GUI thread.

    Parameters
    ----------
    session : Session
        The session of the viewer.
    screen : Screen
        Our layers in it.
    asking : Asking
        Knows the image, and whether an answer is due.
    drafting : Drafting
        The object in hand.
    masks : DraftMasks
        Its masks.
    """

    plane_shown = Signal()
    """The plane in view was drawn, which may be another one."""

    def __init__(
        self,
        session: Session,
        screen: Screen,
        asking: Asking,
        drafting: Drafting,
        masks: DraftMasks,
    ) -> None:
        self._session = session
        self._screen = screen
        self._asking = asking
        self._drafting = drafting
        self._masks = masks
        self._unshown: list[tuple[Index, Click]] = []
        parent = session.qt_parent
        self._mirror = single_shot(parent, self.show_points, _POINT_WAITS_MS)
        self._still = single_shot(parent, self._draw_again, _STILL_MS)
        self._moved = single_shot(parent, self.show_plane, 0)

    # Which plane.

    @property
    def index(self) -> Index | None:
        """The plane in view; None if there is none, or nothing can be prompted."""
        scene = self._asking.scene
        if scene is None:
            return None
        try:
            return scene.picture.index_shown(self._session.viewer)
        except SegsuiteError:
            return None

    def beside(self, index: Index | None) -> list[Index]:
        """Return the planes beside one, the nearest first."""
        scene = self._asking.scene
        if scene is None or index is None:
            return []
        return neighbours(index, scene.picture.shape[:-2], _BESIDE)

    # At once.

    def draw(self) -> None:
        """Draw what is said and offered on the plane in view, but for the clicks."""
        scene, index = self._asking.scene, self.index
        if scene is None:
            return
        masks: list[MaskRuns] = []
        if index is not None and (mask := self._masks.at(index)) is not None:
            masks = [mask, *self._masks.others_at(index)]
        beside, draft = self.beside(index), self._drafting.draft
        self._screen.draw(scene.picture, index, beside, draft, masks)

    def show_plane(self) -> None:
        """Draw the plane in view, and have the layers for it."""
        if self._asking.scene is not None:
            self._screen.prepare(self._asking.scene.picture)
        self._shade_points()
        self.draw()
        self.plane_shown.emit()

    def show_points(self) -> None:
        """Draw the clicks."""
        self._mirror.stop()
        if self._screen.points.edits_wait:
            return  # they are told soon, and then this again
        self._unshown.clear()
        self._screen.points.show(clicks_of(self._drafting.draft.prompts))
        self._shade_points()

    def sketch(self, box: Box | None) -> None:
        """Draw a box that is not said yet, or none."""
        self._screen.sketch = box
        self.draw()

    def show_also(self, index: Index, masks: list[MaskRuns]) -> None:
        """Draw masks of other objects on a plane too."""
        self._screen.also[index] = masks
        if index == self.index:
            self.draw()

    def show_also_nothing(self) -> None:
        """Draw no masks of other objects any more."""
        if self._screen.also:
            self._screen.also.clear()
            self.draw()

    # When it suits.

    def show_plane_soon(self) -> None:
        """Draw the plane in view after what happens now."""
        self._moved.start()

    def delay(self, index: Index, click: Click) -> None:
        """Draw the point of a click, said next, when its mask is drawn, or soon."""
        self._unshown.append((index, click))

    def follow_draft(self) -> None:
        """Draw the clicks of a changed draft: at once, or when an answer has come."""
        if self._unshown and self._asking.answering:
            self._mirror.start(_POINT_WAITS_MS)
            self._session.freeze(True)
            self._still.start()
        else:
            self.show_points()

    def follow_answer(self, index: Index) -> None:
        """Draw what was answered about a plane, and soon the click it answers."""
        if index == self.index:
            self.draw()
        self._draw_again()
        if self._mirror.isActive():
            self._mirror.start(_POINT_FOLLOWS_MS)

    def follow_failure(self) -> None:
        """Draw the clicks for which no answer comes."""
        self._draw_again()
        self.show_points()

    def take_clicks(self) -> dict[Index, tuple[Click, ...]]:
        """Return the clicks that users see, and those that are not drawn yet.

        The latter count as drawn from now on.
        """
        clicks = self._screen.points.clicks()
        for index, click in self._unshown:
            clicks[index] = (*clicks.get(index, ()), click)
        self._unshown.clear()
        return clicks

    def _draw_again(self) -> None:
        if self._still.isActive():
            self._still.stop()
        self._session.freeze(False)

    def _shade_points(self) -> None:
        index = self.index
        if index is not None:
            self._screen.points.show_plane(index)
