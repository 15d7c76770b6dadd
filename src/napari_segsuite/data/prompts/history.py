"""Undo and redo over states that never change."""

from __future__ import annotations

from typing import Generic, TypeVar

S = TypeVar("S")


class History(Generic[S]):
    """The states that were, the one that is, and those that were undone.

    Parameters
    ----------
    first : state
        The state before anything was done.
    limit : int, optional
        How many states are kept; the oldest go first.
    """

    def __init__(self, first: S, limit: int = 1000) -> None:
        self._states = [first]
        self._at = 0
        self._limit = limit

    @property
    def now(self) -> S:
        """The state that is."""
        return self._states[self._at]

    def push(self, state: S) -> None:
        """Go on to a new state; what was undone is forgotten."""
        del self._states[self._at + 1 :]
        self._states.append(state)
        del self._states[: -self._limit]
        self._at = len(self._states) - 1

    def undo(self) -> bool:
        """Go back to the state before; False if there is none."""
        if self._at == 0:
            return False
        self._at -= 1
        return True

    def redo(self) -> bool:
        """Go on to the state undone last; False if there is none."""
        if self._at + 1 == len(self._states):
            return False
        self._at += 1
        return True
