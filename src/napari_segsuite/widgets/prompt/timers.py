"""Timers that fire once."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QObject, QTimer


def single_shot(parent: QObject, slot: Callable[[], object], interval: int) -> QTimer:
    """Return a timer that calls `slot` once, `interval` milliseconds after a start.

    Several starts before that are one: with 0 it fires after the events at hand.
    """
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(interval)
    timer.timeout.connect(slot)
    return timer
