"""Buttons that say why they cannot be pressed."""

from __future__ import annotations

from typing import Final

from qtpy.QtWidgets import QWidget

_TIP: Final = "segsuite-tip"


def tip_of(widget: QWidget) -> str:
    """Return what a widget's tooltip says when it can be used."""
    return str(widget.property(_TIP) or widget.toolTip())


def keep_tip(widget: QWidget) -> None:
    """Take the tooltip as it is for what it says when the widget can be used."""
    widget.setProperty(_TIP, widget.toolTip())


def enable(widget: QWidget, possible: bool, reason: str) -> None:
    """Enable a widget, or say in its tooltip why it is not."""
    tip = tip_of(widget)
    widget.setProperty(_TIP, tip)
    widget.setEnabled(possible)
    wanted = tip if possible else f"{tip}\nNot now: {reason}"
    if widget.toolTip() != wanted:
        widget.setToolTip(wanted)
