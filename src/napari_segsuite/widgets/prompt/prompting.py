"""What is prompted in a viewer: the image, the draft, its masks on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from psygnal import Signal

from napari_segsuite.data.prompts.prompt import Box, Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.jobs.prompting import MaskOffer
from napari_segsuite.widgets.prompt.answers import Answers
from napari_segsuite.widgets.prompt.asking import Asking, Offers, Scene
from napari_segsuite.widgets.prompt.draft import Draft, Drafting, changed_planes
from napari_segsuite.widgets.prompt.image_watch import ImageWatch
from napari_segsuite.widgets.prompt.picture import Index, Picture, neighbours
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
# Only a slice that somebody stays at is worth preparing.
_STAYS_MS: Final = 120
_AHEAD: Final = 2


class Prompting:
    """The prompts of one image at a time, and the masks that they mean.

    Shared by the docks of a viewer. Everything happens in the GUI thread.

    Parameters
    ----------
    session : Session
        The session of the viewer.
    """

    changed = Signal()
    """The draft, its masks, or what can be done is new."""
    told = Signal(str)
    """Something to say in a sentence; empty when it is over."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.asking = Asking(session)
        self.drafting = Drafting()
        self.positive = True
        """Whether the next click means foreground."""
        self.listener = 0
        """Which dock the mouse is told to; of several, the one shown last."""
        self.screen = Screen(session)
        """Our layers in the viewer."""
        self.points = self.screen.points
        self._watch = ImageWatch(session.viewer, session.qt_parent)
        self._answers = Answers()
        self._unshown: list[tuple[Index, Click]] = []
        parent = session.qt_parent
        self._mirror = single_shot(parent, self._show_points, _POINT_WAITS_MS)
        self._still = single_shot(parent, self._draw_again, _STILL_MS)
        self._moved = single_shot(parent, self._show_plane, 0)
        self._stayed = single_shot(parent, self._prepare, _STAYS_MS)
        self.drafting.changed.connect(self._on_draft)
        self.asking.answered.connect(self._on_answer)
        self.asking.failed.connect(self._on_failure)
        self.asking.changed.connect(self.changed.emit)
        self.points.edited.connect(self._on_points)
        self._watch.pixels_changed.connect(self.image_changed)
        self._watch.place_changed.connect(self._on_place)
        dims = session.viewer.dims.events
        for event in (dims.point, dims.ndisplay, dims.order):
            event.connect(self._on_moved)

    # What is prompted.

    @property
    def scene(self) -> Scene | None:
        """Image and model; None while one is missing."""
        return self.asking.scene

    @property
    def picture(self) -> Picture:
        """The image.

        Raises
        ------
        InputError
            If image or model is missing.
        """
        if self.scene is None:
            msg = "Choose an image and a model first."
            raise InputError(msg)
        return self.scene.picture

    @property
    def draft(self) -> Draft:
        """The object in hand."""
        return self.drafting.draft

    def look_at(self, scene: Scene | None) -> None:
        """Prompt another image, or by another model, from now on."""
        before, now = self.scene, scene
        same = before and now and before.picture is now.picture
        self.asking.look_at(scene)
        self._answers.clear()
        if not same:
            self.drafting.begin(Draft())
            self.screen.remove()
        self.points.belong_to(None if scene is None else scene.picture)
        self._watch.follow(() if scene is None else scene.picture.images)
        if same:
            self._ask_again()
        # Not now: napari may be in the midst of adding the image.
        self._moved.start()
        self.changed.emit()

    def sketch(self, box: Box | None) -> None:
        """Draw a box that is not said yet, or none."""
        self.screen.sketch = box
        self._draw()

    def show_also(self, index: Index, masks: list[MaskRuns]) -> None:
        """Draw masks of other objects on a plane too."""
        self.screen.also[index] = masks
        if index == self._index_or_none():
            self._draw()

    def show_also_nothing(self) -> None:
        """Draw no masks of other objects any more."""
        if self.screen.also:
            self.screen.also.clear()
            self._draw()

    def leave(self) -> None:
        """Take our layers out of the viewer, unless an object is in hand."""
        if self.draft.empty and not self.session.closed:
            self.look_at(None)
            self.screen.remove()

    def image_changed(self) -> None:
        """Look again at the planes, whose pixels may be others, and ask again."""
        self.asking.forget()
        self._answers.doubt()
        self._ask_again()
        self._stayed.start()

    def _on_place(self) -> None:
        """Let our layers lie where the image lies now."""
        if self.scene is not None:
            self.screen.remove()
            self._show_points()
            self._show_plane()

    def index_shown(self) -> Index:
        """Return the plane in view.

        Raises
        ------
        InputError
            If there is none, or nothing can be prompted.
        """
        return self.picture.index_shown(self.session.viewer)

    # Prompts.

    def add_click(self, index: Index, click: Click) -> None:
        """Add a click on a plane; its point is drawn when its mask is, or soon."""
        self._unshown.append((index, click))
        said = self.draft.prompt(index)
        self.say(index, said.replace(clicks=(*said.clicks, click)))

    def say(self, index: Index, prompt: PlanePrompt) -> None:
        """Say something else about the object on a plane."""
        self.drafting.do(self.draft.saying(index, prompt))

    def set_positive(self, positive: bool) -> None:
        """Say what the next clicks mean."""
        self.positive = positive
        self.points.set_positive(positive)
        self.changed.emit()

    def show_masks(self, visible: bool) -> None:
        """Draw the masks, or do not."""
        self.screen.shows_masks = visible
        self._show_plane()
        self.changed.emit()

    # Masks.

    def offers_at(self, index: Index) -> tuple[MaskOffer, ...]:
        """Return the masks offered on a plane, the best first."""
        return self._answers.offers(index)

    def chosen_at(self, index: Index) -> int:
        """Return which of them is meant."""
        most = max(0, len(self.offers_at(index)) - 1)
        return min(self.draft.chosen.get(index, 0), most)

    def mask_at(self, index: Index) -> MaskRuns | None:
        """Return the object's mask on a plane, or None."""
        if index in self.draft.masks:
            return self.draft.masks[index]
        offers = self.offers_at(index)
        return offers[self.chosen_at(index)].mask if offers else None

    def choose(self, number: int) -> None:
        """Mean another of the masks offered on the plane in view."""
        index = self._index_or_none()
        if index is not None and number < len(self.offers_at(index)):
            self.drafting.amend(self.draft.choosing(index, number))

    def cycle(self) -> None:
        """Mean the next of the masks offered on the plane in view."""
        index = self._index_or_none()
        if index is None:
            return
        count = len(self.offers_at(index))
        if count > 1:
            self.choose((self.chosen_at(index) + 1) % count)

    @property
    def waits_for(self) -> Index | None:
        """A plane whose question is not answered yet."""
        for index, prompt in self.draft.prompts.items():
            if not prompt.says_where or index in self.draft.masks:
                continue
            if not self._answers.settled(index, prompt):
                return index
        return None

    @property
    def has_mask(self) -> bool:
        """Whether the draft has a mask, or will have one when it is answered."""
        if self.waits_for is not None or self.draft.masks:
            return True
        return any(self.mask_at(index) is not None for index in self.draft.prompts)

    def masks(self) -> Mapping[Index, MaskRuns]:
        """Return the object's masks on all planes.

        Raises
        ------
        InputError
            If it has none, or a question is not answered.
        """
        for index in self.draft.prompts:
            reason = self._answers.failure(index)
            if reason and index not in self.draft.masks:
                raise InputError(reason)
        planes = {*self.draft.prompts, *self.draft.masks}
        found = {index: self.mask_at(index) for index in sorted(planes)}
        masks = {i: mask for i, mask in found.items() if mask is not None and mask.area}
        if not masks:
            msg = "There is no mask to commit: click an object first."
            raise InputError(msg)
        return masks

    # What follows from it.

    def _on_draft(self, before: Draft, after: Draft) -> None:
        shown = self._index_or_none()
        changed = changed_planes(before, after)
        if changed:
            self.told.emit("")
        # What is in view is asked last, and so answered first.
        for index in sorted(changed, key=lambda i: i == shown):
            self._ask(index)
        self._answers.keep(after.prompts)
        if self._unshown and self.asking.answering:
            self._mirror.start(_POINT_WAITS_MS)
            self.session.freeze(True)
            self._still.start()
        else:
            self._show_points()
        if shown not in changed or not after.prompt(shown).says_where:
            self._draw()
        self.changed.emit()

    def _ask(self, index: Index) -> None:
        prompt = self.draft.prompt(index)
        if prompt.says_where:
            self._answers.ask(index)
            self.asking.ask(index, prompt)
            return
        self.asking.withdraw(index)
        self._answers.drop(index)
        if prompt.clicks:
            self.told.emit(
                "Background points alone do not say where the object is: add a "
                "foreground point or a box."
            )

    def _ask_again(self) -> None:
        for index in self.draft.prompts:
            if index not in self.draft.masks:
                self._ask(index)

    def _on_answer(self, index: Index, prompt: PlanePrompt, offers: Offers) -> None:
        if self.draft.prompt(index) != prompt:
            return
        self._answers.take(index, prompt, offers)
        if index == self._index_or_none():
            self._draw()
        self._draw_again()
        if self._mirror.isActive():
            self._mirror.start(_POINT_FOLLOWS_MS)
        if not any(offer.mask.area for offer in offers):
            self.told.emit("The model finds nothing there; try a click or a box.")
        self.changed.emit()

    def _draw_again(self) -> None:
        if self._still.isActive():
            self._still.stop()
        self.session.freeze(False)

    def _on_failure(self, index: Index, reason: str) -> None:
        if self.draft.prompt(index).says_where:
            self._answers.fail(index, reason)
        self._draw_again()
        self._show_points()
        self.told.emit(reason)
        self.changed.emit()

    def _on_points(self) -> None:
        clicks = self.points.clicks()
        for index, click in self._unshown:
            clicks[index] = (*clicks.get(index, ()), click)
        self._unshown.clear()
        draft = self.draft
        for index in {*clicks, *draft.prompts}:
            said = draft.prompt(index)
            draft = draft.saying(index, said.replace(clicks=clicks.get(index, ())))
        self.drafting.do(draft)
        outside = self.points.outside
        self._show_points()
        if outside:
            many = "A point lies" if outside == 1 else f"{outside} points lie"
            self.told.emit(f"{many} outside the image and mean nothing.")

    def _show_points(self) -> None:
        self._mirror.stop()
        if self.points.edits_wait:
            return  # `_on_points` comes soon, and then this again
        self._unshown.clear()
        self.points.show(clicks_of(self.draft.prompts))
        self._shade_points()

    def _shade_points(self) -> None:
        index = self._index_or_none()
        if index is not None:
            self.points.show_plane(index)

    def _on_moved(self, _event: Any = None) -> None:
        self._moved.start()
        self._stayed.start()

    def _show_plane(self) -> None:
        if self.scene is not None:
            self.screen.prepare(self.scene.picture)
        self._shade_points()
        self._draw()
        self._stayed.start()
        self.changed.emit()

    def _draw(self) -> None:
        scene, index = self.scene, self._index_or_none()
        if scene is None:
            return
        masks: list[MaskRuns] = []
        if index is not None and (mask := self.mask_at(index)) is not None:
            number, offers = self.chosen_at(index), self.offers_at(index)
            masks = [mask, *(o.mask for n, o in enumerate(offers) if n != number)]
        beside = self._beside(index)
        self.screen.draw(scene.picture, index, beside, self.draft, masks)

    def _beside(self, index: Index | None) -> list[Index]:
        """Return the planes beside one, the nearest first."""
        if self.scene is None or index is None:
            return []
        return neighbours(index, self.scene.picture.shape[:-2], _AHEAD)

    def _prepare(self) -> None:
        index = self._index_or_none()
        if index is not None:
            self.asking.prepare([index, *self._beside(index)])

    def _index_or_none(self) -> Index | None:
        try:
            return self.index_shown()
        except SegsuiteError:
            return None
