"""Objects followed through a stack: asked for, shown slice by slice, kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from napari_segsuite.data.prompts.objects import PromptedObject
from napari_segsuite.data.prompts.planes import PlaneRef
from napari_segsuite.data.prompts.prompt import PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.jobs.events import Event, FollowedPlane
from napari_segsuite.jobs.prompting import (
    Followed,
    FollowedResult,
    FollowObjects,
    FollowOptions,
)
from napari_segsuite.runners.base import Runner
from napari_segsuite.widgets.activity import Activity
from napari_segsuite.widgets.prompt.draft import Draft
from napari_segsuite.widgets.prompt.object_work import ObjectWork
from napari_segsuite.widgets.prompt.picture import Index
from napari_segsuite.widgets.prompt.prompting import Prompting
from napari_segsuite.widgets.session import Session


@dataclass(frozen=True)
class Way:
    """The planes through which objects are followed."""

    index: Index
    """A plane of the way."""
    axis: int
    """The axis of `index` along which it goes."""
    first: int
    """Its first plane."""
    last: int
    """Its last plane, included."""

    def plane(self, place: int) -> Index:
        """Return the index of a plane, by its place along the axis."""
        return (*self.index[: self.axis], place, *self.index[self.axis + 1 :])

    def place(self, index: Index) -> int | None:
        """Return the place of a plane; None if it does not lie on the way."""
        if len(index) != len(self.index) or self.plane(index[self.axis]) != index:
            return None
        place = index[self.axis]
        return place if self.first <= place <= self.last else None


class StackFollowing(Activity):
    """Follows the draft, or all objects with prompts on the plane in view.

    A draft gets its masks plane by plane, to be committed as a whole; objects of the
    layer are written to it in one step when the run ends, also by Cancel.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.prompting = session.shared(Prompting)
        self.work = session.shared(ObjectWork)
        self._way: Way | None = None
        self._mark: object = None
        self._objects: dict[int, PromptedObject] = {}
        self._found: dict[int, dict[Index, MaskRuns]] = {}
        self._before: tuple[Way, FollowOptions] | None = None

    @property
    def runner(self) -> Runner:
        """The runner that has the model and the planes in memory."""
        return self.session.interactive

    def follow(self, way: Way, options: FollowOptions) -> None:
        """Follow what is in hand along a way.

        Raises
        ------
        InputError
            If there is nothing to follow.
        """
        if self.busy:
            return
        scene = self.prompting.scene
        if scene is None:
            msg = "Choose an image and a model first."
            raise InputError(msg)
        self._objects, self._found, self._mark = {}, {}, None
        if self.prompting.draft.empty:
            followed = self._committed(way)
        else:
            way, followed = self._draft(way, options)
        self._way = way
        planes = [way.plane(place) for place in range(way.first, way.last + 1)]
        files = self.prompting.asking.files

        def prepare(check: Callable[[], None]) -> FollowObjects:
            refs = files.save_all(scene.picture, planes, check, self)
            return FollowObjects(
                model=scene.model,
                planes=tuple(PlaneRef(image=ref, shown=scene.shown) for ref in refs),
                objects=followed,
                options=options,
                cache=scene.cache,
                device=scene.device,
            )

        self.start(prepare)

    def on_event(self, event: Event, loaded: Any) -> None:
        """Show one object on one more plane."""
        way = self._way
        if not isinstance(event, FollowedPlane) or way is None:
            return
        index = way.plane(way.first + event.place)
        if event.object in self._objects:
            self._found.setdefault(event.object, {})[index] = event.mask
            self.prompting.drawing.show_also(index, self._on_plane(index))
            return
        drafting = self.prompting.drafting
        if drafting.draft.followed is not self._mark:
            self.cancel()  # the draft was dropped, committed or undone meanwhile
        elif index not in drafting.draft.prompts and event.mask.area:
            drafting.amend(drafting.draft.following(index, event.mask))

    def on_finished(self, result: FollowedResult, loaded: Any) -> str:
        """Keep what was found."""
        if not self._objects:
            planes = len(self.prompting.draft.masks)
            return f"Followed to {planes} more slices in {result.seconds:.1f} s."
        kept = self._keep()
        return kept or f"Followed {len(self._objects)} objects: {result.seconds:.1f} s."

    def on_cancelled(self) -> str:
        """Keep what is finished."""
        return self._keep() or "Cancelled; the slices that were done are kept."

    def on_ended(self) -> None:
        """Draw no more than the draft."""
        self.prompting.asking.files.release(self)
        self._way, self._objects, self._found = None, {}, {}
        self.prompting.drawing.show_also_nothing()

    def _draft(self, way: Way, options: FollowOptions) -> tuple[Way, Any]:
        prompting = self.prompting
        draft = prompting.draft
        said = {
            place: self._meant(index)
            for index in draft.prompts
            if (place := way.place(index)) is not None
        }
        if not any(prompt.says_where for prompt in said.values()):
            msg = "Click the object on one of the slices of the range first."
            raise InputError(msg)
        before = {
            place: prompt
            for index, prompt in draft.followed.items()
            if (place := way.place(index)) is not None
        }
        span = (way.first, way.last)
        whole = replace(way, index=way.plane(0)), options
        if self._before == whole:
            span = affected(before, _raw(draft, way), way.first, way.last)
        self._before = whole
        part = replace(way, first=span[0], last=span[1])
        # What is followed again is shown anew; what lies beyond stays.
        masks = {i: m for i, m in draft.masks.items() if part.place(i) is None}
        prompting.drafting.do(replace(draft, masks=masks, followed=dict(draft.prompts)))
        self._mark = prompting.draft.followed
        inside = {
            p - part.first: said[p]
            for p in said
            if part.place(way.plane(p)) is not None
        }
        return part, (Followed(object=draft.id or 1, prompts=inside),)

    def _committed(self, way: Way) -> tuple[Followed, ...]:
        here = [one for one in self.work.objects if way.index in one.prompts]
        if not here:
            msg = "Click an object first, or go to a slice with committed objects."
            raise InputError(msg)
        self._objects = {one.id: one for one in here}
        return tuple(
            Followed(
                object=one.id,
                prompts={
                    place - way.first: _with_mask(prompt, one, index)
                    for index, prompt in one.prompts.items()
                    if (place := way.place(index)) is not None
                },
            )
            for one in here
        )

    def _meant(self, index: Index) -> PlanePrompt:
        """Return the prompt of the draft, with its mask if that is not the best."""
        prompting = self.prompting
        prompt = prompting.draft.prompt(index)
        mask = prompting.masks.at(index)
        best = (
            prompting.masks.chosen_at(index) == 0 and index not in prompting.draft.masks
        )
        return prompt if best or mask is None else prompt.replace(mask=mask)

    def _on_plane(self, index: Index) -> list[MaskRuns]:
        masks = (found.get(index) for found in self._found.values())
        return [mask for mask in masks if mask is not None and mask.area]

    def _keep(self) -> str:
        """Write what was found of objects of the layer; return why it cannot be."""
        changed = []
        for id_, found in self._found.items():
            one = self._objects[id_]
            masks = {**one.masks, **{i: m for i, m in found.items() if m.area}}
            # Planes with a prompt of their own stay as they were committed.
            masks |= {i: m for i, m in one.masks.items() if i in one.prompts}
            changed.append(one.replace(masks=masks))
        if not changed:
            return ""
        try:
            self.work.committing.write(changed)
        except SegsuiteError as error:
            return str(error)
        return ""


