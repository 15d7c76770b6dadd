"""What tensors a foreign file holds, found out without running or loading anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

from napari_segsuite.errors import InputError, ModelFolderError
from napari_segsuite.models.foreign.archive import (
    PROGRAM,
    check_crc,
    read_member,
    read_members,
)
from napari_segsuite.models.foreign.program import (
    MOST_AXES,
    PlannedTensor,
    Table,
    read_program,
)
from napari_segsuite.models.foreign.refusal import holds_more
from napari_segsuite.models.foreign.sniffing import Form, sniff
from napari_segsuite.models.weights import ITEM_BYTES, read_entries

_LARGEST_PROGRAM = 16 << 20
_MOST_TENSORS = 20_000
_LONGEST_NAME = 300
# Where training programs keep the weights among other things, by their habits:
# Lightning, torch_em and micro-sam, nnU-Net, timm, and most scripts.
_PLACES = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "network_weights",
    "model",
    "params",
    "weights",
    "net",
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The type and the shape of a tensor."""

    dtype: str
    """Its type, as ``"F32"``."""
    sizes: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """How many bytes its numbers take."""
        return prod(self.sizes) * ITEM_BYTES[self.dtype]


@dataclass(frozen=True, slots=True)
class Outline:
    """What a foreign file holds."""

    form: Form
    """How it is saved."""
    place: tuple[str, ...]
    """The keys that lead to the weights; none if the file is nothing else."""
    tensors: Mapping[str, Shape]
    """The weights by name; at least one."""


def read_outline(path: Path, check: Callable[[], None] = lambda: None) -> Outline:
    """Return what a file holds that could be imported, or refuse it.

    Everything is read by rules of our own: nothing in the file is run, imported or
    unpickled, and the numbers themselves are not held in memory.

    Parameters
    ----------
    path : Path
        The file.
    check : callable, optional
        Called often; raises to cancel.

    Raises
    ------
    InputError
        If it is no file of weights, holds more than weights, or is damaged.
    """
    place: tuple[str, ...] = ()
    try:
        form = sniff(path)
        if form == "safetensors":
            tensors = _safetensors(path)
        else:
            place, tensors = _torch(path, check)
        size = path.stat().st_size
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}. Check the file."
        raise InputError(msg) from error
    if not tensors:
        raise holds_more(path, "it holds no weights")
    if len(tensors) > _MOST_TENSORS:
        raise holds_more(path, f"it has more than {_MOST_TENSORS:,} tensors")
    for name, shape in tensors.items():
        if len(name) > _LONGEST_NAME or len(shape.sizes) > MOST_AXES:
            raise holds_more(path, f"its tensor {name[:40]!r} is unlike any weights")
    # Weights that two parts of a network share are there twice at the most.
    if sum(shape.nbytes for shape in tensors.values()) > 2 * size:
        raise holds_more(path, "its tensors repeat each other many times")
    return Outline(form, place, tensors)


def _safetensors(path: Path) -> dict[str, Shape]:
    try:
        entries = read_entries(path)
    except ModelFolderError as error:
        raise InputError(str(error)) from error
    return {entry.name: Shape(entry.dtype, entry.shape) for entry in entries}


def _torch(
    path: Path, check: Callable[[], None]
) -> tuple[tuple[str, ...], dict[str, Shape]]:
    members = read_members(path)
    if members[PROGRAM].size > _LARGEST_PROGRAM:
        raise holds_more(path, "its list of tensors is too long for weights")
    storages = {
        name.removeprefix("data/"): member.size
        for name, member in members.items()
        if name.startswith("data/")
    }
    root = read_program(path, read_member(path, members[PROGRAM]), storages)
    place, found = _weights_in(path, root)
    for member in members.values():
        check_crc(path, member, check)
    tensors = {name: Shape(plan.dtype, plan.shape) for name, plan in found.items()}
    return place, tensors


def _weights_in(
    path: Path, root: object
) -> tuple[tuple[str, ...], dict[str, PlannedTensor]]:
    """Return where the weights are in what was saved, and the weights."""
    if not isinstance(root, Table):
        raise holds_more(path, "it holds no table of weights")
    tables: dict[tuple[str, ...], object] = {(): root}
    tables |= {(key,): root.items.get(key) for key in _PLACES}
    found = {
        place: _tensors(table)
        for place, table in tables.items()
        if isinstance(table, Table)
    }
    place = max(found, key=lambda place: len(found[place]))
    if found[place]:
        return place, found[place]
    keys = ", ".join(repr(key)[:40] for key in list(root.items)[:5]) or "nothing"
    raise holds_more(path, f"no weights were found in it, only {keys}")


def _tensors(table: Table) -> dict[str, PlannedTensor]:
    return {
        key: value
        for key, value in table.items.items()
        if isinstance(key, str) and isinstance(value, PlannedTensor)
    }
