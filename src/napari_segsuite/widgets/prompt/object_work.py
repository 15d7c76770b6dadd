"""Objects one after the other: commit, drop, take up again, undo, redo."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from napari.layers import Labels
from napari.utils.key_bindings import coerce_keybinding
from psygnal import Signal

from napari_segsuite.data.prompts.objects import PromptedObject
from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.widgets.prompt.committing import Commit, Committing
from napari_segsuite.widgets.prompt.draft import Draft
from napari_segsuite.widgets.prompt.picture import Index
from napari_segsuite.widgets.prompt.prompting import Prompting
from napari_segsuite.widgets.prompt.targets import check_target
from napari_segsuite.widgets.prompt.timers import single_shot
from napari_segsuite.widgets.safety.net import SafetyNet
from napari_segsuite.widgets.session import Session


class ObjectWork:
    """Brings the draft into a Labels layer, and objects of the layer into the draft.

    Parameters
    ----------
    session : Session
        The session of the viewer.
    """

    changed = Signal()
    """The layer, its objects, or what can be done is new."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.prompting = session.shared(Prompting)
        self.committing = Committing(session)
        self.class_id: int | None = None
        """The class of objects to come; None for none."""
        self._wanted = False
        # napari is in the midst of its own undo when this is told.
        self._happened: list[tuple[Commit, bool]] = []
        self._settle = single_shot(session.qt_parent, self.settle, 0)
        self.committing.undone.connect(lambda commit: self._note(commit, done=False))
        self.committing.redone.connect(lambda commit: self._note(commit, done=True))
        self.committing.book.changed.connect(self.changed.emit)
        self.committing.highest.known.connect(self._commit_wanted)
        self.prompting.changed.connect(self._commit_wanted)

    @property
    def layer(self) -> Labels | None:
        """The layer that objects are committed to."""
        return self.committing.layer

    @property
    def objects(self) -> tuple[PromptedObject, ...]:
        """The objects of the layer that were made from prompts."""
        return self.committing.book.objects

    @property
    def in_hand(self) -> PromptedObject | None:
        """The object of the layer that is being refined."""
        return self.committing.book.find(self.prompting.draft.id)

    @property
    def unsaved(self) -> bool:
        """Whether the draft says what the layer does not hold."""
        draft = self.prompting.draft
        if draft.empty:
            return False
        return self.in_hand is None or self.prompting.drafting.can_undo

    def commit_to(self, layer: Labels | None) -> None:
        """Commit to another layer from now on, or to none."""
        if layer is self.layer:
            return
        drafting = self.prompting.drafting
        if self.in_hand is not None:
            drafting.begin(Draft())
        elif drafting.draft.id is not None:
            drafting.amend(replace(drafting.draft, id=None))
        for before, key, _ in self._keys(self.layer):
            before.keymap.pop(key, None)
        self.committing.follow(layer)
        for now, key, function in self._keys(layer):
            now.keymap[key] = function
        if layer is not None:
            self.session.shared(SafetyNet).keep(layer)
        if self.committing.book.problem:
            self.prompting.told.emit(self.committing.book.problem)
        self.changed.emit()

    def commit(self) -> None:
        """Write the draft to the layer, as soon as its masks are there."""
        self.settle()
        self._wanted = True
        self._commit_wanted()

    def drop(self) -> None:
        """Give the draft up; an object of the layer stays there as it is."""
        self._wanted = False
        drafting = self.prompting.drafting
        if self.in_hand is not None:
            drafting.begin(Draft())
        else:
            # A new object is another, even if the commit of this one was undone.
            drafting.do(Draft())
        self.changed.emit()

    def step(self, way: int) -> None:
        """Take up the next object of the layer (+1) or the one before (-1)."""
        if self.unsaved:
            self.prompting.told.emit(
                "Commit (K) or drop (Shift+K) the object in hand before another."
            )
            return
        objects = self.objects
        if not objects:
            self.prompting.told.emit("No object was committed from prompts yet.")
            return
        ids = [one.id for one in objects]
        draft = self.prompting.draft
        if draft.id in ids:
            place = (ids.index(draft.id) + way) % len(ids)
        else:
            place = 0 if way > 0 else len(ids) - 1
        self.take_up(objects[place])

    def take_up(self, one: PromptedObject) -> None:
        """Make an object of the layer the draft, and go where it is."""
        self.class_id = one.class_id
        planes = sorted(one.prompts) or sorted(one.masks)
        if planes:
            self._go_to(planes, one)
        self.prompting.drafting.begin(
            Draft(
                id=one.id,
                prompts=dict(one.prompts),
                chosen=dict(one.chosen),
                masks=dict(one.masks),
            )
        )
        self.changed.emit()

    def undo(self) -> None:
        """Take back the last prompt; without one, the last change of the layer."""
        self.settle()
        if not self.prompting.drafting.undo() and self.layer is not None:
            self.layer.undo()
            self.settle()

    def redo(self) -> None:
        """Do again what `undo` took back."""
        self.settle()
        if not self.prompting.drafting.redo() and self.layer is not None:
            self.layer.redo()
            self.settle()

    def _keys(self, layer: Labels | None) -> list[tuple[Any, Any, Any]]:
        """Return the keys of a layer that take prompts back before its own history."""
        if layer is None:
            return []

        def undo(_layer: Labels) -> None:
            panning = str(layer.mode) == "pan_zoom"
            if not (panning and self.prompting.drafting.undo()):
                layer.undo()

        def redo(_layer: Labels) -> None:
            panning = str(layer.mode) == "pan_zoom"
            if not (panning and self.prompting.drafting.redo()):
                layer.redo()

        return [
            (layer, coerce_keybinding("Control-Z"), undo),
            (layer, coerce_keybinding("Control-Shift-Z"), redo),
        ]

    def settle(self) -> None:
        """Follow what napari's undo and redo have done to the layer."""
        self._settle.stop()
        happened, self._happened = self._happened, []
        drafting = self.prompting.drafting
        for commit, done in happened:
            draft = drafting.draft
            if commit.draft.empty:
                continue  # several objects at once, which came from no draft
            if not done and (draft.empty or draft.id == commit.draft.id):
                drafting.begin(commit.draft, commit.steps)
            # What was said since it was undone stays, as a refinement.
            same = draft == commit.draft or drafting.can_redo
            if done and draft.id == commit.draft.id and same:
                drafting.begin(Draft())
        if happened:
            self.changed.emit()

    def _note(self, commit: Commit, *, done: bool) -> None:
        self._happened.append((commit, done))
        self._settle.start()

    def _commit_wanted(self) -> None:
        if not self._wanted:
            return
        prompting, layer = self.prompting, self.layer
        scene = prompting.scene
        known = self.committing.highest.value is not None
        if prompting.masks.waits_for is not None or (layer is not None and not known):
            return  # told again when the answer or the number is there
        self._wanted = False
        try:
            masks = prompting.masks.all()
            if layer is not None and scene is not None:
                check_target(layer, scene.picture)
            made = self.committing.commit(
                prompting.draft, prompting.drafting.steps, masks, self.class_id
            )
        except SegsuiteError as error:
            prompting.told.emit(str(error))
            return
        prompting.drafting.begin(Draft())
        prompting.told.emit(f"Object {made.id} committed, {_size(made)}.")
        self.changed.emit()

    def _go_to(self, planes: list[Index], one: PromptedObject) -> None:
        """Show a plane of an object, and its place if it is out of view."""
        prompting, viewer = self.prompting, self.session.viewer
        scene = prompting.scene
        if scene is None:
            return
        try:
            here: Any = scene.picture.index_shown(viewer)
        except InputError:
            here = None
        index = here if here in planes or here in one.masks else planes[0]
        mask = one.masks.get(index)
        if mask is None:
            return
        middle = [o + s / 2 for o, s in zip(mask.offset, mask.shape, strict=True)]
        scene.picture.lead_to(viewer, index, middle)


def _size(one: PromptedObject) -> str:
    planes = len(one.masks)
    pixels = f"{one.area:,} pixels"
    return pixels if planes == 1 else f"{pixels} on {planes} slices"
