"""The `JobContext` of this process and of the worker process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar, cast

from napari_segsuite.errors import Cancelled
from napari_segsuite.jobs.events import Event
from napari_segsuite.jobs.messages import Cancel, Control, Stop

T = TypeVar("T")


class Cache:
    """Keeps the few values used last, such as networks with their weights.

    Parameters
    ----------
    size : int, optional
        How many values to keep.
    """

    def __init__(self, size: int = 4) -> None:
        self._size = size
        self._values: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value kept for `key`; `make` it if there is none."""
        if key in self._values:
            self._values.move_to_end(key)
        else:
            while len(self._values) >= self._size:
                self._values.popitem(last=False)
            self._values[key] = make()
        return cast(T, self._values[key])


class RunContext:
    """What the handler of one run may know of the outside.

    The handler calls the methods of `JobContext` in its thread; `obey` is called
    from another.

    Parameters
    ----------
    scratch : Path
        A folder for temporary arrays.
    send : callable
        Takes the events.
    cache : Cache
        Outlives the run.
    """

    def __init__(
        self, scratch: Path, send: Callable[[Event], None], cache: Cache
    ) -> None:
        self._scratch = scratch
        self._send = send
        self._cache = cache
        self._cancel = threading.Event()
        self._stop = threading.Event()
        self._controls: dict[str, Any] = {}

    @property
    def scratch(self) -> Path:
        """A private folder for temporary arrays."""
        return self._scratch

    def emit(self, event: Event) -> None:
        """Tell whoever listens."""
        self._send(event)

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if the run was cancelled."""
        if self._cancel.is_set():
            msg = "The job was cancelled."
            raise Cancelled(msg)

    def stop_requested(self) -> bool:
        """Whether to finish early and keep the best so far."""
        return self._stop.is_set()

    def control(self, name: str) -> Any:
        """Return the newest value sent under `name`, or None."""
        return self._controls.get(name)

    def cached(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value kept for `key`, made by `make` the first time."""
        return self._cache.get(key, make)

    def obey(self, request: Cancel | Stop | Control) -> None:
        """Do as the submitter asks: the handler finds out at its next step."""
        match request:
            case Cancel():
                self._cancel.set()
            case Stop():
                self._stop.set()
            case Control(name=name, value=value):
                self._controls[name] = value
