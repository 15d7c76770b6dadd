"""Point prompts for scripts and notebooks: click, look, commit, refine, follow."""

from __future__ import annotations

from collections.abc import Callable, Collection
from os import PathLike
from pathlib import Path
from typing import Self

from napari_segsuite.api.committed import State
from napari_segsuite.api.drafting import ObjectInTheMaking
from napari_segsuite.api.following import Found, axis_to_follow, stretches
from napari_segsuite.api.running import run
from napari_segsuite.api.sources import Source
from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.prompts.canvas import Objects
from napari_segsuite.data.prompts.draft import Draft
from napari_segsuite.data.prompts.history import History
from napari_segsuite.data.prompts.placing import Rule
from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.data.prompts.record import PromptRecord, read_record
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.events import Event
from napari_segsuite.jobs.prompting import FollowOptions
from napari_segsuite.jobs.training import Device
from napari_segsuite.runners.base import Runner

DEFAULT_MODEL = "click-2d"
"""The promptable model that ships inside."""

_NOTHING = MaskRuns(offset=(0, 0), shape=(0, 0))


class PromptSession(ObjectInTheMaking):
    """Objects of one image, made by clicks, boxes and scribbles; a context manager.

    >>> with PromptSession("cells.tif") as session:  # doctest: +SKIP
    ...     session.click(120, 83)
    ...     session.commit()
    ...     session.save("cells_labels.tif")

    Parameters
    ----------
    image : source
        The image: a file or zarr folder, a reference, or an array.
    model : path or str, optional
        A promptable model: a model folder, or a name of the library.
    axes, spacing : optional
        As for `train_unet`.
    shown : InputMap, optional
        Which channels the model sees, and how bright.
    rule : {"keep", "overwrite", "background_only"}, optional
        What happens where a new object meets others. Here nothing is painted by hand,
        so the last does as the first.
    device : {"auto", "cpu", "cuda", "mps"}, optional
        Where to compute.
    runner : Runner, optional
        Who computes; this process if not given.
    cache : path, optional
        A folder in which the embeddings of planes outlive the session; for models that
        take long to prepare a plane, such as Segment Anything.
    record : PromptRecord, optional
        Objects that are there from the start. Their masks need no model: it is looked
        for when it is first asked.

    Raises
    ------
    InputError
        If the image cannot be used, or the record is of another.
    ModelFolderError
        If there is no such model, or it cannot be prompted.
    """

    def __init__(
        self,
        image: Source,
        model: str | PathLike[str] = DEFAULT_MODEL,
        *,
        axes: str | None = None,
        spacing: Spacing | None = None,
        shown: InputMap = InputMap(),
        rule: Rule = "keep",
        device: Device = "auto",
        runner: Runner | None = None,
        cache: str | PathLike[str] | None = None,
        record: PromptRecord | None = None,
    ) -> None:
        folder = None if cache is None else Path(cache)
        super().__init__(
            image, model, axes, spacing, shown, device, runner, folder, record
        )
        self._rule: Rule = rule

    @classmethod
    def replay(
        cls,
        image: Source,
        record: PromptRecord | str | PathLike[str],
        model: str | PathLike[str] | None = None,
        *,
        axes: str | None = None,
        spacing: Spacing | None = None,
        rule: Rule = "keep",
        device: Device = "auto",
        runner: Runner | None = None,
        cache: str | PathLike[str] | None = None,
    ) -> Self:
        """Return a session with the objects of a record.

        Parameters
        ----------
        image : source
            The image.
        record : PromptRecord or path
            What `record` returned, or the file that `save` wrote.
        model : path or str, optional
            A model that answers all prompts anew, on the planes that have any; None:
            objects have the masks of the record, to the pixel, and the model of the
            record answers what is asked next.
        axes, spacing, rule, device, runner, cache : optional
            As for `PromptSession`.

        Raises
        ------
        InputError
            If the record cannot be read, or is of an image of another shape.
        ModelFolderError
            If `model` is given and there is none such.
        """
        if not isinstance(record, PromptRecord):
            record = read_record(Path(record))
        session = cls(
            image,
            record.model if model is None else model,
            axes=axes,
            spacing=spacing,
            shown=record.shown,
            rule=rule,
            device=device,
            runner=runner,
            cache=cache,
            record=record if model is None else record.replace(objects=()),
        )
        if model is not None:
            try:
                session._answer_anew(record)
            except BaseException:
                session.close()
                raise
        return session

    def commit(self, class_id: int | None = None, *, id_: int | None = None) -> int:
        """Write the object to the labels, and return its id.

        Parameters
        ----------
        class_id : int, optional
            Its class; None leaves it as it is.
        id_ : int, optional
            The id of a new object; None takes the next free one.

        Raises
        ------
        InputError
            If there is no object in the making, or the id is taken.

        Notes
        -----
        An object of which the model found nothing is kept, without pixels.
        """
        draft = self._now.draft
        if draft is None:
            msg = "There is nothing to commit. Click on an object first."
            raise InputError(msg)
        one = draft.object
        if id_ is not None and id_ != one.id:
            if any(other.id in (id_, one.id) for other in self.objects):
                msg = f"The object cannot have the id {id_}: it is taken. Leave it out."
                raise InputError(msg)
            one = one.replace(id=id_)
        if class_id is not None:
            one = one.replace(class_id=class_id)
        masks = {index: self._chosen(draft, index) for index in draft.changed}
        objects = self._canvas.put(self.objects, one, masks, self._rule)
        self._history.push(State(objects))
        return one.id

    def refine(self, id_: int) -> None:
        """Take a committed object up again, with its prompts.

        What was said about an object not committed is lost; `undo` brings it back.

        Raises
        ------
        InputError
            If there is no such object.
        """
        one = self._object(id_)
        self._push(draft=Draft(one, next(reversed(one.prompts), ())))

    def follow(
        self,
        ids: Collection[int] | None = None,
        *,
        along: str | None = None,
        first: int = 0,
        last: int | None = None,
        options: FollowOptions = FollowOptions(),
        on_event: Callable[[Event], None] | None = None,
    ) -> dict[int, tuple[int, int]]:
        """Follow committed objects from the planes with prompts, both ways.

        Their masks on planes without prompts are made anew; those on prompted planes
        stay. If it is cancelled, what was found until then is kept.

        Parameters
        ----------
        ids : collection of int, optional
            The objects; None: all.
        along : {"Z", "T"}, optional
            Along which axis; None: Z if the image has it.
        first, last : int, optional
            The range of planes, both included; None: to the end.
        options : FollowOptions, optional
            When to stop.
        on_event : callable, optional
            Takes each event (progress, each plane of each object).

        Returns
        -------
        dict of int to (int, int)
            By object: its first and its last plane in the range.

        Raises
        ------
        InputError
            If an object is in the making or there is none of that id, nothing says
            where one is, or the image is no stack.
        Cancelled
            If it was cancelled.
        """
        axis = axis_to_follow(self._image, along)
        size = self._image.shape[axis]
        last = size - 1 if last is None else last
        if self._now.draft is not None:
            msg = "An object is in the making. Commit it, or undo it, first."
            raise InputError(msg)
        if not 0 <= first <= last < size:
            msg = f"The planes {first} to {last} are not among 0 to {size - 1}."
            raise InputError(msg)
        rows = stretches(
            self._image,
            self.objects if ids is None else [self._object(i) for i in ids],
            axis,
            (first, last),
            self._answers.model,
            self._device,
            self._cache,
            options,
        )
        found: Found = {}
        try:
            for stretch in rows:
                listener = stretch.listener(found, on_event)
                run(stretch.job, on_event=listener, runner=self._runner)
                stretch.complete(found)
        finally:
            self._take(found)
        return {
            one.id: (min(places), max(places))
            for one in self.objects
            if one.id in found
            and (places := [i[axis] for i in one.masks if first <= i[axis] <= last])
        }

    def _take(self, found: Found) -> None:
        """Write masks that were found to planes without prompts of their own."""
        objects = self.objects
        for id_, masks in found.items():
            one = self._object(id_)
            said = {i for i, prompt in one.prompts.items() if prompt.says_where}
            new = {index: mask for index, mask in masks.items() if index not in said}
            objects = self._canvas.put(objects, one, new, self._rule)
        if found:
            self._history.push(State(objects))

    def _answer_anew(self, record: PromptRecord) -> None:
        """Begin with the objects of a record, with masks that the model gives now."""
        objects: Objects = ()
        for one in record.objects:
            chosen, masks = {}, {}
            for index, prompt in one.prompts.items():
                offers = self._answers.of(index, prompt)
                number = min(one.chosen.get(index, 0), max(len(offers) - 1, 0))
                chosen.update({index: number} if number else {})
                masks[index] = offers[number].mask if offers else _NOTHING
            said = one.replace(chosen=chosen, masks={})
            objects = self._canvas.put(objects, said, masks, self._rule)
        self._history = History(State(objects))
        self._record = None
