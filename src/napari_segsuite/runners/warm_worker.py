"""The worker process of one runner: started, kept warm, given up, ended."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from napari_segsuite.jobs.messages import (
    PROTOCOL,
    Preload,
    ProtocolError,
    Reply,
    encode,
)
from napari_segsuite.runners.connection import Connection
from napari_segsuite.runners.environment import worker_environment

_END_SECONDS: Final = 0.25
"""How long a worker may take to end, first by itself and then when killed."""


class WarmWorker:
    """A worker process at a time, which has imported what jobs will need.

    One thread uses it; `connection` and `ready` may be asked in any.

    Parameters
    ----------
    threads : int or None
        Threads of the worker; None leaves it to the libraries.
    on_reply, on_gone : callable
        As `Connection` takes them.

    Attributes
    ----------
    connection : Connection or None
        The process, if one was started and has not been given up.
    """

    def __init__(
        self,
        threads: int | None,
        *,
        on_reply: Callable[[Connection, Reply | ProtocolError], None],
        on_gone: Callable[[Connection], None],
    ) -> None:
        self.connection: Connection | None = None
        self._threads = threads
        self._on_reply = on_reply
        self._on_gone = on_gone
        self._modules: dict[str, None] = {}
        self._seen_dead = False

    @property
    def ready(self) -> bool:
        """Whether the process takes jobs."""
        found = self.connection
        return found is not None and found.ready

    @property
    def starting(self) -> bool:
        """Whether the process was started and is not ready yet."""
        found = self.connection
        return found is not None and not found.ready

    @property
    def has_died(self) -> bool:
        """Whether the process has ended after it was ready."""
        found = self.connection
        return found is not None and found.ready and found.exit_code is not None

    @property
    def is_warm(self) -> bool:
        """Whether the next process should be there before a job comes."""
        return bool(self._modules)

    def start(self) -> None:
        """Start the process, if there is none.

        Linux ends it with the thread that calls this.

        Raises
        ------
        OSError
            If it cannot be started; other errors of the system are possible.
        """
        if self.connection is None:
            environment = worker_environment(os.environ, threads=self._threads)
            self.connection = Connection(
                environment, on_reply=self._on_reply, on_gone=self._on_gone
            )

    def learn(self, modules: tuple[str, ...]) -> tuple[str, ...]:
        """Remember modules to import; return those that are new."""
        news = tuple(module for module in modules if module not in self._modules)
        self._modules.update(dict.fromkeys(news))
        return news

    def preload(self, modules: tuple[str, ...]) -> None:
        """Have the process import modules now."""
        if modules and self.ready and self.connection is not None:
            self.connection.send(encode(Preload(modules=modules)))

    def welcome(self, protocol: int) -> None:
        """Count the process as ready, and have it import all that it should.

        Parameters
        ----------
        protocol : int
            The protocol that it speaks.

        Raises
        ------
        ProtocolError
            If that is another one than ours.
        """
        if protocol != PROTOCOL:
            msg = (
                f"it speaks protocol {protocol}, and {PROTOCOL} is needed; was "
                "napari-segsuite updated meanwhile? Then start napari again"
            )
            raise ProtocolError(msg)
        if self.connection is not None:
            self.connection.ready = True
            self.preload(tuple(self._modules))

    def is_seen_dead(self) -> bool:
        """Whether the process is dead though its pipe is open, held by a child of it.

        To be asked when no reply came for a while: only the second time that it is
        found dead, its last replies have surely arrived.
        """
        dead = self.connection is not None and self.connection.exit_code is not None
        sure, self._seen_dead = dead and self._seen_dead, dead
        return sure

    def give_up(self) -> Connection | None:
        """Kill the process and return what it was; None if there was none."""
        connection, self.connection = self.connection, None
        self._seen_dead = False
        if connection is not None:
            connection.kill()
        return connection

    def end(self) -> None:
        """Let the process end, by force if it does not."""
        connection = self.connection
        if connection is not None:
            connection.close_input()
            if not connection.wait(_END_SECONDS):
                connection.kill()
                connection.wait(_END_SECONDS)
        self.connection = None
