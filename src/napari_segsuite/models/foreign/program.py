"""The little program by which ``torch.save`` says how weights are laid out.

A pickle is a program for a machine with a stack. This machine knows only the
instructions and the names that a state dict needs, and instead of carrying them out
writes down what they would make: names are never looked up, nothing is imported, built
or called. What comes out is a table of tensors, each known to fit in its storage.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

from napari_segsuite.errors import InputError
from napari_segsuite.models.foreign.refusal import damaged, holds_more

MOST_AXES = 8
"""How many axes a tensor may have; weights have five at the most."""

MOST_INSTRUCTIONS = 500_000
"""How long a program may be; the largest Segment Anything model needs 17,000."""

STORAGES = {
    "torch.FloatStorage": ("F32", 4),
    "torch.DoubleStorage": ("F64", 8),
    "torch.HalfStorage": ("F16", 2),
    "torch.BFloat16Storage": ("BF16", 2),
    "torch.LongStorage": ("I64", 8),
    "torch.IntStorage": ("I32", 4),
    "torch.ShortStorage": ("I16", 2),
    "torch.CharStorage": ("I8", 1),
    "torch.ByteStorage": ("U8", 1),
    "torch.BoolStorage": ("BOOL", 1),
}
"""By torch's name of a storage: the type as safetensors names it, bytes per number."""

_ORDERED = "collections.OrderedDict"
_TENSOR = "torch._utils._rebuild_tensor_v2"
_PARAMETER = "torch._utils._rebuild_parameter"
_SIZE = "torch.Size"
NAMES = frozenset({_ORDERED, _TENSOR, _PARAMETER, _SIZE, *STORAGES})
"""The only names that may stand in a program."""

_NONSENSE = (
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
    struct.error,
)
_LARGEST_COUNT = 1 << 40
_DEEPEST_ROW = 8


@dataclass(frozen=True, slots=True)
class PlannedTensor:
    """A tensor that the program would make."""

    dtype: str
    """Its type, as ``"F32"``."""
    shape: tuple[int, ...]
    storage: str
    """The number, as text, of the storage that holds it."""


