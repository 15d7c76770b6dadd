"""Several things one after the other, without stopping the window for all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from qtpy.QtCore import QObject, QTimer


class Turns:
    """Does things in order, each in a turn of the event loop of its own.

    In between the window draws what has changed, and answers its user.

    Parameters
    ----------
    parent : QObject
        When it is destroyed, what is left is not done.
    """

    def __init__(self, parent: QObject) -> None:
        self._left: deque[Callable[[], object]] = deque()
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._next)

    def do(self, *steps: Callable[[], object]) -> None:
        """Do these after what is left to do; one that fails does not stop the others.

        Parameters
        ----------
        steps : callable
            Called without arguments, in this order, never at once.
        """
        self._left.extend(steps)
        if self._left:
            self._timer.start(0)

    def _next(self) -> None:
        step = self._left.popleft()
        if self._left:
            self._timer.start(0)
        step()
