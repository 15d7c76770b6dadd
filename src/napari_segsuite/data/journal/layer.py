"""The journal of one layer: finds what changed, and has it written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.journal.base import Journal
from napari_segsuite.data.journal.facts import LayerFacts
from napari_segsuite.data.journal.file import JournalFile
from napari_segsuite.data.journal.records import (
    SUFFIX,
    Content,
    facts_payload,
    read,
    tiles_payload,
)
from napari_segsuite.data.journal.tiles import Box, Tiling
from napari_segsuite.errors import InputError, StorageError

# A record holds about this much, so that memory stays bounded.
_RECORD_BYTES: Final = 4 * 2**20
# Changes of more tiles than this, or more of them, are found by looking everywhere.
_STROKE_TILES: Final = 4096
_MOST_BOXES: Final = 1000
# Tiles looked at before strokes get their turn again: some 10 ms.
_SWEEP_TILES: Final = 64
# A journal is rewritten when it is so much longer than what it has to say.
_SPARE_BYTES: Final = 32 * 2**20
_SPARE_FACTOR: Final = 4


class LayerJournal(Journal):
    """Keeps files in a folder up to date with an array that others write to.

    `touch`, `sweep` and `describe` only note what to do, in any thread; `write` does
    it, in one thread. Tiles are read from the array itself when they are written, so
    that no copy of it is needed: what is on disk is each stroke as it was, or as later
    strokes left it.

    Parameters
    ----------
    folder : Path
        Where the files go; it must exist.
    stem : str
        How their names begin.
    array : ndarray of integers or bool
        The pixels. They need not be zero: all of them are looked at once.
    facts : LayerFacts
        What else to keep.
    """

    def __init__(
        self, folder: Path, stem: str, array: NDArray[Any], facts: LayerFacts
    ) -> None:
        super().__init__(facts)
        self.folder = folder
        """Where the files are."""
        self.tiling = Tiling(array.shape, np.dtype(array.dtype).newbyteorder("<"))
        """How the array is cut."""
        self._stem = stem
        self._array = array
        self._ending = self._ended = False
        self._boxes: list[Box] = []
        self._sweep_left = self.tiling.count
        # What follows belongs to the thread that writes.
        self._digests: dict[int, bytes] = {}
        self._file: JournalFile | None = None
        self._generation = 0
        self._paths: list[Path] = []
        self._next = 0
        self._seen = 0
        self._told = facts
        self._limit = _SPARE_BYTES

    def touch(self, box: Box) -> None:
        """Note that pixels in a box have changed."""
        with self._lock:
            if self._ended:
                return
            self._changed()
            many = len(self._boxes) >= _MOST_BOXES
            if many or self.tiling.touched_count(box) > _STROKE_TILES:
                self._sweep_left = self.tiling.count
            else:
                self._boxes.append(box)

    def sweep(self, array: NDArray[Any] | None = None) -> None:
        """Note that pixels anywhere may have changed, or are another array's now.

        Parameters
        ----------
        array : ndarray, optional
            The new array, of the same shape and dtype.
        """
        with self._lock:
            if self._ended:
                return
            if array is not None:
                self._array = array
            self._sweep_left = self.tiling.count

    def end(self) -> None:
        """Let go of the array once all of it is written; later notes do nothing."""
        with self._lock:
            self._ending = True

    def write(self) -> None:
        """Write what is due: facts and strokes, then a part of what must be swept.

        Raises
        ------
        StorageError
            If it cannot be written. Nothing that was due is forgotten.
        """
        with self._lock:
            boxes, self._boxes = self._boxes, []
            sweep = min(_SWEEP_TILES, self._sweep_left)
            self._sweep_left -= sweep
            facts, self._facts_due = self._facts, False
            array = self._array
            self._writing = True
        try:
            self._tell(facts)
            strokes = {index for box in boxes for index in self.tiling.touched(box)}
            self._put(array, sorted(strokes))
            count = self.tiling.count
            found = self._put(array, ((self._next + i) % count for i in range(sweep)))
            if found and self._seen >= count:
                # Nobody told of it: undo, or written in place by another plugin.
                with self._lock:
                    self._changed()
            self._next = (self._next + sweep) % max(1, count)
            self._seen += sweep
            if self._file is not None and self._file.size > self._limit:
                self._compact(self._file, facts)
        except BaseException:
            self._abandon()
            with self._lock:
                self._boxes = boxes + self._boxes
                self._sweep_left = min(self._sweep_left + sweep, self.tiling.count)
                self._facts_due = True
                self._writing = False
            raise
        with self._lock:
            self._writing = False
            if self._ending and not self._due():
                self._array = np.zeros(0, array.dtype)
                self._ended = True

    def close(self) -> None:
        """Close the files, which stay."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def discard(self) -> None:
        """Close and delete the files."""
        self.close()
        for path in self._paths:
            path.unlink(missing_ok=True)

    def _due(self) -> bool:
        return bool(self._boxes or self._sweep_left) or super()._due()

    def _tell(self, facts: LayerFacts) -> None:
        if self._file is None:
            self._file = self._new_file(facts_payload(facts))
        elif facts != self._told:
            self._file.append(facts_payload(facts))
        self._told = facts

    def _put(self, array: NDArray[Any], indices: Iterable[int]) -> bool:
        """Append those tiles that are not on disk as they are now; tell if any."""
        batch: dict[int, tuple[bytes, bytes]] = {}
        size, found = 0, False
        for index in indices:
            tile = self.tiling.read(array, index)
            known = self._digests.get(index)
            if known is None and not tile.any():
                continue  # what was never written counts as zero
            digest = hashlib.blake2b(tile.data, digest_size=8).digest()
            if digest != known:
                packed = self.tiling.pack(tile)
                batch[index] = digest, packed
                size += len(packed)
                found = True
            if size > _RECORD_BYTES:
                self._append(batch)
                batch, size = {}, 0
        if batch:
            self._append(batch)
        return found

    def _append(self, batch: dict[int, tuple[bytes, bytes]]) -> None:
        if self._file is None:
            return
        # Should it fail, nobody knows what is on disk.
        self._digests.update(dict.fromkeys(batch, b""))
        self._file.append(
            tiles_payload((index, packed) for index, (_, packed) in batch.items())
        )
        self._digests.update((i, digest) for i, (digest, _) in batch.items())

    def _new_file(self, *payloads: bytes) -> JournalFile:
        self._generation += 1
        path = self.folder / f"{self._stem}.{self._generation:06d}{SUFFIX}"
        try:
            return JournalFile(path, self.tiling, *payloads)
        finally:
            # It may be there although it could not be opened afterwards.
            if path.exists():
                self._paths.append(path)

    def _abandon(self) -> None:
        """Go on in a new file: the last record of this one is in doubt.

        What a failed fsync leaves on disk nobody can tell; but the records before are
        safe, and the next file sets anew all that this one did not get through.
        """
        if self._file is not None:
            file, self._file = self._file, None
            # The error that led here is told; this one would only say it again.
            with suppress(OSError):
                file.close()

    def _compact(self, file: JournalFile, facts: LayerFacts) -> None:
        """Replace the files by one that has each tile once."""
        # Not before it has grown again, should there be no room for another file.
        self._limit = file.size + _SPARE_BYTES
        try:
            content = read(self._paths)
        except InputError:
            content = Content(self.tiling, damaged=True)
        if content.damaged:
            # The disk lost something: believe nothing, write all of it anew.
            self._digests = dict.fromkeys(range(self.tiling.count), b"")
            self.sweep()
        batches: list[list[tuple[int, bytes]]] = [[]]
        size = 0
        for index, packed in content.tiles.items():
            batches[-1].append((index, packed))
            size += len(packed)
            if size > _RECORD_BYTES:
                batches.append([])
                size = 0
        old = list(self._paths)
        # Whatever comes of it, strokes go on in a file that comes later by its number.
        self._abandon()
        with suppress(StorageError):
            self._file = self._new_file(
                facts_payload(facts), *(tiles_payload(batch) for batch in batches)
            )
            self._limit = _SPARE_BYTES + _SPARE_FACTOR * self._file.size
            for path in old:
                # One that stays says nothing that the new one does not say again.
                self._paths.remove(path)
                with suppress(OSError):
                    path.unlink()
