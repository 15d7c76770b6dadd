"""The last lines that a process wrote, as plain text."""

from __future__ import annotations

import codecs
import re
import threading
from collections import deque
from typing import Final

_ESCAPES: Final = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|.)")


class LastLines:
    """Collects output and keeps the end of it.

    A progress bar, which goes back to the line's start with a carriage return,
    counts as one line that holds its last state. Colour codes and control
    characters are left out: the text is shown to people.

    Parameters
    ----------
    count : int, optional
        How many lines to keep.
    width : int, optional
        How many characters of a line to keep, from its end.
    """

    def __init__(self, count: int = 50, width: int = 500) -> None:
        self._lines: deque[str] = deque(maxlen=count)
        self._width = width
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._lock = threading.Lock()

    def feed(self, data: bytes) -> None:
        """Take the next piece of output, cut anywhere."""
        with self._lock:
            *lines, rest = (self._rest + self._decoder.decode(data)).split("\n")
            self._lines.extend(self._plain(line) for line in lines)
            # A bar that never ends its line must not grow: keep a few of its states.
            self._rest = rest[-8 * self._width :]

    def text(self) -> str:
        """Return the lines, the newest last; empty if nothing was written."""
        with self._lock:
            rest = self._plain(self._rest)
            lines = [*self._lines, rest] if rest else list(self._lines)
            return "\n".join(lines[-(self._lines.maxlen or 0) :])

    def _plain(self, line: str) -> str:
        states = [state for state in line.split("\r") if state.strip()]
        last = _ESCAPES.sub("", states[-1]) if states else ""
        plain = "".join(c for c in last if c.isprintable() or c == "\t")
        return plain[-self._width :]
