"""The object in the making: what is said about it, and what the model offers."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_segsuite.api.answers import Answers
from napari_segsuite.api.committed import CommittedObjects
from napari_segsuite.api.prompt_image import Index
from napari_segsuite.api.sources import Source
from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.prompts.draft import Draft
from napari_segsuite.data.prompts.objects import PromptedObject, free_id
from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.prompts.record import PromptRecord
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.prompting import MaskOffer
from napari_segsuite.jobs.training import Device
from napari_segsuite.runners.base import Runner
from napari_segsuite.runners.inline import InlineRunner

_NOTHING = MaskRuns(offset=(0, 0), shape=(0, 0))


class ObjectInTheMaking(CommittedObjects):
    """The part of a session that asks the model.

    Parameters
    ----------
    image, model, axes, spacing, shown, device, runner, cache, record
        As for `PromptSession`.

    Raises
    ------
    InputError
        If the image cannot be used, or the record is of another.
    ModelFolderError
        If there is no such model, or it cannot be prompted; with a record, it is
        looked for when it is first asked.
    """

    def __init__(
        self,
        image: Source,
        model: str | PathLike[str],
        axes: str | None,
        spacing: Spacing | None,
        shown: InputMap,
        device: Device,
        runner: Runner | None,
        cache: Path | None,
        record: PromptRecord | None,
    ) -> None:
        super().__init__(image, axes, spacing, shown, record)
        self._record = record
        self._device: Device = device
        self._own_runner = InlineRunner() if runner is None else None
        self._runner: Runner = self._own_runner or runner or InlineRunner()
        self._cache = cache
        self._answers = Answers(str(model), self._image, device, self._runner, cache)
        if record is None:
            try:
                _ = self._answers.model
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Free memory and delete temporary files; may be called twice."""
        if self._own_runner is not None:
            self._own_runner.close()
        super().close()

    @property
    def offers(self) -> tuple[MaskOffer, ...]:
        """The masks offered for the plane prompted last, the best first.

        None if no object is in the making, or nothing says where on this plane it is.
        """
        draft = self._now.draft
        if draft is None:
            return ()
        return self._answers.of(draft.plane, draft.said(draft.plane))

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """The chosen mask of the plane prompted last, shape (Y, X)."""
        draft = self._now.draft
        chosen = _NOTHING if draft is None else self._chosen(draft, draft.plane)
        return chosen.on_plane(self._image.plane_shape)

    def click(
        self,
        y: float,
        x: float,
        *,
        z: int | None = None,
        t: int | None = None,
        positive: bool = True,
    ) -> tuple[MaskOffer, ...]:
        """Click, and return the masks that are offered, the best first.

        The first click begins an object; further ones say more about it, until it is
        committed.

        Parameters
        ----------
        y, x : float
            In pixels, whose centres are whole numbers.
        z, t : int, optional
            The plane, for images that have these axes.
        positive : bool, optional
            Whether the object is here, or not. A plane of which background alone is
            said has no mask; it ends the object when it is followed.

        Raises
        ------
        InputError
            If the click lies outside, or nothing says where the object is.
        """
        index = self._image.index(z, t)
        said = self._said(index)
        click = Click(y=y, x=x, positive=positive)
        return self._say(index, said.replace(clicks=(*said.clicks, click)))

    def box(
        self,
        y0: float,
        x0: float,
        y1: float,
        x1: float,
        *,
        z: int | None = None,
        t: int | None = None,
    ) -> tuple[MaskOffer, ...]:
        """Draw a box around the object, in place of the one before.

        Raises
        ------
        InputError
            If it lies outside.
        """
        index = self._image.index(z, t)
        return self._say(index, self._said(index).replace(box=(y0, x0, y1, x1)))

    def scribble(
        self, mask: npt.NDArray[Any], *, z: int | None = None, t: int | None = None
    ) -> tuple[MaskOffer, ...]:
        """Give a rough mask of the object, in place of the one before.

        Parameters
        ----------
        mask : array, (Y, X)
            What is not 0 is inside.
        z, t : int, optional
            The plane.

        Raises
        ------
        InputError
            If it has another shape than a plane, or nothing is inside.
        """
        index = self._image.index(z, t)
        if mask.shape != self._image.plane_shape:
            msg = (
                f"The rough mask has the shape {mask.shape}, but planes have "
                f"{self._image.plane_shape}. Give a mask of one whole plane."
            )
            raise InputError(msg)
        rough = MaskRuns.of(np.asarray(mask) != 0)
        return self._say(index, self._said(index).replace(mask=rough))

    def prompt(
        self, prompt: PlanePrompt, *, z: int | None = None, t: int | None = None
    ) -> tuple[MaskOffer, ...]:
        """Say all about the object on one plane at once, in place of what was said.

        Raises
        ------
        InputError
            As for `click`.
        """
        return self._say(self._image.index(z, t), prompt)

    def choose(self, number: int) -> None:
        """Choose one of the masks offered; 0 is the best, chosen from the start.

        Raises
        ------
        InputError
            If there are not so many.
        """
        draft, offers = self._now.draft, self.offers
        if draft is None or not 0 <= number < len(offers):
            msg = (
                f"Mask {number} cannot be chosen: {len(offers)} are offered, counted "
                "from 0."
            )
            raise InputError(msg)
        self._push(draft=draft.choose(number))

    def _push(self, **changes: Any) -> None:
        self._history.push(replace(self._now, **changes))

    def _said(self, index: Index) -> PlanePrompt:
        draft = self._now.draft
        return PlanePrompt() if draft is None else draft.said(index)

    def _say(self, index: Index, prompt: PlanePrompt) -> tuple[MaskOffer, ...]:
        draft = self._now.draft or Draft(PromptedObject(id=free_id(self.objects)))
        draft = draft.say(index, prompt, self._image.plane_shape)
        offers = self._answers.of(index, draft.said(index))
        self._push(draft=draft)
        return offers

    def _chosen(self, draft: Draft, index: Index) -> MaskRuns:
        """Return the chosen mask of a plane; nothing if none is offered."""
        offers = self._answers.of(index, draft.said(index))
        return offers[draft.chosen(index)].mask if offers else _NOTHING

    def _answered_by(self) -> tuple[str, str]:
        # Until the model is asked, masks are those that the record's gave.
        if self._record is not None and not self._answers.asked:
            return self._record.model, self._record.model_sha256
        return self._answers.facts