def affected(
    before: Mapping[int, PlanePrompt],
    now: Mapping[int, PlanePrompt],
    first: int,
    last: int,
) -> tuple[int, int]:
    """Return the first and last place that a change of prompts touches.

    Parameters
    ----------
    before, now : mapping
        What was said when the object was followed, and what is said now, by place.
    first, last : int
        The whole way.

    Returns
    -------
    (int, int)
        From the last prompt below the changes to the first above, both included; the
        whole way if nothing changed, or nothing else says where the object is.
    """
    changed = [
        place
        for place in {*before, *now}
        if first <= place <= last and before.get(place) != now.get(place)
    ]
    if not changed or not before:
        return first, last
    low = max((p for p in now if p < min(changed)), default=first)
    high = min((p for p in now if p > max(changed)), default=last)
    if not any(now[p].says_where for p in now if low <= p <= high):
        return first, last
    return max(low, first), min(high, last)


def _raw(draft: Draft, way: Way) -> dict[int, PlanePrompt]:
    return {
        place: prompt
        for index, prompt in draft.prompts.items()
        if (place := way.place(index)) is not None
    }


def _with_mask(prompt: PlanePrompt, one: PromptedObject, index: Index) -> PlanePrompt:
    mask = one.masks.get(index)
    taken = one.chosen.get(index, 0) != 0
    return prompt.replace(mask=mask) if taken and mask is not None else prompt
