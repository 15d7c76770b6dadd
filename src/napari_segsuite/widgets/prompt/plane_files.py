"""Planes of images as files that the worker reads, written in a thread."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.widgets.prompt.picture import Index, Picture
from napari_segsuite.widgets.session import Session

_MOST_BYTES: Final = 2 << 30


class PlaneFiles:
    """Keeps a file for each plane that was asked for, until the image changes.

    A plane whose pixels are the same as before keeps its file, so that what the
    worker has made of it is used again. Methods may be called from any thread.

    Parameters
    ----------
    session : Session
        Whose scratch folder and threads are used.
    most_bytes : int, optional
        Files beyond this are deleted, those used longest ago first; none that a job
        needs.
    """

    def __init__(self, session: Session, most_bytes: int = _MOST_BYTES) -> None:
        self._session = session
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._known: dict[tuple[int, Index], tuple[ArrayRef, bytes]] = {}
        self._files: OrderedDict[bytes, tuple[ArrayRef, int]] = OrderedDict()
        self._needed: dict[object, set[bytes]] = {}

    def known(self, picture: Picture, index: Index) -> ArrayRef | None:
        """Return the file of a plane, if it is there and up to date."""
        found = self._known.get((id(picture), index))
        return None if found is None else found[0]

    def ask(
        self,
        picture: Picture,
        index: Index,
        done: Callable[[ArrayRef], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Call `done` with the file of a plane, at once or when it is written.

        `failed` takes the error if the plane cannot be read or written.
        """
        found = self.known(picture, index)
        if found is not None:
            done(found)
            return
        read = picture.plane_reader(index)
        known = self._known
        asker = object()

        def keep(kept: tuple[ArrayRef, bytes]) -> None:
            with self._lock:
                # A plane that was forgotten meanwhile is read again by the next who
                # asks.
                if self._known is known:
                    known[id(picture), index] = kept
                self._files.move_to_end(kept[1])
            self.release(asker)
            done(kept[0])

        def give_up(error: Exception) -> None:
            self.release(asker)
            failed(error)

        axes = picture.plane_axes
        self._session.in_background(
            lambda: self._save(read(), axes, asker), keep, give_up
        )

    def save_all(
        self,
        picture: Picture,
        indices: list[Index],
        check: Callable[[], None],
        owner: object,
    ) -> list[ArrayRef]:
        """Return the files of many planes; called in a thread of the caller.

        Parameters
        ----------
        picture : Picture
            The image.
        indices : list of tuple of int
            Its planes.
        check : callable
            Called before each plane; what it raises ends the writing.
        owner : object
            Who needs the files, all of them until it calls `release`.
        """
        found = []
        for index in indices:
            check()
            found.append(self._saved(picture, index, owner))
        return found

    def release(self, owner: object) -> None:
        """Let the files go that an owner needed."""
        with self._lock:
            self._needed.pop(owner, None)
            self._make_room()

    def forget(self) -> None:
        """Look at every plane again before it is used: an image may have changed."""
        with self._lock:
            self._known = {}

    def _saved(self, picture: Picture, index: Index, owner: object) -> ArrayRef:
        with self._lock:
            known = self._known
            kept = known.get((id(picture), index))
            if kept is not None:
                self._needed.setdefault(owner, set()).add(kept[1])
                return kept[0]
        read = picture.plane_reader(index)
        kept = self._save(read(), picture.plane_axes, owner)
        with self._lock:
            known[id(picture), index] = kept
        return kept[0]

    def _save(
        self, plane: NDArray[Any], axes: str, owner: object
    ) -> tuple[ArrayRef, bytes]:
        plane = np.ascontiguousarray(plane)
        digest = hashlib.blake2b(plane.data, digest_size=16)
        digest.update(f"{axes} {plane.shape} {plane.dtype.str}".encode())
        key = digest.digest()
        with self._lock:
            # Before anything else, so that nobody deletes it meanwhile.
            self._needed.setdefault(owner, set()).add(key)
            found = self._files.get(key)
            if found is not None:
                self._files.move_to_end(key)
                return found[0], key
        ref = self._session.scratch.save(plane, axes)
        with self._lock:
            # Two threads may have written the same plane; both files stay.
            self._files[key] = ref, plane.nbytes
        return ref, key

    def _make_room(self) -> None:
        """Delete what is too much; the lock is held."""
        needed = set().union(*self._needed.values())
        total = sum(size for _, size in self._files.values())
        last = next(reversed(self._files), None)
        for key, (ref, size) in list(self._files.items()):
            if total <= self._most_bytes:
                return
            if key in needed or key == last:
                continue
            del self._files[key]
            total -= size
            _delete(ref.path)
            for where in [w for w, kept in self._known.items() if kept[1] == key]:
                del self._known[where]


def _delete(path: Path) -> None:
    path.unlink(missing_ok=True)
