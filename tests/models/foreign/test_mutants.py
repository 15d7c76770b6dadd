"""Damaged foreign files raise only `InputError`; ``SEGSUITE_MUTANTS`` sets how many."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import numpy as np
import pytest
from payloads import archive, entry, number, safetensors, tensor, text, weights

from napari_segsuite.errors import InputError
from napari_segsuite.models.foreign.archive import read_member, read_members
from napari_segsuite.models.foreign.outline import read_outline

MUTANTS = int(os.environ.get("SEGSUITE_MUTANTS", "1000"))


def damaged(random: Random, sound: bytes, within: int) -> bytes:
    """Return `sound` with a few faults among its first `within` bytes."""
    data = bytearray(sound)
    for _ in range(random.randint(1, 3)):
        where = random.randrange(min(within, len(data)))
        match random.randrange(4):
            case 0:
                data[where] = random.randrange(256)
            case 1:
                data[where] ^= 1 << random.randrange(8)
            case 2:
                del data[where : where + random.randint(1, 20)]
            case _:
                data[where:where] = sound[: random.randint(1, 40)]
    return bytes(data)


def refusals(path: Path, sound: bytes, within: int) -> int:
    random = Random(0)  # noqa: S311
    refused = 0
    for _ in range(MUTANTS):
        path.write_bytes(damaged(random, sound, within))
        try:
            read_outline(path)
        except InputError:
            refused += 1
    return refused


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "sound.pth"
    more = [text("epoch"), number(3), text("v"), tensor((2, 2), (2, 1))]
    archive(path, weights(*more), numbers=np.arange(4, dtype="<f4").tobytes())
    return path


def test_damaged_headers_of_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    header = {"a": entry(0, 8), "b": entry(8, 24, (2, 2)), "__metadata__": {"x": "y"}}
    safetensors(path, header, bytes(24))

    assert refusals(path, path.read_bytes(), 160) > MUTANTS / 2


def test_damaged_archives(sound: Path, tmp_path: Path) -> None:
    data = sound.read_bytes()

    assert refusals(tmp_path / "a.pth", data, len(data)) > MUTANTS / 2


def test_damaged_programs_in_sound_archives(tmp_path: Path) -> None:
    random = Random(0)  # noqa: S311
    path, refused = tmp_path / "a.pth", 0
    for _ in range(MUTANTS):
        archive(path, damaged(random, weights(), len(weights())))
        try:
            read_outline(path)
        except InputError:
            refused += 1

    assert refused > MUTANTS / 2


def test_a_flipped_bit_never_gives_other_weights(sound: Path, tmp_path: Path) -> None:
    data, path = sound.read_bytes(), tmp_path / "a.pth"
    wanted = read_outline(sound).tensors
    numbers = read_member(sound, read_members(sound)["data/0"])
    random = Random(0)  # noqa: S311
    flips = random.sample(range(8 * len(data)), min(MUTANTS, 8 * len(data)))
    for where in flips:
        flipped = bytearray(data)
        flipped[where // 8] ^= 1 << where % 8
        path.write_bytes(flipped)
        try:
            found = read_outline(path).tensors
        except InputError:
            continue
        # What was hit is of no account: a date, a version.
        assert found == wanted
        assert read_member(path, read_members(path)["data/0"]) == numbers
