"""The thread that writes the journals of one session."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, TypeVar
from uuid import uuid4

from numpy.typing import NDArray

from napari_segsuite.data.atomic import make_folder, storage_errors, sync
from napari_segsuite.data.journal.base import Journal
from napari_segsuite.data.journal.facts import LayerFacts
from napari_segsuite.data.journal.layer import LayerJournal
from napari_segsuite.data.journal.vectors import VectorJournal, VectorState
from napari_segsuite.data.ownership import own
from napari_segsuite.errors import SegsuiteError, StorageError

_RETRY_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 2.0


J = TypeVar("J", bound=Journal)


class JournalWriter:
    """Keeps journals of layers, in a folder of its own, in a thread of its own.

    Other processes see by a lock in the folder that this one lives. No method raises
    what the disk does: it is told, and tried again.

    Parameters
    ----------
    place : Path
        The folder of all sessions; made with the first journal if it is not there.
    told : callable
        Called in the thread with what is wrong, and with None when all is well again.
    retry_seconds : float, optional
        How long to wait before trying again.
    """

    def __init__(
        self,
        place: Path,
        told: Callable[[StorageError | None], None],
        *,
        retry_seconds: float = _RETRY_SECONDS,
    ) -> None:
        self.folder = place / uuid4().hex
        """Where the journals of this session are."""
        self._told = told
        self._retry = retry_seconds
        self._owned: IO[bytes] | None = None
        self._error: StorageError | None = None
        self._journals: list[Journal] = []
        self._count = 0
        self._closing = False
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, array: NDArray[Any], facts: LayerFacts) -> LayerJournal:
        """Begin a journal; call `wake` whenever there is something new for it.

        Parameters
        ----------
        array : ndarray of integers or bool
            The pixels; held until the journal is ended.
        facts : LayerFacts
            What else to keep.
        """
        return self._take(LayerJournal(self.folder, self._stem(), array, facts))

    def add_vectors(self, state: VectorState, facts: LayerFacts) -> VectorJournal:
        """Begin a journal of points or shapes; `wake` when it was told anything."""
        return self._take(VectorJournal(self.folder, self._stem(), state, facts))

    def _stem(self) -> str:
        self._count += 1
        return f"layer-{self._count:04d}"

    def _take(self, journal: J) -> J:
        with self._news:
            self._journals.append(journal)
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name="segsuite-journal", daemon=True
            )
            self._thread.start()
        self.wake()
        return journal

    def end(self, journal: Journal) -> None:
        """Let go of the array once all of it is written; the files stay."""
        journal.end()
        self.wake()

    def wake(self) -> None:
        """Have the thread look what is due."""
        with self._news:
            self._news.notify_all()

    def flush(self, timeout: float) -> bool:
        """Wait until nothing is due; return whether all of it is on disk.

        Parameters
        ----------
        timeout : float
            Seconds to wait at most.
        """
        end = time.monotonic() + timeout
        self.wake()
        with self._news:
            self._news.wait_for(
                lambda: self._error is not None or not self._due(),
                max(0.0, end - time.monotonic()),
            )
            return not self._due()

    def close(self) -> None:
        """Write what is due, end the thread, and delete what need not be kept.

        Journals of layers whose pixels are all saved are deleted, and the folder with
        them if none remains.
        """
        if self._thread is None:
            return
        self.flush(_CLOSE_SECONDS)
        with self._news:
            self._closing = True
            self._news.notify_all()
        self._thread.join(_CLOSE_SECONDS)
        if self._thread.is_alive() or self._due():
            return  # kept as it is: better too much than too little
        kept = [journal for journal in self._journals if journal.facts.unsaved]
        for journal in self._journals:
            with suppress(OSError):
                journal.close() if journal in kept else journal.discard()
        if self._owned is not None:
            self._owned.close()
            if not kept:
                shutil.rmtree(self.folder, ignore_errors=True)

    def _due(self) -> bool:
        return any(journal.due for journal in self._journals)

    def _run(self) -> None:
        while not self._closing:
            error = self._write_all()
            changed = str(error or "") != str(self._error or "")
            if changed:
                self._told(error)
            with self._news:
                self._error = error
                self._news.notify_all()
                if error is not None:
                    self._news.wait_for(lambda: self._closing, self._retry)
                else:
                    self._news.wait_for(lambda: self._closing or self._due())

    def _write_all(self) -> StorageError | None:
        """Give each journal a turn; return what went wrong with any."""
        error = None
        for journal in tuple(self._journals):
            try:
                if journal.due:
                    self._claim()
                    journal.write()
            except StorageError as found:
                error = found
            except Exception as found:
                # This thread must go on whatever happens: strokes hang on it.
                error = StorageError(_sentence(self.folder, found))
        return error

    def _claim(self) -> None:
        """Make the folder of this session and lock it."""
        if self._owned is not None:
            return
        with storage_errors(self.folder):
            make_folder(self.folder, 0o700)
            try:
                self._owned = own(self.folder)
                sync(self.folder)
            except OSError:
                shutil.rmtree(self.folder, ignore_errors=True)
                raise


def _sentence(folder: Path, error: Exception) -> str:
    if isinstance(error, SegsuiteError):
        return str(error)
    reason = str(error).strip() or type(error).__name__
    return f"{folder} could not be written: {reason}. It is tried again."
