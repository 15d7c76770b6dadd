"""The journal of a Points or Shapes layer: one small file, replaced as a whole."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, JsonValue, ValidationError, model_validator

from napari_segsuite._model import Model
from napari_segsuite.data.atomic import atomic_file, storage_errors
from napari_segsuite.data.journal.base import Journal
from napari_segsuite.data.journal.facts import LayerFacts
from napari_segsuite.errors import InputError

SUFFIX: Final = ".vectors"
"""How the names of such journals end."""

_BINARY = getattr(os, "O_BINARY", 0)

Color = tuple[float, float, float, float]


class VectorState(Model):
    """The points or shapes of a layer, and how each looks."""

    kind: Literal["points", "shapes"]
    """Which layer it is of."""
    vertices: tuple[tuple[tuple[float, ...], ...], ...]
    """For each point its one vertex, for each shape its vertices, in pixels."""
    kinds: tuple[str, ...] = ()
    """For each point its symbol, for each shape its type, as napari names them."""
    sizes: tuple[float, ...] = ()
    """For each point its diameter, for each shape the width of its edge."""
    face_colors: tuple[Color, ...] = ()
    """Red, green, blue and opacity, 0 to 1, of each one's inside."""
    edge_colors: tuple[Color, ...] = ()
    """Likewise of each one's edge."""
    features: dict[str, tuple[JsonValue, ...]] = Field(default_factory=dict)
    """Columns of facts about each one."""

    @model_validator(mode="after")
    def _check(self) -> VectorState:
        columns = (self.kinds, self.sizes, self.face_colors, self.edge_colors)
        lengths = {len(column) for column in (*columns, *self.features.values())}
        if not lengths <= {len(self.vertices)}:
            msg = f"{len(self.vertices)} vectors cannot have columns of {lengths}"
            raise ValueError(msg)
        return self


class VectorJournal(Journal):
    """Keeps a file up to date with a state that is told.

    `set`, `describe` and `saved` only note what to do, in any thread; `write` does
    it, in one thread. The file is replaced atomically: after a power cut it holds the
    last state that was written, or the one before.

    Parameters
    ----------
    folder : Path
        Where the file goes; it must exist when it is written.
    stem : str
        How its name begins.
    state : VectorState
        The points or shapes.
    facts : LayerFacts
        What else to keep.
    """

    def __init__(
        self, folder: Path, stem: str, state: VectorState, facts: LayerFacts
    ) -> None:
        super().__init__(facts)
        self.path = folder / f"{stem}{SUFFIX}"
        """Where it lies."""
        self._state = state
        self._state_due = True
        self._ended = False

    def set(self, state: VectorState) -> None:
        """Note the state as it is now."""
        with self._lock:
            if state != self._state and not self._ended:
                self._state, self._state_due = state, True
                self._changed()

    def end(self) -> None:
        """Take no more notes; what was noted is still written."""
        with self._lock:
            self._ended = True

    def write(self) -> None:
        """Write what is due.

        Raises
        ------
        StorageError
            If it cannot be written. Nothing that was due is forgotten.
        """
        with self._lock:
            state, facts = self._state, self._facts
            self._state_due = self._facts_due = False
            self._writing = True
        values = {
            "facts": facts.model_dump(mode="json"),
            "state": state.model_dump(mode="json"),
        }
        text = json.dumps(values).encode()
        try:
            with (
                storage_errors(self.path),
                atomic_file(self.path, overwrite=True) as temporary,
            ):
                handle = os.open(temporary, os.O_WRONLY | _BINARY)
                with os.fdopen(handle, "wb") as file:
                    file.write(b"%08x\n" % zlib.crc32(text) + text)
        except BaseException:
            with self._lock:
                self._state_due = True
            raise
        finally:
            with self._lock:
                self._writing = False

    def close(self) -> None:
        """Let go of the file, which stays and is whole at any time."""

    def discard(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)

    def _due(self) -> bool:
        return self._state_due or super()._due()


def read(path: Path) -> tuple[LayerFacts, VectorState]:
    """Return what a `VectorJournal` wrote.

    Raises
    ------
    InputError
        If the file cannot be read or is damaged.
    """
    try:
        check, _, text = path.read_bytes().partition(b"\n")
        if check != b"%08x" % zlib.crc32(text):
            msg = "its check does not fit"
            raise ValueError(msg)
        values = json.loads(text)
        facts = LayerFacts.model_validate(values["facts"])
        return facts, VectorState.model_validate(values["state"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        # A ValidationError is a ValueError, but says more than people need.
        reason = "it is of another version"
        if not isinstance(error, ValidationError):
            reason = str(error)
        msg = f"{path} cannot be read ({reason}); it is left as it is."
        raise InputError(msg) from error
