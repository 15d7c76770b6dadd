"""The zip archive in which torch saves weights, read by its own strict rules.

Readers of zip files are lenient in different ways, so that one file can be two things
at once. Only what ``torch.save`` itself writes is accepted here: members stored as
they are, one after the other from the first byte on, each described twice in the same
words, and a list of them at the very end.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from napari_segsuite.models.foreign.refusal import damaged, holds_more

PROGRAM = "data.pkl"
"""Name of the member that says how the weights are laid out."""

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LARGEST_LIST = 8 << 20
_MOST_MEMBERS = 30_000
_LONGEST_NAME = 300
_IN_DESCRIPTOR = 1 << 3
_KNOWN_FLAGS = _IN_DESCRIPTOR | 1 << 11  # sizes follow the data; names are UTF-8
_CHUNK = 1 << 20
_KNOWN_MEMBERS = re.compile(
    r"data\.pkl|data/\d{1,9}|version|byteorder|\.format_version|\.storage_alignment"
    r"|\.data/serialization_id"
)


@dataclass(frozen=True, slots=True)
class Member:
    """One file in the archive."""

    name: str
    """Its name, without the folder that all have in common."""
    start: int
    """Where its first byte lies in the archive."""
    size: int
    """Its size in bytes."""
    crc: int
    """The CRC-32 that it should have."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """A member as the list at the end describes it."""

    name: str
    flags: int
    crc: int
    size: int
    header: int


def read_members(path: Path) -> dict[str, Member]:
    """Return the members of an archive of weights, by name.

    Parameters
    ----------
    path : Path
        A file that begins like a zip archive.

    Raises
    ------
    InputError
        If it is not as ``torch.save`` writes it, or holds members that are no weights.
    OSError
        If it cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        listed, list_start = _read_list(path, file, size)
        members = _located(path, file, listed, list_start)
    _check_members(path, members)
    return members


def read_member(path: Path, member: Member) -> bytes:
    """Return the content of a member, checked against its CRC.

    Raises
    ------
    InputError
        If its CRC differs.
    """
    with path.open("rb") as file:
        file.seek(member.start)
        content = file.read(member.size)
    if len(content) != member.size or zlib.crc32(content) != member.crc:
        raise damaged(path, f"its part {member.name!r} has changed (CRC)")
    return content


def check_crc(path: Path, member: Member, check: Callable[[], None]) -> None:
    """Compare the content of a member, however large, with its CRC.

    Parameters
    ----------
    path : Path
        The archive.
    member : Member
        One of its members.
    check : callable
        Called for each MiB; raises to cancel.

    Raises
    ------
    InputError
        If it differs.
    """
    crc, left = 0, member.size
    with path.open("rb") as file:
        file.seek(member.start)
        while left and (chunk := file.read(min(left, _CHUNK))):
            check()
            crc = zlib.crc32(chunk, crc)
            left -= len(chunk)
    if left or crc != member.crc:
        raise damaged(path, f"its part {member.name!r} has changed (CRC)")


def _read_list(path: Path, file: BinaryIO, size: int) -> tuple[list[_Listed], int]:
    """Return the list of members at the end, and where it starts."""
    if size < _END.size:
        raise damaged(path, "it is too short")
    (mark, *disks, n_here, n_all, length, start, comment) = _END.unpack(
        _at(file, size - _END.size, _END.size)
    )
    stop = size - _END.size
    if mark != b"PK\5\6" or comment:
        raise damaged(path, "its end is missing, as if a download had been cut off")
    if any(disks):
        raise damaged(path, "it is a part of a larger archive")
    locator = _at(file, stop - _LOCATOR64.size, _LOCATOR64.size)
    if locator[:4] == b"PK\6\7":
        # torch always writes the records for large files; they count if there.
        stop = size - _END.size - _LOCATOR64.size - _END64.size
        _, _, where, _ = _LOCATOR64.unpack(locator)
        record = _at(file, stop, _END64.size)
        if where != stop or record[:4] != b"PK\6\6":
            raise damaged(path, "its list of parts lies elsewhere than it says")
        _, _, _, _, *disks, n_here, n_all, length, start = _END64.unpack(record)
        if any(disks):
            raise damaged(path, "it is a part of a larger archive")
    if length > _LARGEST_LIST or max(n_here, n_all) > _MOST_MEMBERS:
        raise holds_more(path, "it has far more parts than weights have")
    if start + length != stop or n_here != n_all:
        raise damaged(path, "its list of parts does not fit in the file")
    return _parse_list(path, _at(file, start, length), n_all), start


