"""Damaged model folders raise only our own errors; none gives other weights.

``SEGSUITE_MUTANTS`` sets how many.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.folder import read_card, read_verified

MUTANTS = int(os.environ.get("SEGSUITE_MUTANTS", "1000"))
FLIPS = min(2000, 2 * MUTANTS)


def test_damaged_cards_raise_only_our_own_errors(model: Path) -> None:
    random, path = Random(0), model / "model.json"  # noqa: S311
    sound = path.read_bytes()
    refused = 0
    for _ in range(MUTANTS):
        data = bytearray(sound)
        for _ in range(random.randint(1, 4)):
            where = random.randrange(len(data))
            match random.randrange(3):
                case 0:
                    data[where] = random.randrange(256)
                case 1:
                    del data[where : where + random.randint(1, 40)]
                case _:
                    data[where:where] = sound[: random.randint(1, 200)]
        path.write_bytes(data)
        try:
            read_card(model)
        except ModelFolderError:
            refused += 1

    assert refused > MUTANTS / 2


def test_every_flipped_bit_of_many_is_refused(model: Path) -> None:
    random, path = Random(1), model / "weights.safetensors"  # noqa: S311
    sound = path.read_bytes()
    for _ in range(FLIPS):
        data = bytearray(sound)
        where = random.randrange(8 * len(sound))
        data[where // 8] ^= 1 << where % 8
        path.write_bytes(data)
        with pytest.raises(ModelFolderError, match="not the file that was saved"):
            read_verified(model)
