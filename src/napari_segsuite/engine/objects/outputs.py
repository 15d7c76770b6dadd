"""What the channels of a network that learned objects mean."""

from __future__ import annotations

from typing import Final

import torch

from napari_segsuite.models.card import ModelCard

CLASSES: Final = 2
"""Channels 0 and 1: logits of background and object."""

DISTANCE: Final = 2
"""Channel 2: logit of the distance to the object's rim, as a part of its largest."""

MEANINGS: Final = ("background", "object", "distance")
"""What the channels are."""

CHANNELS: Final = len(MEANINGS)
"""Channels in all."""


def maps_of(logits: torch.Tensor) -> torch.Tensor:
    """Return the maps from which objects are read.

    Parameters
    ----------
    logits : float32 torch.Tensor, shape (3, *spatial)
        What the network says.

    Returns
    -------
    float32 torch.Tensor, shape (2, *spatial)
        The probability that a pixel belongs to an object, and its distance to the
        object's rim as a part of the largest distance in it; both 0 to 1.
    """
    foreground = logits[:CLASSES].softmax(0)[1]
    return torch.stack([foreground, logits[DISTANCE].sigmoid()])


def meanings(card: ModelCard) -> tuple[str, ...]:
    """Return what the channels of a model are to one that shall learn objects.

    Of a model that learned classes, its only thing is the object, and its only other
    class the background; channels of classes that are several mean nothing here.
    """
    if card.objects is not None:
        return MEANINGS
    things = [info.thing for info in card.classes]
    named = ("background", "object")
    return tuple(
        named[thing] if things.count(thing) == 1 else f"class {info.id}"
        for thing, info in zip(things, card.classes, strict=True)
    )
