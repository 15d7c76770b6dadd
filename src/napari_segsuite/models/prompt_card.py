"""The card of a promptable model: one that segments what is clicked."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_segsuite.models.card import Card


class PromptCard(Card):
    """What a promptable model is, and where it comes from."""

    kind: Literal["click", "sam"]
    """The family: our own networks around a click, or Segment Anything."""
    licence: str = Field(default="", max_length=200)
    """The licence of the weights, such as ``"Apache-2.0"``; empty if unknown."""
    source: str = Field(default="", max_length=2000)
    """Where the weights came from: an address or a file's name."""
