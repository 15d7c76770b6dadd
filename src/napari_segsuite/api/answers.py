"""What a model answers to the prompts of a session."""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from pathlib import Path

from napari_segsuite.api.models import library
from napari_segsuite.api.prompt_image import Index, PromptImage
from napari_segsuite.api.running import run
from napari_segsuite.data.prompts.prompt import PlanePrompt
from napari_segsuite.jobs.prompting import MaskOffer, SegmentPrompt
from napari_segsuite.jobs.training import Device
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.library import find_promptable
from napari_segsuite.runners.base import Runner

_KEPT = 256


class Answers:
    """Asks a model, and keeps what it said last.

    Parameters
    ----------
    model : str
        A model folder, or a name of the library; looked for when it is needed.
    image : PromptImage
        The image.
    device : {"auto", "cpu", "cuda", "mps"}
        Where to compute.
    runner : Runner
        Who computes.
    cache : Path or None
        A folder in which embeddings outlive the session.
    """

    def __init__(
        self,
        model: str,
        image: PromptImage,
        device: Device,
        runner: Runner,
        cache: Path | None,
    ) -> None:
        self._name = model
        self._image = image
        self._device: Device = device
        self._runner = runner
        self._cache = cache
        self._kept: OrderedDict[tuple[Index, PlanePrompt], tuple[MaskOffer, ...]] = (
            OrderedDict()
        )

    @cached_property
    def model(self) -> Path:
        """The model's folder.

        Raises
        ------
        ModelFolderError
            If there is none, or it cannot be prompted.
        """
        return find_promptable(library(), self._name)

    @cached_property
    def facts(self) -> tuple[str, str]:
        """The model's name and the SHA-256 of its weights."""
        return self.model.name, read_card(self.model).weights.sha256

    @property
    def asked(self) -> bool:
        """Whether the model was asked."""
        return bool(self._kept)

    def of(self, index: Index, prompt: PlanePrompt) -> tuple[MaskOffer, ...]:
        """Return the masks offered; none if nothing says where the object is."""
        if not prompt.says_where:
            return ()
        offers = self._kept.pop((index, prompt), None)
        if offers is None:
            job = SegmentPrompt(
                model=self.model,
                plane=self._image.plane(index),
                prompt=prompt,
                cache=self._cache,
                device=self._device,
            )
            offers = run(job, runner=self._runner).offers
        self._kept[index, prompt] = offers
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return offers
