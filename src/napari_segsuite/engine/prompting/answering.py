"""Answers to prompts: models and planes are kept from one job to the next."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path

from napari_segsuite.data.prompts.planes import PlaneRef
from napari_segsuite.engine.device import choose
from napari_segsuite.engine.prompting.embeddings import Embeddings, Source
from napari_segsuite.engine.prompting.loading import load_prompt_model
from napari_segsuite.engine.prompting.masks import runs
from napari_segsuite.engine.prompting.model import Embedded, PromptModel
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.prompting import (
    EmbeddingResult,
    EmbedPlane,
    MaskOffer,
    SegmentPrompt,
    SegmentResult,
)
from napari_segsuite.jobs.training import Device
from napari_segsuite.models.folder import CARD, read_card

# Enough to go back and forth between neighbours; a plane of 2048² takes 16 MB or more.
_MOST_PLANES = 8
_MOST_PIXELS = 1 << 26


def embed(job: EmbedPlane, context: JobContext) -> EmbeddingResult:
    """Carry out an `EmbedPlane` job.

    Raises
    ------
    ModelFolderError
        If the model cannot be used.
    InputError
        If the plane cannot be read.
    Cancelled
        If asked to.
    """
    began = time.monotonic()
    answering = Answering(job.model, job.device, job.cache, context)
    _, source = answering.embedded(job.plane)
    return EmbeddingResult(
        seconds=time.monotonic() - began,
        source=source,
        device=choose(job.device).device.type,
    )


def segment(job: SegmentPrompt, context: JobContext) -> SegmentResult:
    """Carry out a `SegmentPrompt` job.

    Raises
    ------
    ModelFolderError
        If the model cannot be used.
    InputError
        If the plane cannot be read, or the prompt does not say where the object is or
        points outside.
    Cancelled
        If asked to.
    """
    answering = Answering(job.model, job.device, job.cache, context)
    embedded, source = answering.embedded(job.plane)
    context.check_cancelled()
    candidates = answering.model.segment(embedded, job.prompt)
    offers = tuple(
        MaskOffer(mask=runs(one), score=min(1.0, max(0.0, one.score)))
        for one in candidates
    )
    return SegmentResult(offers=offers, source=source)


class Answering:
    """A model and its planes, as one job needs them.

    Both outlive the job in its context's cache, as one of the few values there.

    Parameters
    ----------
    model : Path
        The model folder; a model that was replaced is loaded anew.
    device : {"auto", "cpu", "cuda", "mps"}
        Where to compute.
    cache : Path or None
        A folder in which embeddings outlive the process.
    context : JobContext
        The job's.

    Raises
    ------
    ModelFolderError
        If the model cannot be used.
    InputError
        If the device is not there.
    """

    def __init__(
        self, model: Path, device: Device, cache: Path | None, context: JobContext
    ) -> None:
        self._context = context
        card = model / CARD
        key = ("prompt", card.absolute(), _identity(card), device, cache)
        self._desk = context.cached(key, lambda: _Desk(model, device, cache))

    @property
    def model(self) -> PromptModel:
        """The model; it refuses prompts that cannot be answered with a sentence."""
        return self._desk.model

    def embedded(self, plane: PlaneRef) -> tuple[Embedded, Source]:
        """Return a plane, embedded, and where the embedding came from.

        Raises
        ------
        InputError
            If the plane cannot be read.
        Cancelled
            If asked to.
        """
        return self._desk.embedded(plane, self._context)


class _Desk:
    """A model, and the planes it saw last."""

    def __init__(self, folder: Path, device: Device, cache: Path | None) -> None:
        card = read_card(folder)
        self.model = load_prompt_model(folder, choose(device).device)
        self._weights = card.weights.sha256
        # What looks at crops prepares nothing that would be worth keeping.
        self._embeddings = Embeddings(cache) if card.kind == "sam" else None
        self._planes: OrderedDict[Hashable, Embedded] = OrderedDict()

    def embedded(self, plane: PlaneRef, context: JobContext) -> tuple[Embedded, Source]:
        key = _key(plane)
        if key is not None and key in self._planes:
            self._planes.move_to_end(key)
            return self._planes[key], "memory"
        seen = plane.shown.apply(plane.read())
        check = context.check_cancelled
        check()
        source: Source = "model"
        if self._embeddings is None:
            embedded = self.model.embed(seen, check)
        else:
            embedded, source = self._embeddings.get(
                self._weights, seen, self.model, check, context.emit
            )
        if key is not None:
            self._planes[key] = embedded
            self._forget()
        return embedded, source

    def _forget(self) -> None:
        def pixels() -> int:
            return sum(h * w for h, w in (one.shape for one in self._planes.values()))

        while len(self._planes) > _MOST_PLANES or (
            len(self._planes) > 1 and pixels() > _MOST_PIXELS
        ):
            self._planes.popitem(last=False)


def _key(plane: PlaneRef) -> Hashable | None:
    """Return what tells a plane from all others; None if that takes reading it."""
    identity = _identity(plane.image.path)
    if identity is None:
        return None
    return (
        plane.image.path.absolute(),
        identity,
        plane.image.axes,
        plane.index,
        plane.shown,
    )


def _identity(path: Path) -> tuple[int, ...] | None:
    """Return what changes when a file is written or replaced; None for a folder.

    The parts of a folder (zarr) change while the folder itself looks the same.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    if path.is_dir():
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size
