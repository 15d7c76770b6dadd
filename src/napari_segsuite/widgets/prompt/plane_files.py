"""Planes of images as files that the worker reads, written in a thread."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.widgets.prompt.picture import Index, Picture
from napari_segsuite.widgets.session import Session

# Files beyond this many bytes are deleted, those used longest ago first.
_MOST_BYTES: Final = 2 << 30


class PlaneFiles:
    """Keeps a file for each plane that was asked for, until the image changes.

    A plane whose pixels are the same as before keeps its file, so that what the
    worker has made of it is used again.

    Parameters
    ----------
    session : Session
        Whose scratch folder and threads are used.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[int, Index], ArrayRef] = {}
        self._files: OrderedDict[bytes, tuple[ArrayRef, int]] = OrderedDict()

    def known(self, picture: Picture, index: Index) -> ArrayRef | None:
        """Return the file of a plane, if it is there and up to date."""
        return self._known.get((id(picture), index))

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

        def keep(kept: tuple[ArrayRef, bytes, int]) -> None:
            ref, digest, size = kept
            # A plane that was forgotten meanwhile is read again by the next who asks.
            if self._known is known:
                known[id(picture), index] = ref
            self._files[digest] = ref, size
            self._files.move_to_end(digest)
            self._make_room()
            done(ref)

        axes = picture.plane_axes
        self._session.in_background(lambda: self._save(read(), axes), keep, failed)

    def save_all(
        self, picture: Picture, indices: list[Index], check: Callable[[], None]
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
        """
        found = []
        for index in indices:
            check()
            known = self._known.get((id(picture), index))
            if known is None:
                read = picture.plane_reader(index)
                known, digest, size = self._save(read(), picture.plane_axes)
                self._known[id(picture), index] = known
                self._files[digest] = known, size
            found.append(known)
        return found

    def forget(self) -> None:
        """Look at every plane again before it is used: an image may have changed."""
        self._known = {}

    def _save(self, plane: NDArray[Any], axes: str) -> tuple[ArrayRef, bytes, int]:
        plane = np.ascontiguousarray(plane)
        digest = hashlib.blake2b(plane.data, digest_size=16)
        digest.update(f"{axes} {plane.shape} {plane.dtype.str}".encode())
        key = digest.digest()
        found = self._files.get(key)
        if found is not None:
            return found[0], key, plane.nbytes
        return self._session.scratch.save(plane, axes), key, plane.nbytes

    def _make_room(self) -> None:
        total = sum(size for _, size in self._files.values())
        while total > _MOST_BYTES and len(self._files) > 1:
            _, (ref, size) = self._files.popitem(last=False)
            total -= size
            _delete(ref.path)
            self._known = {
                key: kept for key, kept in self._known.items() if kept is not ref
            }


def _delete(path: Path) -> None:
    path.unlink(missing_ok=True)