@dataclass(slots=True, eq=False)
class Table:
    """A dict that the program would make."""

    ordered: bool = False
    """Whether it would be an OrderedDict."""
    items: dict[str | int, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Name:
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """A tuple."""

    values: tuple[Any, ...]
    depth: int


@dataclass(frozen=True, slots=True, eq=False)
class _Storage:
    key: str
    dtype: str
    count: int


class _List:
    """A list; what it holds is of no interest."""


def read_program(path: Path, program: bytes, storages: Mapping[str, int]) -> Any:
    """Return what a program would make, without making it.

    Parameters
    ----------
    path : Path
        The file it comes from, for messages.
    program : bytes
        The pickle.
    storages : mapping of str to int
        Sizes in bytes of the storages that are there, by their number as text.

    Returns
    -------
    Table, PlannedTensor, str, int, float, bool, None, or something opaque
        The value; tensors fit in their storages.

    Raises
    ------
    InputError
        If it holds an instruction or a name that weights do not need, is longer than
        `MOST_INSTRUCTIONS`, or makes no sense.
    """
    machine = _Machine(path, program, storages)
    try:
        value = machine.run()
    except InputError:
        raise
    except _NONSENSE as error:
        place = min(machine.position, len(program))
        reason = f"its list of tensors makes no sense at byte {place}"
        raise damaged(path, reason) from error
    if machine.position != len(program):
        raise damaged(path, "there is something behind its list of tensors")
    unused = storages.keys() - machine.used
    if unused:
        raise damaged(path, f"no tensor uses its part 'data/{min(unused)}'")
    return value


class _Machine:
    def __init__(self, path: Path, program: bytes, storages: Mapping[str, int]) -> None:
        self.position = 0
        self.used: dict[str, _Storage] = {}
        self.path = path
        self._program = program
        self._storages = storages
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        for _ in range(MOST_INSTRUCTIONS):
            code = self.take(1)
            if code == b".":
                (value,) = self._stack
                if self._below:
                    raise IndexError
                return value
            step = _STEPS.get(code)
            if step is None:
                msg = f"it holds an instruction that weights do not need ({code!r})"
                raise holds_more(self.path, msg)
            step(self)
        msg = f"its list of tensors has more than {MOST_INSTRUCTIONS:,} instructions"
        raise holds_more(self.path, msg)

    def take(self, count: int) -> bytes:
        """Return the next bytes of the program."""
        taken = self._program[self.position : self.position + count]
        self.position += count
        if len(taken) != count:
            raise IndexError
        return taken

    def number(self, form: str) -> int:
        (value,) = struct.unpack(form, self.take(struct.calcsize(form)))
        return int(value)

    def line(self) -> str:
        end = self._program.index(b"\n", self.position)
        text = self._program[self.position : end].decode("utf-8")
        self.position = end + 1
        return text

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def pop(self, place: int = -1) -> Any:
        return self._stack.pop(place)

    def mark(self) -> None:
        self._below.append(self._stack)
        self._stack = []

    def since_mark(self) -> list[Any]:
        values = self._stack
        self._stack = self._below.pop()
        return values

    def row(self, values: list[Any]) -> None:
        depth = 1 + max((v.depth for v in values if isinstance(v, _Row)), default=0)
        if depth > _DEEPEST_ROW:
            raise holds_more(self.path, "it nests its values too deeply for weights")
        self.push(_Row(tuple(values), depth))

    def row_of(self, count: int) -> None:
        values = [self._stack.pop() for _ in range(count)]
        self.row(values[::-1])

    def put(self, place: int) -> None:
        self._memo[place] = self._stack[-1]

    def get(self, place: int) -> None:
        self.push(self._memo[place])

    def name(self) -> None:
        text = f"{self.line()}.{self.line()}"
        if text not in NAMES:
            shown = text if len(text) <= 80 else text[:77] + "..."
            reason = f"it asks for {shown!r}, which weights do not need"
            raise holds_more(self.path, reason)
        self.push(_Name(text))

    def append(self, _values: list[Any]) -> None:
        """Put values into a list, which forgets them."""
        if not isinstance(self._stack[-1], _List):
            raise TypeError

    def set_items(self, values: list[Any]) -> None:
        table = self._stack[-1]
        if not isinstance(table, Table) or len(values) % 2:
            raise TypeError
        for key, value in zip(values[::2], values[1::2], strict=True):
            if type(key) not in {str, int}:
                raise holds_more(self.path, "a name in it is neither text nor number")
            table.items[key] = value

    def build(self) -> None:
        """Give an OrderedDict the attributes that modules leave on theirs."""
        state, target = self._stack.pop(), self._stack[-1]
        ordered = isinstance(target, Table) and target.ordered
        plain = isinstance(state, Table) and state.items.keys() <= {"_metadata"}
        if not (ordered and plain):
            raise holds_more(self.path, "it gives state to an object, not to weights")

    def stored(self) -> None:
        """Refer to a storage, as (``"storage"``, type, number, device, count)."""
        word, kind, key, _device, count = self._stack.pop().values
        if word != "storage" or type(key) is not str or type(count) is not int:
            raise TypeError
        dtype, item_bytes = STORAGES[kind.text]
        if count < 0 or self._storages.get(key) != count * item_bytes:
            reason = f"its part 'data/{key[:20]}' has not the size that tensors need"
            raise damaged(self.path, reason)
        storage = self.used.setdefault(key, _Storage(key, dtype, count))
        if storage.dtype != dtype:
            raise damaged(self.path, f"its part 'data/{key}' has two types")
        self.push(storage)

    def call(self) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        values, name = arguments.values, function.text
        if name == _ORDERED and not values:
            self.push(Table(ordered=True))
        elif name == _SIZE:
            (row,) = values
            self.push(_Row(_counts(row.values), 1))
        elif name == _TENSOR:
            self.push(self._tensor(*values))
        elif name == _PARAMETER:
            tensor, _needs_gradient, hooks = values
            if not isinstance(tensor, PlannedTensor) or hooks.items:
                raise TypeError
            self.push(tensor)
        else:
            raise holds_more(self.path, f"it calls {name!r}, which weights do not need")

    def _tensor(
        self,
        storage: Any,
        offset: Any,
        sizes: Any,
        strides: Any,
        needs_gradient: Any,
        hooks: Any,
    ) -> PlannedTensor:
        if not isinstance(storage, _Storage) or type(needs_gradient) is not bool:
            raise TypeError
        if not isinstance(hooks, Table) or hooks.items:
            raise TypeError
        shape, steps = _counts(sizes.values), _counts(strides.values)
        (start,) = _counts((offset,))
        if len(shape) != len(steps) or len(shape) > MOST_AXES:
            raise ValueError
        count = prod(shape)
        last = sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
        # A tensor with more numbers than its storage repeats them: a few bytes could
        # stand for terabytes.
        if count > storage.count or (count and start + last >= storage.count):
            reason = f"a tensor of shape {shape} does not fit in its part of the file"
            raise damaged(self.path, reason)
        return PlannedTensor(storage.dtype, shape, storage.key)


def _counts(values: tuple[Any, ...]) -> tuple[int, ...]:
    """Return values that must be sizes, steps or offsets."""
    if not all(type(n) is int and 0 <= n < _LARGEST_COUNT for n in values):
        raise ValueError
    return values


def _text(machine: _Machine) -> None:
    machine.push(machine.take(machine.number("<I")).decode("utf-8"))


def _float(machine: _Machine) -> None:
    machine.push(struct.unpack(">d", machine.take(8))[0])


def _long(machine: _Machine) -> None:
    digits = machine.take(machine.number("<B"))
    machine.push(int.from_bytes(digits, "little", signed=True))


def _protocol(machine: _Machine) -> None:
    if machine.number("<B") != 2:
        raise holds_more(machine.path, "it was saved with an unusual pickle protocol")


_STEPS: Mapping[bytes, Callable[[_Machine], None]] = {
    b"\x80": _protocol,
    b"c": _Machine.name,
    b"(": _Machine.mark,
    b")": lambda m: m.row([]),
    b"t": lambda m: m.row(m.since_mark()),
    b"\x85": lambda m: m.row_of(1),
    b"\x86": lambda m: m.row_of(2),
    b"\x87": lambda m: m.row_of(3),
    b"]": lambda m: m.push(_List()),
    b"a": lambda m: m.append([m.pop()]),
    b"e": lambda m: m.append(m.since_mark()),
    b"}": lambda m: m.push(Table()),
    b"s": lambda m: m.set_items([m.pop(-2), m.pop()]),
    b"u": lambda m: m.set_items(m.since_mark()),
    b"N": lambda m: m.push(None),
    b"\x88": lambda m: m.push(True),
    b"\x89": lambda m: m.push(False),
    b"K": lambda m: m.push(m.number("<B")),
    b"M": lambda m: m.push(m.number("<H")),
    b"J": lambda m: m.push(m.number("<i")),
    b"\x8a": _long,
    b"G": _float,
    b"X": _text,
    b"q": lambda m: m.put(m.number("<B")),
    b"r": lambda m: m.put(m.number("<I")),
    b"h": lambda m: m.get(m.number("<B")),
    b"j": lambda m: m.get(m.number("<I")),
    b"Q": _Machine.stored,
    b"R": _Machine.call,
    b"b": _Machine.build,
}
