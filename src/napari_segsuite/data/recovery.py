"""Finds what sessions that are no more have left in their journals."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
import platformdirs
from numpy.typing import NDArray

from napari_segsuite.data.atomic import TEMPORARY_PREFIX, atomic_file
from napari_segsuite.data.journal import vectors
from napari_segsuite.data.journal.facts import LayerFacts
from napari_segsuite.data.journal.preview import Preview, preview, vector_picture
from napari_segsuite.data.journal.records import SUFFIX, Content, read
from napari_segsuite.data.ownership import is_ownerless
from napari_segsuite.errors import InputError

FOLDER_VARIABLE: Final = "SEGSUITE_JOURNALS"
"""The environment variable that names another folder for journals."""

KEPT_DAYS: Final = 30
"""How long the journals of ended sessions are kept."""
KEPT_BYTES: Final = 5 * 2**30
"""How much of them is kept; the oldest go first."""

_RESTORED: Final = "restored"
_NAME: Final = re.compile(r"(?P<stem>layer-\d+)\.\d{6}" + re.escape(SUFFIX))


@dataclass(frozen=True)
class LostLayer:
    """A Labels layer of a session that has ended."""

    facts: LayerFacts
    """Its name, place and classes."""
    preview: Preview
    """A small picture of it, and how much is painted."""
    content: Content
    """What its journals hold."""

    @property
    def damaged(self) -> bool:
        """Whether parts of it could not be read."""
        return self.content.damaged

    @property
    def extent(self) -> str:
        """How large it is, for people."""
        return " × ".join(str(size) for size in self.shape)

    @property
    def amount(self) -> str:
        """How much was painted, for people."""
        return f"{self.preview.painted:,} pixels"

    @property
    def picture(self) -> NDArray[np.uint8]:
        """A small picture of it: rows × columns × RGB."""
        return self.preview.picture

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of its array."""
        return self.content.tiling.shape

    def array(self) -> NDArray[Any]:
        """Return the pixels as they were last written; 0 where nothing was painted.

        Returns
        -------
        ndarray
            Of the layer's shape and integer dtype, little-endian.

        Raises
        ------
        InputError
            If a tile is damaged, or there is not enough memory.
        """
        tiling = self.content.tiling
        try:
            array = np.zeros(tiling.shape, tiling.dtype)
            for index, packed in self.content.tiles.items():
                array[tiling.window(index)] = tiling.unpack(index, packed)
        except (ValueError, IndexError, MemoryError, OverflowError) as error:
            msg = (
                f"{self.facts.name!r} of shape {tiling.shape} cannot be restored: "
                f"{error}. Its journal is left as it is."
            )
            raise InputError(msg) from error
        return array


@dataclass(frozen=True)
class LostVectors:
    """A Points or Shapes layer of a session that has ended."""

    facts: LayerFacts
    """Its name and place."""
    state: vectors.VectorState
    """The points or shapes."""
    damaged: bool = False
    """Always off: a damaged file cannot be read at all."""

    @property
    def extent(self) -> str:
        """What it is, for people."""
        return self.state.kind.capitalize()

    @property
    def amount(self) -> str:
        """How many there are, for people."""
        return f"{len(self.state.vertices):,} {self.state.kind}"

    @property
    def picture(self) -> NDArray[np.uint8]:
        """A small picture of it: rows × columns × RGB."""
        return vector_picture(self.state)


@dataclass(frozen=True)
class LostSession:
    """A session that has ended with painting that was not saved."""

    folder: Path
    """Where its journals are."""
    ended: float
    """When it was last written to, in seconds since 1970."""
    layers: tuple[LostLayer | LostVectors, ...]
    """What was not saved; at least one layer."""

    def settle(self) -> None:
        """Note that it was restored: it is kept for a while, but found no more.

        Raises
        ------
        StorageError
            If that cannot be written.
        """
        with atomic_file(self.folder / _RESTORED, overwrite=True):
            pass  # an empty file says it all

    def discard(self) -> None:
        """Delete its journals."""
        shutil.rmtree(self.folder, ignore_errors=True)


def default_folder() -> Path:
    """Return the folder of this user's journals; it need not exist yet."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        return Path(folder)
    return platformdirs.user_state_path("napari-segsuite", appauthor=False) / "journals"


def lost_sessions(place: Path) -> tuple[LostSession, ...]:
    """Return the sessions in `place` whose owners have died, the newest first.

    Parameters
    ----------
    place : Path
        The folder of all sessions; need not exist.

    Returns
    -------
    tuple of LostSession
        Only those with unsaved pixels, and not those that were restored. What cannot
        be read is left out, and left alone.
    """
    found = []
    for folder in _ownerless(place):
        # One folder that cannot be read must not hide the others.
        with suppress(OSError):
            restored = (folder / _RESTORED).exists()
            if restored:
                continue
            layers: tuple[LostLayer | LostVectors, ...] = _lost_layers(folder)
            layers += _vectors(folder)
            if layers:
                found.append(LostSession(folder, _ended(folder), layers))
    return tuple(sorted(found, key=lambda session: session.ended, reverse=True))


def reap(
    place: Path, *, days: float = KEPT_DAYS, most_bytes: int = KEPT_BYTES
) -> tuple[Path, ...]:
    """Delete the oldest journals of ended sessions, beyond an age and a size.

    Parameters
    ----------
    place : Path
        The folder of all sessions; need not exist.
    days : float, optional
        Older sessions are deleted.
    most_bytes : int, optional
        What the rest may take together.

    Returns
    -------
    tuple of Path
        The folders that were deleted.
    """
    oldest = time.time() - days * 86400
    left, deleted = most_bytes, []
    for folder in sorted(_ownerless(place), key=_ended, reverse=True):
        left -= sum(_size(path) for path in folder.iterdir())
        if _ended(folder) < oldest or left < 0:
            shutil.rmtree(folder, ignore_errors=True)
            deleted.append(folder)
    return tuple(deleted)


def _ownerless(place: Path) -> Iterable[Path]:
    with suppress(OSError):
        return [folder for folder in place.iterdir() if is_ownerless(folder)]
    return []


def _lost_layers(folder: Path) -> tuple[LostLayer, ...]:
    names = ((_NAME.fullmatch(path.name), path) for path in sorted(folder.iterdir()))
    stems = [(match["stem"], path) for match, path in names if match]
    found = []
    for _, pairs in groupby(stems, lambda pair: pair[0]):
        # One journal beyond repair must not hide the others.
        with suppress(InputError):
            content = read([path for _, path in pairs])
            facts = content.facts
            if facts is not None and facts.unsaved:
                lost = LostLayer(facts, preview(content), content)
                if lost.preview.painted:
                    found.append(lost)
    return tuple(found)


def _vectors(folder: Path) -> tuple[LostVectors, ...]:
    found = []
    for path in sorted(folder.glob(f"*{vectors.SUFFIX}")):
        if path.name.startswith(TEMPORARY_PREFIX):
            continue  # a kill came before it was complete
        with suppress(InputError):
            facts, state = vectors.read(path)
            if facts.unsaved and state.vertices:
                found.append(LostVectors(facts, state))
    return tuple(found)


def _ended(folder: Path) -> float:
    return max(_time(path) for path in (folder, *folder.iterdir()))


def _time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
