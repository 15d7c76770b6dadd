"""How long a runner waits for its worker."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a worker, in seconds."""

    start: float = 60.0
    """For it to start."""
    cancel: float = 2.0
    """For a cancelled job to give up, before the worker is killed."""
    silence: float = 30.0
    """For a sign of life while a job runs, before the user is told."""
    close: float = 1.0
    """For a job to give up when the runner is closed."""