def _parse_list(path: Path, data: bytes, count: int) -> list[_Listed]:
    listed, position = [], 0
    for _ in range(count):
        if position + _ENTRY.size > len(data):
            raise damaged(path, "its list of parts is cut off")
        fields = _ENTRY.unpack_from(data, position)
        mark, flags, method = fields[0], fields[3], fields[4]
        crc, packed, size, n_name, n_extra, n_comment = fields[7:13]
        disk, attributes, header = fields[13], fields[15], fields[16]
        position += _ENTRY.size
        raw = data[position : position + n_name]
        extra = data[position + n_name : position + n_name + n_extra]
        position += n_name + n_extra + n_comment
        if mark != b"PK\1\2" or position > len(data) or disk:
            raise damaged(path, "its list of parts cannot be read")
        size, packed, header = _enlarged(path, extra, size, packed, header)
        name = _name(path, raw)
        if "/code/" in name or name.endswith("/constants.pkl"):
            raise holds_more(path, "it is a TorchScript program, not weights alone")
        if attributes >> 16 & 0o170000 not in {0, 0o100000}:
            raise holds_more(path, f"its part {name!r} is a link or a device")
        if method or flags & ~_KNOWN_FLAGS or size != packed:
            raise holds_more(
                path,
                f"its part {name!r} is compressed or encrypted, as weights are not",
            )
        listed.append(_Listed(name, flags, crc, size, header))
    if position != len(data):
        raise damaged(path, "its list of parts is longer than it says")
    return listed


def _enlarged(
    path: Path, extra: bytes, size: int, packed: int, header: int
) -> tuple[int, int, int]:
    """Return numbers with those that need 64 bits taken from the extra fields."""
    large = b""
    while extra:
        if len(extra) < 4:
            raise damaged(path, "its list of parts cannot be read")
        kind, length = struct.unpack_from("<2H", extra)
        if kind == 1:
            large = extra[4 : 4 + length]
        extra = extra[4 + length :]
    numbers = []
    for number in (size, packed, header):
        if number == 0xFFFF_FFFF:
            if len(large) < 8:
                raise damaged(path, "its list of parts cannot be read")
            number, large = int.from_bytes(large[:8], "little"), large[8:]
        numbers.append(number)
    return numbers[0], numbers[1], numbers[2]


def _name(path: Path, raw: bytes) -> str:
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise damaged(path, "a name in it is no text") from error
    steps = name.split("/")
    if (
        len(raw) > _LONGEST_NAME
        or not name.isprintable()
        or "\\" in name
        or ":" in name
        or any(step in {"", ".", ".."} for step in steps)
    ):
        raise holds_more(path, f"it has a part with the odd name {name[:60]!r}")
    return name


def _located(
    path: Path, file: BinaryIO, listed: list[_Listed], list_start: int
) -> dict[str, Member]:
    """Return the members, if they follow each other without a gap up to the list."""
    members: dict[str, Member] = {}
    root, end = None, 0
    for entry in sorted(listed, key=lambda entry: entry.header):
        local = _at(file, entry.header, _LOCAL.size)
        if len(local) < _LOCAL.size:
            raise damaged(path, f"its part {entry.name!r} is not where it should be")
        fields = _LOCAL.unpack(local)
        mark, flags, method, n_name, n_extra = (fields[i] for i in (0, 2, 3, 9, 10))
        name = _at(file, entry.header + _LOCAL.size, n_name)
        start = entry.header + _LOCAL.size + n_name + n_extra
        same = name == entry.name.encode() and (flags, method) == (entry.flags, 0)
        if mark != b"PK\3\4" or not same or entry.header != end:
            raise damaged(path, f"its part {entry.name!r} is not where it should be")
        end = start + entry.size
        if flags & _IN_DESCRIPTOR:
            end += _descriptor(path, _at(file, end, 24), entry)
        elif fields[6] != entry.crc:
            raise damaged(path, f"its part {entry.name!r} is described twice")
        folder, _, inner = entry.name.partition("/")
        if root not in {None, folder} or not inner:
            raise holds_more(path, "its parts do not lie in one folder")
        root = folder
        if inner in members:
            raise damaged(path, f"its part {inner!r} is there twice")
        members[inner] = Member(inner, start, entry.size, entry.crc)
    if end != list_start:
        raise damaged(path, "there is something between its parts and their list")
    return members


def _descriptor(path: Path, data: bytes, entry: _Listed) -> int:
    """Return the size of what repeats CRC and sizes behind a member."""
    for form in (struct.Struct("<4s3L"), struct.Struct("<4sL2Q")):
        if len(data) >= form.size:
            mark, *numbers = form.unpack_from(data)
            if mark == b"PK\7\x08" and numbers == [entry.crc, entry.size, entry.size]:
                return form.size
    raise damaged(path, f"its part {entry.name!r} is described twice")


def _check_members(path: Path, members: dict[str, Member]) -> None:
    odd = [name for name in members if not _KNOWN_MEMBERS.fullmatch(name)]
    if odd:
        raise holds_more(path, f"it holds {odd[0][:60]!r} beside weights")
    if PROGRAM not in members:
        raise holds_more(path, "it is an archive without weights as torch saves them")
    order = members.get("byteorder")
    if order is not None and read_member(path, order) != b"little":
        raise holds_more(path, "its numbers are in the byte order of other machines")


def _at(file: BinaryIO, start: int, length: int) -> bytes:
    """Return the bytes there; fewer, or none, where the file has ended."""
    if start < 0:
        return b""
    file.seek(start)
    return file.read(length)
