"""What the thread that owns a worker is told of a run."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from napari_segsuite.runners.base import Run


@dataclass(frozen=True, slots=True)
class Order:
    """A run that waits, and what to send for it."""

    run: Run[Any]
    submit: bytes
    """The encoded `Submit`."""
    scratch: Path
    """The folder for the run's temporary arrays, to be made."""
    sent: threading.Event = field(default_factory=threading.Event)
    """Set when the worker was told."""
