"""Embeddings of planes, kept in memory and on disk, so that none is made twice.

On disk, each is a safetensors file named after all that it depends on: the bytes that
the model saw, the model's weights, and the version of this format. So a changed pixel,
intensity window or model is another name, and nothing ever has to be declared old. A
file appears whole or not at all; the ones used longest ago make room for new ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from napari_segsuite.data.atomic import TEMPORARY_PREFIX, atomic_file, storage_errors
from napari_segsuite.engine.prompting.model import Embedded, Plane, PromptModel
from napari_segsuite.errors import InputError, StorageError
from napari_segsuite.jobs.events import Notice

Source = Literal["memory", "disk", "model"]
"""Where an embedding came from."""

_FORMAT = b"napari-segsuite embedding 1"
_CHECKSUM = "checksum"
_OURS = re.compile(r"[0-9a-f]{64}\.safetensors")
_DIGEST_BYTES = 32
# A file being written is younger than this; an older one was left by a kill.
_LEFTOVER_SECONDS = 3600.0


class Embeddings:
    """Embeddings of planes: the last few in memory, more on disk.

    Several processes may share the folder.

    Parameters
    ----------
    folder : Path or None
        Where they outlive the process; made when needed. None: nowhere.
    limit_bytes : int, optional
        The most that the files in the folder may take together.
    planes : int, optional
        The most that are kept in memory.
    """

    def __init__(
        self, folder: Path | None, *, limit_bytes: int = 2 << 30, planes: int = 8
    ) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._planes = planes
        self._kept: OrderedDict[str, Embedded] = OrderedDict()
        self._told = False

    def get(
        self,
        model_key: str,
        plane: Plane,
        model: PromptModel,
        check: Callable[[], None],
        emit: Callable[[Notice], None],
    ) -> tuple[Embedded, Source]:
        """Return the embedding of a plane; make it if it is nowhere.

        Parameters
        ----------
        model_key : str
            What tells the model from all others: the SHA-256 of its weights.
        plane : array of float32, (1, Y, X) or (3, Y, X)
            What the model sees.
        model : PromptModel
            The model.
        check : callable
            Called often while the model computes; raises to cancel.
        emit : callable
            Takes a `Notice`, once, if the folder cannot be written: a full disk costs
            the user time, never the embedding.

        Returns
        -------
        Embedded
            The embedding.
        {"memory", "disk", "model"}
            Where it came from.
        """
        key = _key(model_key, plane)
        embedded = self._kept.pop(key, None)
        source: Source = "memory"
        if embedded is None:
            shape = (plane.shape[1], plane.shape[2])
            source, embedded = "disk", self._read(key, model, shape)
        if embedded is None:
            source, embedded = "model", model.embed(plane, check)
            self._write(key, embedded, emit)
        self._kept[key] = embedded
        while len(self._kept) > self._planes:
            self._kept.popitem(last=False)
        return embedded, source

    def _read(
        self, key: str, model: PromptModel, shape: tuple[int, int]
    ) -> Embedded | None:
        """Return what is on disk; None if nothing sound is."""
        if self._folder is None:
            return None
        path = _path(self._folder, key)
        try:
            if path.stat().st_size > self._limit:
                return None
            arrays = load(path.read_bytes())
            checksum = arrays.pop(_CHECKSUM, None)
            if checksum is None or checksum.tobytes() != _digest(arrays):
                return None
            embedded = model.restore(arrays, shape)
        except (OSError, SafetensorError, InputError):
            return None
        with contextlib.suppress(OSError):  # a folder that can only be read
            os.utime(path)
        return embedded

    def _write(
        self, key: str, embedded: Embedded, emit: Callable[[Notice], None]
    ) -> None:
        arrays = dict(embedded.arrays())
        if self._folder is None or not arrays:
            return
        checksum = np.frombuffer(_digest(arrays), np.uint8)
        content = save({**arrays, _CHECKSUM: checksum})
        if len(content) > self._limit:
            return
        path = _path(self._folder, key)
        try:
            with storage_errors(self._folder):
                self._folder.mkdir(parents=True, exist_ok=True)
            _make_room(self._folder, self._limit - len(content))
            with atomic_file(path, overwrite=True) as temporary:
                temporary.write_bytes(content)
        except StorageError as error:
            if not self._told:
                self._told = True
                message = (
                    f"Embeddings cannot be kept: {error} Prompts work all the same, "
                    "but each plane has to be prepared anew in the next session."
                )
                emit(Notice(message=message))


def _key(model_key: str, plane: Plane) -> str:
    digest = hashlib.blake2b(_FORMAT, digest_size=_DIGEST_BYTES)
    digest.update(f" {model_key} {plane.shape} {plane.dtype.str} ".encode())
    digest.update(np.ascontiguousarray(plane).data)
    return digest.hexdigest()


def _digest(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return the checksum of arrays with their names, types and shapes."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for name, values in sorted(arrays.items()):
        digest.update(f"{name} {values.dtype.str} {values.shape} ".encode())
        digest.update(np.ascontiguousarray(values).data)
    return digest.digest()


def _path(folder: Path, key: str) -> Path:
    return folder / f"{key}.safetensors"


def _make_room(folder: Path, limit: int) -> None:
    """Remove the embeddings used longest ago until the rest take `limit` bytes.

    Other processes may remove them at the same time. What is not ours stays.
    """
    now, found = time.time(), []
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            facts = path.stat()
            if _OURS.fullmatch(path.name):
                found.append((facts.st_mtime, facts.st_size, path))
            elif (
                path.name.startswith(TEMPORARY_PREFIX)
                and now - facts.st_mtime > _LEFTOVER_SECONDS
            ):
                path.unlink()
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= limit:
            return
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        total -= size
