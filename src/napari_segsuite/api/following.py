"""Objects of a session as jobs that follow them through its image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_segsuite.api.prompt_image import Index, PromptImage
from napari_segsuite.data.prompts.objects import PromptedObject
from napari_segsuite.data.prompts.prompt import PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.events import Event, FollowedPlane
from napari_segsuite.jobs.prompting import Followed, FollowObjects, FollowOptions
from napari_segsuite.jobs.training import Device

Found = dict[int, dict[Index, MaskRuns]]
"""Masks that were found, by object and plane; an empty mask says that none is there."""

_NOTHING = MaskRuns(offset=(0, 0), shape=(0, 0))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A row of planes through which objects are followed."""

    job: FollowObjects
    """The job."""
    indices: tuple[Index, ...]
    """Where each of its planes lies."""

    def listener(
        self, found: Found, then: Callable[[Event], None] | None
    ) -> Callable[[Event], None]:
        """Return what takes the job's events, and passes them on to `then`."""

        def hear(event: Event) -> None:
            if isinstance(event, FollowedPlane):
                masks = found.setdefault(event.object, {})
                masks[self.indices[event.place]] = event.mask
            if then is not None:
                then(event)

        return hear

    def complete(self, found: Found) -> None:
        """Say of all planes of which the job did not speak that nothing is there."""
        for one in self.job.objects:
            for index in self.indices:
                found.setdefault(one.object, {}).setdefault(index, _NOTHING)


def axis_to_follow(image: PromptImage, along: str | None) -> int:
    """Return the number of the axis along which objects are followed.

    Raises
    ------
    InputError
        If the image has no such axis.
    """
    letter = along or ("Z" if "Z" in image.leading else "T")
    if letter not in image.leading or len(letter) != 1:
        msg = (
            f"Objects cannot be followed along {letter}: {image.name} has the axes "
            f"{image.axes}. Choose a stack, or one of its axes but Y and X."
        )
        raise InputError(msg)
    return image.leading.index(letter)


def stretches(
    image: PromptImage,
    objects: Sequence[PromptedObject],
    axis: int,
    span: tuple[int, int],
    model: Path,
    device: Device,
    cache: Path | None,
    options: FollowOptions,
) -> tuple[Stretch, ...]:
    """Return what is to be followed: one stretch per place along the other axes.

    Parameters
    ----------
    image : PromptImage
        The image.
    objects : sequence of PromptedObject
        The objects; prompts outside `span` are left out.
    axis : int
        Number of the axis along which they are followed.
    span : (int, int)
        The first and the last plane.
    model, device, cache, options
        As for the job.

    Raises
    ------
    InputError
        If there is nothing to follow.
    """
    prompts: dict[Index, dict[int, dict[int, PlanePrompt]]] = {}
    for one in objects:
        for index in one.prompts:
            place = index[axis] - span[0]
            if span[0] <= index[axis] <= span[1]:
                rest = (*index[:axis], *index[axis + 1 :])
                said = prompts.setdefault(rest, {}).setdefault(one.id, {})
                said[place] = _meant(one, index)
    found = []
    for rest, by_object in prompts.items():
        followed = tuple(
            Followed(object=id_, prompts=said)
            for id_, said in by_object.items()
            if any(prompt.says_where for prompt in said.values())
        )
        if not followed:
            continue
        places = range(span[0], span[1] + 1)
        indices = tuple((*rest[:axis], place, *rest[axis:]) for place in places)
        job = FollowObjects(
            model=model,
            planes=tuple(image.plane(index) for index in indices),
            objects=followed,
            options=options,
            device=device,
            cache=cache,
        )
        found.append(Stretch(job, indices))
    if not found:
        msg = (
            f"There is nothing to follow: no object has a prompt on planes {span[0]} "
            f"to {span[1]}. Click on one there, and commit it, first."
        )
        raise InputError(msg)
    return tuple(found)


def _meant(one: PromptedObject, index: Index) -> PlanePrompt:
    """Return a prompt whose best mask is the one that was chosen."""
    prompt, mask = one.prompts[index], one.masks.get(index)
    if not one.chosen.get(index) or mask is None:
        return prompt
    return prompt.replace(mask=mask)
