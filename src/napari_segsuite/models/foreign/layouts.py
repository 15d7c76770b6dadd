"""Which networks' weights are recognised, by the names and shapes of their tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from napari_segsuite.models.foreign.outline import Shape
from napari_segsuite.models.foreign.refusal import unknown_weights

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Layout:
    """A network that foreign weights belong to."""

    kind: Literal["sam", "maskrcnn"]
    """The family, as model cards name it."""
    title: str
    """What it is, in a few words: ``"Segment Anything ViT-B"``."""
    architecture: Mapping[str, Any]
    """The network, as model cards describe it."""
    names: Mapping[str, str]
    """By the name that our network gives a tensor, its name in the file."""
    differences: Sequence[str] = ()
    """Tensors by which the file differs from this network, if it resembles it but is
    not one; in words, the first ones first."""


Recogniser = Callable[[Mapping[str, Shape]], Layout | None]
"""Given tensors by name, returns what network they resemble, or None."""


def recognise(
    path: Path, tensors: Mapping[str, Shape], recognisers: Sequence[Recogniser]
) -> Layout:
    """Return the network that the tensors of a file belong to.

    Parameters
    ----------
    path : Path
        The file, for messages.
    tensors : mapping of str to Shape
        What is in it.
    recognisers : sequence of Recogniser
        One for each family, the first that fits counts.

    Raises
    ------
    InputError
        If it is none; the first tensors that differ are named.
    """
    nearest: Layout | None = None
    for recogniser in recognisers:
        layout = recogniser(tensors)
        if layout is not None and not layout.differences:
            return layout
        nearest = nearest or layout
    if nearest is None:
        first = ", ".join(repr(name)[:60] for name in list(tensors)[:_MOST_NAMED])
        raise unknown_weights(path, f"its {len(tensors)} tensors begin with {first}")
    first = "; ".join(nearest.differences[:_MOST_NAMED])
    raise unknown_weights(path, f"it resembles {nearest.title}, but {first}")
