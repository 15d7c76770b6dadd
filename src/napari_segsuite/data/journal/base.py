"""What every journal of a layer offers, and what it notes of the layer."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from napari_segsuite.data.journal.facts import LayerFacts


class Journal(ABC):
    """Keeps files up to date with a layer that others change.

    Notes of what changed are taken in any thread; `write` acts on them, in one thread.

    Parameters
    ----------
    facts : LayerFacts
        What to keep besides the pixels, points or shapes.
    """

    def __init__(self, facts: LayerFacts) -> None:
        self._facts = facts
        self._facts_due = True
        self._writing = False
        self._revision = 0
        self._lock = threading.Lock()

    @property
    def facts(self) -> LayerFacts:
        """What is kept besides the pixels, points or shapes."""
        with self._lock:
            return self._facts

    @property
    def due(self) -> bool:
        """Whether there is anything that is not on disk, or not looked at."""
        with self._lock:
            return self._writing or self._due()

    @property
    def revision(self) -> int:
        """How often the layer is known to have changed."""
        with self._lock:
            return self._revision

    def describe(self, facts: LayerFacts) -> None:
        """Note other facts of the layer; whether it is saved is known here."""
        with self._lock:
            self._set_facts(facts.replace(unsaved=self._facts.unsaved))

    def saved(self, revision: int) -> None:
        """Note that the user saved the layer as it was at a revision."""
        with self._lock:
            if revision == self._revision:
                self._set_facts(self._facts.replace(unsaved=False))

    @abstractmethod
    def end(self) -> None:
        """Let go of the layer once all of it is written; later notes do nothing."""

    @abstractmethod
    def write(self) -> None:
        """Write what is due, or a part of it.

        Raises
        ------
        StorageError
            If it cannot be written. Nothing that was due is forgotten.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the files, which stay."""

    @abstractmethod
    def discard(self) -> None:
        """Close and delete the files."""

    # What follows is called while the lock is held.

    def _due(self) -> bool:
        return self._facts_due

    def _changed(self) -> None:
        """Note that the user has something new that is not saved."""
        self._revision += 1
        if not self._facts.unsaved:
            self._set_facts(self._facts.replace(unsaved=True))

    def _set_facts(self, facts: LayerFacts) -> None:
        self._facts_due |= facts != self._facts
        self._facts = facts
