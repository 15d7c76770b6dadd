"""Models of others come into the library."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path

from napari_segsuite.api.models import library
from napari_segsuite.api.running import run
from napari_segsuite.jobs.events import Event
from napari_segsuite.jobs.importing import DownloadModel, ImportModel
from napari_segsuite.models.catalogue import DOWNLOADS
from napari_segsuite.runners.base import Runner


def import_model(
    file: str | PathLike[str],
    *,
    name: str = "",
    licence: str = "",
    on_event: Callable[[Event], None] | None = None,
    runner: Runner | None = None,
) -> Path:
    """Import weights of others into the library, without running what is in them.

    Parameters
    ----------
    file : path
        Weights saved by torch or in the safetensors format, or a model folder.
    name : str, optional
        What to call the model; empty takes the file's name.
    licence : str, optional
        The licence of the weights, to be kept with the model.
    on_event, runner : optional
        As for `run`.

    Returns
    -------
    Path
        The model folder.

    Raises
    ------
    InputError
        If the file may hold more than weights, is damaged, or belongs to no network
        that is known here.
    """
    file = Path(file)
    job = ImportModel(
        file=file,
        out=library().new_folder(name or file.stem),
        name=name,
        licence=licence,
    )
    return run(job, on_event=on_event, runner=runner).folder


def download_model(
    name: str,
    *,
    sha256: str = "",
    on_event: Callable[[Event], None] | None = None,
    runner: Runner | None = None,
) -> Path:
    """Download a model of `napari_segsuite.models.catalogue` into the library.

    Parameters
    ----------
    name : str
        Its name in the catalogue, such as ``"sam-vit-b"``.
    sha256 : str, optional
        The SHA-256 that you vouch for, if the catalogue has none.
    on_event, runner : optional
        As for `run`.

    Returns
    -------
    Path
        The model folder.

    Raises
    ------
    InputError
        If downloads are switched off, or what came is not what was expected.
    StorageError
        If the disk is too full.
    """
    models = library()
    job = DownloadModel(
        offer=name,
        out=models.new_folder(name),
        downloads=models.folder / DOWNLOADS,
        sha256=sha256,
    )
    return run(job, on_event=on_event, runner=runner).folder
