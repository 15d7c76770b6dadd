"""What a worker that was killed left half-written."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from napari_segsuite.data.atomic import remove_unfinished
from napari_segsuite.models import publishing
from napari_segsuite.runners.base import Run
from napari_segsuite.runners.connection import Connection

_DEATH_SECONDS: Final = 2.0


def clear_up(run: Run[Any] | None, connection: Connection) -> None:
    """Remove the unfinished files of a worker that was killed, once it is dead.

    Parameters
    ----------
    run : Run or None
        What it was doing; its job says where it writes.
    connection : Connection
        The worker.
    """
    if run is None or not connection.wait(_DEATH_SECONDS):
        return
    for name in run.job.written:
        path: Path | None = getattr(run.job, name)
        if path is None:
            continue
        remove_unfinished(path.parent, connection.pid)
        if path.is_dir():
            remove_unfinished(path, connection.pid)
            publishing.clear_up(path)
