"""Foreign weights become a model folder of ours."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from napari_segsuite import __version__
from napari_segsuite.engine.foreign.conversion import convert
from napari_segsuite.errors import InputError, ModelFolderError
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import Progress
from napari_segsuite.jobs.importing import DownloadModel, ImportedModel, ImportModel
from napari_segsuite.models.card import WeightsFile
from napari_segsuite.models.catalogue import describe_size, find_offer, offer_of
from napari_segsuite.models.download import download
from napari_segsuite.models.folder import CARD, verify
from napari_segsuite.models.foreign.layouts import Layout, recognise
from napari_segsuite.models.foreign.maskrcnn_layout import maskrcnn_layout
from napari_segsuite.models.foreign.outline import Outline, read_outline
from napari_segsuite.models.foreign.sam_layout import sam_layout
from napari_segsuite.models.foreign.tensor_file import copy_tensors
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.models.prompt_card import PromptCard
from napari_segsuite.models.publishing import claim, publish
from napari_segsuite.models.web import Transport, over_https

RECOGNISERS = (sam_layout, maskrcnn_layout)
"""How foreign weights are recognised, family by family."""

_CHUNK = 1 << 20
_STEP = 0.01
_DOWNLOADED = 0.8  # of the whole way, as the time is spent on most networks


def import_model(job: ImportModel, context: JobContext) -> ImportedModel:
    """Import a file of weights, or a model folder of ours; the handler of the job.

    Raises
    ------
    InputError
        If the file is no file of weights, may hold more, is damaged, or belongs to no
        network that is known here.
    ModelFolderError
        If it is a model folder that is damaged, or its numbers are not finite.
    StorageError
        If the model folder exists, or cannot be written.
    """
    claim(job.out)
    if (job.file / CARD).is_file():
        return _copy(job)
    return _import(job, context, _Teller(context, 0.0, 1.0))


def download_model(
    job: DownloadModel, context: JobContext, transport: Transport = over_https
) -> ImportedModel:
    """Download a model of the catalogue and import it; the handler of the job.

    Parameters
    ----------
    job : DownloadModel
        What to download.
    context : JobContext
        The outside.
    transport : Transport, optional
        Who asks the server.

    Raises
    ------
    InputError
        If downloads are switched off, the server has not what was promised, or the
        file cannot be imported.
    StorageError
        If there is not enough space, or the model folder exists.
    """
    claim(job.out)
    offer = find_offer(job.offer)

    teller = _Teller(context, 0.0, _DOWNLOADED)

    def tell(done: int, size: int) -> None:
        text = f"Downloading, {describe_size(done)} of {describe_size(size)}"
        teller(min(1.0, done / max(1, size)), text)

    file = download(
        offer,
        job.downloads,
        sha256=job.sha256,
        check=context.check_cancelled,
        tell=tell,
        transport=transport,
    )
    importing = ImportModel(
        file=file,
        out=job.out,
        name=offer.title,
        licence=offer.licence,
        source=offer.url,
    )
    try:
        result = _import(importing, context, _Teller(context, _DOWNLOADED, 1.0))
    except (InputError, ModelFolderError):
        if not offer.sha256:  # nobody but the user said that it is a good file
            file.unlink(missing_ok=True)
        raise
    file.unlink(missing_ok=True)
    return result


def _import(
    job: ImportModel, context: JobContext, tell: Callable[[float, str], None]
) -> ImportedModel:
    begun, check = time.monotonic(), context.check_cancelled
    tell(0.0, "Looking into the file")
    before = _state(job.file)
    outline = read_outline(job.file, check)
    layout = recognise(job.file, outline.tensors, RECOGNISERS)
    sha256 = _digest(job.file, check)
    tensors = _as_safetensors(
        job.file, outline, context.scratch, check, lambda part: tell(part, "Converting")
    )
    if _state(job.file) != before:
        msg = f"{job.file.name} was changed while it was imported. Import it again."
        raise InputError(msg)
    publish(
        job.out,
        lambda weights: _card(job, layout, sha256, weights),
        lambda path: copy_tensors(tensors, path, layout.names, check),
        final=True,
    )
    return ImportedModel(
        folder=job.out,
        title=layout.title,
        sha256=sha256,
        seconds=time.monotonic() - begun,
    )


def _as_safetensors(
    file: Path,
    outline: Outline,
    scratch: Path,
    check: Callable[[], None],
    tell: Callable[[float], None],
) -> Path:
    if outline.form == "safetensors":
        return file
    cell = scratch / "import"
    cell.mkdir(mode=0o700)
    target = cell / "weights.safetensors"
    convert(file, outline, target, check=check, tell=tell)
    return target


def _card(
    job: ImportModel, layout: Layout, sha256: str, weights: WeightsFile
) -> PromptCard | MaskRCNNCard:
    offer = offer_of(sha256)
    facts: dict[str, Any] = {
        "name": job.name or job.file.stem[:200] or layout.title,
        "created": datetime.now(UTC),
        "package_version": __version__,
        "weights": weights,
        "licence": job.licence or (offer.licence if offer else ""),
        "source": job.source or (offer.url if offer else job.file.name[:2000]),
        "provenance": {
            "recognised as": layout.title,
            "SHA-256 of the file": sha256,
        },
    }
    if layout.kind == "maskrcnn":
        # Torchvision takes its time to load.
        from napari_segsuite.engine.foreign.maskrcnn_card import maskrcnn_card

        return maskrcnn_card(layout, **facts)
    architecture = dict(layout.architecture)
    return PromptCard(kind=layout.kind, architecture=architecture, **facts)


def _copy(job: ImportModel) -> ImportedModel:
    """Copy a model folder of ours, after all of it was checked."""
    begun, card = time.monotonic(), verify(job.file)
    named = card.replace(name=job.name) if job.name else card
    made = publish(
        job.out,
        lambda weights: named.replace(weights=weights),
        lambda path: _copy_file(job.file / card.weights.file, path),
        final=True,
    )
    return ImportedModel(
        folder=job.out,
        title=made.name,
        sha256=made.weights.sha256,
        seconds=time.monotonic() - begun,
    )


def _copy_file(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _digest(path: Path, check: Callable[[], None]) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            check()
            digest.update(chunk)
    return digest.hexdigest()


def _state(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file does; None if there is no file."""
    try:
        info = path.stat()
    except OSError:
        return None
    return info.st_size, info.st_mtime_ns


class _Teller:
    """Tells how far a part of the job is, as often as it makes a difference."""

    def __init__(self, context: JobContext, start: float, stop: float) -> None:
        self._context = context
        self._start, self._stop = start, stop
        self._told = (-1.0, "")

    def __call__(self, part: float, text: str) -> None:
        told, before = self._told
        if text != before or part - told >= _STEP:
            self._told = (part, text)
            fraction = self._start + part * (self._stop - self._start)
            self._context.emit(Progress(fraction=fraction, message=text))
