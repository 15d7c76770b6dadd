"""The class table: what each painted id means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import Field

from napari_segsuite._model import Model


class ClassInfo(Model):
    """One class of a painting or a model."""

    id: int = Field(ge=1, le=2**31 - 1)
    """The id in the Labels layer; 0 means unpainted and is never a class."""
    name: str = Field(min_length=1, max_length=200)
    """The name that people read."""
    color: str = Field(default="#808080", pattern=r"^#[0-9a-fA-F]{6}$")
    """The colour in which the class is drawn, as ``#rrggbb``."""
    thing: bool = True
    """Whether the class has countable objects (a thing) or not (stuff)."""


ClassTable = tuple[ClassInfo, ...]


def table_of(ids: Iterable[int], known: Sequence[ClassInfo] = ()) -> ClassTable:
    """Return a class table for `ids`, ascending, with what is `known` about them.

    Where nothing is known, id 1 is called "background", the others "class 2",
    "class 3" and so on, in colours of the Okabe-Ito palette, which people with any
    colour vision tell apart.
    """
    by_id = {info.id: info for info in known}
    return tuple(by_id.get(i) or _unknown(i) for i in sorted(set(ids)))


# Okabe M., Ito K. (2008), Color Universal Design.
_PALETTE = (
    "#999999",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)


def _unknown(label: int) -> ClassInfo:
    name = "background" if label == 1 else f"class {label}"
    color = _PALETTE[(label - 1) % len(_PALETTE)]
    return ClassInfo(id=label, name=name, color=color, thing=label != 1)
