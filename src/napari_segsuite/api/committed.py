"""The committed objects of an image: their labels, their undo, their record."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from napari_segsuite.api.prompt_image import PromptImage
from napari_segsuite.api.sources import Source
from napari_segsuite.data.atomic import refuse_existing
from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.formats import write_labels
from napari_segsuite.data.prompts.canvas import Canvas, Objects
from napari_segsuite.data.prompts.draft import Draft
from napari_segsuite.data.prompts.history import History
from napari_segsuite.data.prompts.objects import PromptedObject
from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.data.prompts.record import (
    PromptRecord,
    record_path,
    write_record,
)
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.errors import InputError


@dataclass(frozen=True, slots=True)
class State:
    """All that undo brings back."""

    objects: Objects = ()
    """The committed objects."""
    draft: Draft | None = None
    """The object in the making."""


class CommittedObjects:
    """The part of a session that needs no model.

    Parameters
    ----------
    image : source
        The image.
    axes, spacing, shown
        As for `PromptImage`.
    record : PromptRecord or None
        Objects that are there from the start.

    Raises
    ------
    InputError
        If the image cannot be used, or the record is of another.
    """

    def __init__(
        self,
        image: Source,
        axes: str | None,
        spacing: Spacing | None,
        shown: InputMap,
        record: PromptRecord | None,
    ) -> None:
        self._scratch = Scratch()
        try:
            self._image = PromptImage(image, self._scratch, axes, spacing, shown)
            objects = () if record is None else _objects_of(record, self._image)
        except BaseException:
            self._scratch.close()
            raise
        self._history = History(State(objects))
        self._canvas = Canvas(self._image.shape, objects)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Delete temporary files; may be called twice."""
        self._scratch.close()

    @property
    def axes(self) -> str:
        """The axes of the labels: those of the image without C."""
        return self._image.axes

    @property
    def labels(self) -> npt.NDArray[np.int32]:
        """The committed objects by their ids, in the image's shape without channels.

        A view that cannot be written to and changes with the session: copy it to keep
        it.
        """
        return self._canvas.labels

    @property
    def objects(self) -> Objects:
        """The committed objects."""
        return self._now.objects

    def undo(self) -> bool:
        """Take the last step back, a commit with its prompts; False without any."""
        before = self.objects
        done = self._history.undo()
        self._canvas.change(before, self.objects)
        return done

    def redo(self) -> bool:
        """Take the step again that was undone last; False without any."""
        before = self.objects
        done = self._history.redo()
        self._canvas.change(before, self.objects)
        return done

    def record(self) -> PromptRecord:
        """Return the committed objects as a record, to be saved or replayed."""
        model, sha256 = self._answered_by()
        return PromptRecord(
            model=model,
            model_sha256=sha256,
            image=self._image.name,
            axes=self._image.axes,
            shape=self._image.shape,
            spacing=self._image.spacing,
            shown=self._image.shown,
            objects=self.objects,
        )

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the labels, and the record beside them as ``NAME.prompts.json``.

        Parameters
        ----------
        path : path
            The labels file, ``.tif`` or ``.npy``, in the smallest integer type that
            holds the ids.
        overwrite : bool, optional
            Whether existing files are replaced.

        Raises
        ------
        StorageError
            If a file exists and `overwrite` is off, or cannot be written.
        """
        path = Path(path)
        if not overwrite:
            refuse_existing(path)
            refuse_existing(record_path(path))
        labels = self.labels.astype(np.min_scalar_type(int(self.labels.max())))
        axes, spacing = self._image.axes, self._image.spacing
        write_labels(path, labels, axes, spacing, overwrite=overwrite)
        write_record(record_path(path), self.record(), overwrite=overwrite)

    @property
    def _now(self) -> State:
        return self._history.now

    def _answered_by(self) -> tuple[str, str]:
        """Return the name of the model and the SHA-256 of its weights."""
        raise NotImplementedError

    def _object(self, id_: int) -> PromptedObject:
        for one in self.objects:
            if one.id == id_:
                return one
        known = ", ".join(str(one.id) for one in self.objects[:20]) or "none"
        msg = f"There is no object {id_}; there are {known}. Choose one of these."
        raise InputError(msg)


def _objects_of(record: PromptRecord, image: PromptImage) -> Objects:
    if (record.axes, record.shape) != (image.axes, image.shape):
        msg = (
            f"The record is of an image of shape {record.shape} ({record.axes}), but "
            f"{image.name} has {image.shape} ({image.axes}). Choose the image that was "
            "prompted."
        )
        raise InputError(msg)
    return record.objects
