"""What is prompted in a viewer: the image, the draft, the answers to it."""

from __future__ import annotations

from typing import Any, Final

from psygnal import Signal

from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.errors import InputError
from napari_segsuite.widgets.prompt.answers import Answers
from napari_segsuite.widgets.prompt.asking import Asking, Offers, Scene
from napari_segsuite.widgets.prompt.draft import Draft, Drafting, changed_planes
from napari_segsuite.widgets.prompt.draft_masks import DraftMasks
from napari_segsuite.widgets.prompt.drawing import Drawing
from napari_segsuite.widgets.prompt.image_watch import ImageWatch
from napari_segsuite.widgets.prompt.picture import Index, Picture
from napari_segsuite.widgets.prompt.screen import Screen
from napari_segsuite.widgets.prompt.timers import single_shot
from napari_segsuite.widgets.session import Session

# Only a slice that somebody stays at is worth preparing.
_STAYS_MS: Final = 120


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
        self._answers = Answers()
        self.masks = DraftMasks(self.drafting, self._answers)
        """The masks of the draft."""
        self.drawing = Drawing(
            session, self.screen, self.asking, self.drafting, self.masks
        )
        """What draws all that, and when."""
        self._watch = ImageWatch(session.viewer, session.qt_parent)
        self._stayed = single_shot(session.qt_parent, self._prepare, _STAYS_MS)
        self.drafting.changed.connect(self._on_draft)
        self.asking.answered.connect(self._on_answer)
        self.asking.failed.connect(self._on_failure)
        self.asking.changed.connect(self.changed.emit)
        self.points.edited.connect(self._on_points)
        self.drawing.plane_shown.connect(self._on_plane)
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
        self.drawing.show_plane_soon()
        self.changed.emit()

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
            self.drawing.show_points()
            self.drawing.show_plane()

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
        self.drawing.delay(index, click)
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
        self.drawing.show_plane()
        self.changed.emit()

    def choose(self, number: int) -> None:
        """Mean another of the masks offered on the plane in view."""
        index = self.drawing.index
        if index is not None:
            self.masks.choose(index, number)

    def cycle(self) -> None:
        """Mean the next of the masks offered on the plane in view."""
        index = self.drawing.index
        if index is not None:
            self.masks.cycle(index)

    # What follows from it.

    def _on_draft(self, before: Draft, after: Draft) -> None:
        shown = self.drawing.index
        changed = changed_planes(before, after)
        if changed:
            self.told.emit("")
        # What is in view is asked last, and so answered first.
        for index in sorted(changed, key=lambda i: i == shown):
            self._ask(index)
        self._answers.keep(after.prompts)
        self.drawing.follow_draft()
        if shown not in changed or not after.prompt(shown).says_where:
            self.drawing.draw()
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
        self.drawing.follow_answer(index)
        if not any(offer.mask.area for offer in offers):
            self.told.emit("The model finds nothing there; try a click or a box.")
        self.changed.emit()

    def _on_failure(self, index: Index, reason: str) -> None:
        if self.draft.prompt(index).says_where:
            self._answers.fail(index, reason)
        self.drawing.follow_failure()
        self.told.emit(reason)
        self.changed.emit()

    def _on_points(self) -> None:
        clicks = self.drawing.take_clicks()
        draft = self.draft
        for index in {*clicks, *draft.prompts}:
            said = draft.prompt(index)
            draft = draft.saying(index, said.replace(clicks=clicks.get(index, ())))
        self.drafting.do(draft)
        outside = self.points.outside
        self.drawing.show_points()
        if outside:
            many = "A point lies" if outside == 1 else f"{outside} points lie"
            self.told.emit(f"{many} outside the image and mean nothing.")

    def _on_moved(self, _event: Any = None) -> None:
        self.drawing.show_plane_soon()
        self._stayed.start()

    def _on_plane(self) -> None:
        self._stayed.start()
        self.changed.emit()

    def _prepare(self) -> None:
        index = self.drawing.index
        if index is not None:
            self.asking.prepare([index, *self.drawing.beside(index)])
