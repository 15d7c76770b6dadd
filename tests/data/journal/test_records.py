import os

import numpy as np
import pytest

from napari_segsuite.data.journal.records import (
    facts_payload,
    header,
    read,
    record,
    tiles_payload,
)
from napari_segsuite.data.journal.tiles import Tiling
from napari_segsuite.errors import InputError

TILING = Tiling((300, 520), np.dtype("<u2"))
MUTANTS = int(os.environ.get("SEGSUITE_MUTANTS", "400"))


@pytest.fixture
def write(tmp_path):
    def make(data, name="a.journal"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return make


@pytest.fixture
def whole(facts):
    """Return a journal of three records, and where each part of it ends."""
    parts = [
        header(TILING),
        record(1, facts_payload(facts)),
        record(2, tiles_payload([(0, b"old"), (5, b"five")])),
        record(3, tiles_payload([(0, b"new")])),
    ]
    return b"".join(parts), np.cumsum([len(part) for part in parts]).tolist()


def test_the_last_value_of_each_tile_counts(write, whole, facts):
    content = read([write(whole[0])])
    assert content.tiling == TILING
    assert content.facts == facts
    assert content.tiles == {0: b"new", 5: b"five"}
    assert not content.damaged


def test_a_later_file_goes_on_where_the_first_ended(write, whole):
    later = header(TILING) + record(1, tiles_payload([(5, b"six"), (1, b"one")]))
    content = read([write(whole[0]), write(later, "b.journal")])
    assert content.tiles == {0: b"new", 5: b"six", 1: b"one"}


def test_a_torn_tail_is_cut_wherever_it_is_torn(write, whole):
    data, ends = whole
    for size in range(ends[0], len(data)):
        content = read([write(data[:size])])
        assert (content.facts is not None) == (size >= ends[1])
        wanted = {0: b"old", 5: b"five"} if size >= ends[2] else {}
        assert content.tiles == wanted


def test_a_header_that_is_cut_off_is_refused(write, whole):
    data, ends = whole
    for size in range(ends[0]):
        with pytest.raises(InputError, match="cannot be read"):
            read([write(data[:size])])


def test_records_after_a_damaged_one_still_count(write, whole):
    data, ends = whole
    broken = bytearray(data)
    broken[ends[1] + 30] ^= 1
    content = read([write(broken)])
    assert content.tiles == {0: b"new"}
    assert content.damaged


def test_a_flipped_bit_is_seen(write, whole):
    data, ends = whole
    intact = {0: b"new", 5: b"five"}
    for bit in range(ends[0] * 8, len(data) * 8, 7):
        broken = bytearray(data)
        broken[bit // 8] ^= 1 << bit % 8
        content = read([write(broken)])
        # Whatever was hit is missing; nothing comes out changed.
        assert content.tiles.items() <= {*intact.items(), (0, b"old")}
        assert content.facts is None or content.tiles != intact


def test_an_old_record_left_at_the_end_does_not_come_back(write, whole):
    stale = record(2, tiles_payload([(0, b"stale")]))
    assert read([write(whole[0] + stale)]).tiles[0] == b"new"


def test_journals_of_different_arrays_are_not_mixed(write, whole):
    other = write(header(Tiling((9, 9), np.dtype("|u1"))), "b.journal")
    with pytest.raises(InputError, match="another layer"):
        read([write(whole[0]), other])


def test_a_missing_file_does_not_hide_the_other(write, whole, tmp_path):
    content = read([tmp_path / "gone.journal", write(whole[0])])
    assert content.tiles[0] == b"new"
    assert content.damaged


@pytest.mark.parametrize("name", ["|O", "<f4", "i4,,", "|V9", ""])
def test_only_whole_numbers_are_understood(write, name, monkeypatch):
    class Odd:
        shape = (3, 4)
        dtype = type("D", (), {"str": name})

    with pytest.raises(InputError, match="names an array"):
        read([write(header(Odd))])


def test_random_damage_raises_only_our_errors(write, whole):
    rng = np.random.default_rng(int(os.environ.get("SEGSUITE_SEED", "0")))
    for _ in range(MUTANTS):
        data = bytearray(whole[0])
        for _ in range(int(rng.integers(1, 4))):
            at, kind = int(rng.integers(len(data))), rng.integers(4)
            if kind == 0:
                data[at] = int(rng.integers(256))
            elif kind == 1:
                del data[at : at + int(rng.integers(1, 40))]
            elif kind == 2:
                data[at:at] = rng.bytes(int(rng.integers(1, 40)))
            else:
                data[at:at] = data[: int(rng.integers(200))]
        try:
            content = read([write(data)])
        except InputError:
            continue
        assert set(content.tiles.values()) <= {b"old", b"new", b"five"}
