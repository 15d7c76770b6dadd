"""A job as files: what the dock would do, for the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from napari_segsuite.data.atomic import atomic_file
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.base import dump_job
from napari_segsuite.jobs.training import TrainUNet


def save_job(job: TrainUNet, path: Path, scratch: Path) -> None:
    """Write a job as JSON, and beside it the arrays that lie in no file of their own.

    Parameters
    ----------
    job : TrainUNet
        The job; arrays in `scratch` are moved beside `path`.
    path : Path
        The ``.json`` file; it and the arrays beside it are replaced.
    scratch : Path
        The folder of temporary arrays.

    Raises
    ------
    StorageError
        If a file cannot be written.
    """

    def keep(ref: ArrayRef, what: str) -> ArrayRef:
        if not ref.path.is_relative_to(scratch):
            return ref
        target = path.with_name(f"{path.stem}-{what}{ref.path.suffix}")
        with atomic_file(target, overwrite=True) as temporary:
            shutil.copyfile(ref.path, temporary)
        ref.path.unlink()
        return ref.replace(path=target)

    kept = job.replace(
        images=tuple(keep(ref, f"image{i}") for i, ref in enumerate(job.images, 1)),
        labels=tuple(keep(ref, f"labels{i}") for i, ref in enumerate(job.labels, 1)),
    )
    with atomic_file(path, overwrite=True) as temporary:
        temporary.write_text(json.dumps(dump_job(kept), indent=2), encoding="utf-8")
