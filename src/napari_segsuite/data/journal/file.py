"""One journal file that grows, record by record, each on disk before it counts."""

from __future__ import annotations

import os
from pathlib import Path

from napari_segsuite.data.atomic import atomic_file, storage_errors
from napari_segsuite.data.journal.records import header, record
from napari_segsuite.data.journal.tiles import Tiling

_BINARY = getattr(os, "O_BINARY", 0)


class JournalFile:
    """A journal that is written; it has one writer.

    Parameters
    ----------
    path : Path
        The file to make; its folder must exist.
    tiling : Tiling
        The array it is of.
    payloads : tuple of bytes
        The first records. The file appears with all of them, or not at all.

    Raises
    ------
    StorageError
        If the file cannot be made; nothing is left of it.
    """

    def __init__(self, path: Path, tiling: Tiling, *payloads: bytes) -> None:
        self.path = path
        """Where it lies."""
        self._sequence = len(payloads)
        data = header(tiling) + b"".join(
            record(number, payload) for number, payload in enumerate(payloads, 1)
        )
        with storage_errors(path):
            # Its folder is synced too: else a power cut could take the whole file.
            with atomic_file(path, overwrite=True) as temporary:
                handle = os.open(temporary, os.O_WRONLY | _BINARY)
                try:
                    _write(handle, data)
                finally:
                    os.close(handle)
            self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | _BINARY)
        self.size = len(data)
        """Bytes that are safely on disk."""

    def append(self, payload: bytes) -> None:
        """Write a record; when this returns, it survives a power cut.

        After an error the file must not be written any more: what the system makes
        of a failed write is not known. Its earlier records are safe.

        Raises
        ------
        StorageError
            If the record cannot be written.
        """
        data = record(self._sequence + 1, payload)
        with storage_errors(self.path):
            _write(self._handle, data)
            os.fsync(self._handle)
        self._sequence += 1
        self.size += len(data)

    def close(self) -> None:
        """Close the file, which is complete at any time."""
        os.close(self._handle)


def _write(handle: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]
