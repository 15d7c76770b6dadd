"""A model folder is trained by one process at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from napari_segsuite.data.atomic import make_folder, storage_errors
from napari_segsuite.data.ownership import holding
from napari_segsuite.errors import StorageError

LOCK: Final = "training.lock"
"""Name of the file that is locked; one that a kill left behind holds nothing."""


@contextmanager
def sole_training(folder: Path) -> Iterator[None]:
    """Keep others from training the model in `folder` while the block runs.

    The lock goes with the process, whatever ends it. A folder that is still empty
    when the block ends is removed.

    Parameters
    ----------
    folder : Path
        The model folder; made if it is not there.

    Raises
    ------
    StorageError
        If it is being trained already, or cannot be written.
    """
    with ExitStack() as stack:
        with storage_errors(folder):
            make_folder(folder)
            stack.callback(_remove_empty, folder)
            try:
                stack.enter_context(holding(folder / LOCK))
            except BlockingIOError as error:
                msg = (
                    f"The model in {folder} is being trained by another job. Wait "
                    "until that ends, or cancel it first."
                )
                raise StorageError(msg) from error
        yield


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
