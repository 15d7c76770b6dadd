import os
import time

import numpy as np
import pytest

from napari_segsuite.data.journal.facts import LayerFacts
from napari_segsuite.data.journal.records import (
    facts_payload,
    header,
    record,
    tiles_payload,
)
from napari_segsuite.data.journal.tiles import Tiling
from napari_segsuite.data.journal.writer import JournalWriter
from napari_segsuite.data.recovery import default_folder, lost_sessions, reap
from napari_segsuite.errors import InputError

FACTS = LayerFacts(
    name="cells",
    scale=(0.5, 0.25),
    translate=(0.0, 10.0),
    rotate=((1.0, 0.0), (0.0, 1.0)),
    shear=(0.0,),
    affine=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    units=("micrometer", "micrometer"),
    axis_labels=("y", "x"),
    classes=({"id": 3, "name": "nucleus", "color": "#ff0000"},),
)


@pytest.fixture
def lose(tmp_path):
    """Return a function that paints, and ends without saving."""

    def make(*names, shape=(30, 40), dtype=np.uint8):
        writer = JournalWriter(tmp_path, lambda _error: None)
        for value, name in enumerate(names, 1):
            array = np.zeros(shape, dtype)
            journal = writer.add(array, FACTS.replace(name=name))
            array[2, 3:9] = value
            journal.touch(((2, 3), (3, 9)))
        writer.close()
        return writer.folder

    return make


def age(folder, days):
    when = time.time() - days * 86400
    for path in (*folder.iterdir(), folder):
        os.utime(path, (when, when))


def test_an_empty_or_missing_place_has_lost_nothing(tmp_path):
    assert lost_sessions(tmp_path) == ()
    assert lost_sessions(tmp_path / "none") == ()
    assert reap(tmp_path / "none") == ()


def test_layers_come_back_with_their_facts(lose, tmp_path):
    lose("one", "two")
    (session,) = lost_sessions(tmp_path)
    assert [layer.facts for layer in session.layers] == [
        FACTS.replace(name=name, unsaved=True) for name in ("one", "two")
    ]
    for value, layer in enumerate(session.layers, 1):
        assert not layer.content.damaged
        assert layer.shape == (30, 40)
        assert layer.array().sum() == 6 * value
        assert (layer.array()[2, 3:9] == value).all()


@pytest.mark.parametrize("name", ["bool", "u1", "i1", ">u2", "i4", "<u8", "i8"])
@pytest.mark.parametrize("shape", [(7,), (3, 4), (2, 3, 300), (2, 2, 2, 5)])
def test_any_ids_come_back_exactly(tmp_path, name, shape):
    dtype = np.dtype(name)
    highest = True if name == "bool" else np.iinfo(dtype).max
    array = np.full(shape, highest, dtype)
    writer = JournalWriter(tmp_path, lambda _error: None)
    writer.add(array, FACTS.replace(unsaved=True))
    writer.close()
    ((layer,),) = (session.layers for session in lost_sessions(tmp_path))
    restored = layer.array()
    assert restored.dtype == dtype.newbyteorder("<")
    np.testing.assert_array_equal(restored, array)


def test_the_newest_session_comes_first(lose, tmp_path):
    age(lose("old"), 2)
    lose("new")
    age(lose("oldest"), 3)
    names = [session.layers[0].facts.name for session in lost_sessions(tmp_path)]
    assert names == ["new", "old", "oldest"]


def test_finding_is_no_taking(lose, tmp_path):
    folder = lose("one")
    for _ in range(2):
        assert [session.folder for session in lost_sessions(tmp_path)] == [folder]


def test_a_layer_without_a_painted_pixel_is_not_offered(tmp_path):
    writer = JournalWriter(tmp_path, lambda _error: None)
    array = np.ones((3, 4), np.uint8)
    journal = writer.add(array, FACTS.replace(unsaved=True))
    assert writer.flush(5)
    array[:] = 0
    journal.touch(((0, 3), (0, 4)))
    writer.close()
    assert lost_sessions(tmp_path) == ()


def test_what_was_restored_is_kept_but_found_no_more(lose, tmp_path):
    folder = lose("one")
    lost_sessions(tmp_path)[0].settle()
    assert lost_sessions(tmp_path) == ()
    assert list(folder.glob("*.journal"))


def test_what_is_discarded_is_gone(lose, tmp_path):
    folder = lose("one")
    lost_sessions(tmp_path)[0].discard()
    assert not folder.exists()


def test_one_broken_layer_does_not_hide_the_others(lose, tmp_path):
    folder = lose("one", "two")
    (folder / "layer-0001.000001.journal").write_bytes(b"nonsense")
    (folder / ".segsuite-tmp-0123.journal").write_bytes(b"left by a kill")
    (folder / "layer-0003.000001.journal").mkdir()
    (session,) = lost_sessions(tmp_path)
    assert [layer.facts.name for layer in session.layers] == ["two"]


def test_a_journal_with_a_hole_is_offered_as_damaged(tmp_path):
    tiling = Tiling((3, 4), np.dtype("|u1"))
    tiles = tiles_payload([(0, tiling.pack(np.ones((3, 4), np.uint8)))])
    hole = bytearray(record(2, tiles))
    hole[-1] ^= 1
    facts = record(1, facts_payload(FACTS.replace(unsaved=True)))
    folder = tmp_path / "session"
    folder.mkdir()
    (folder / "owner.lock").touch()
    path = folder / "layer-0001.000001.journal"
    path.write_bytes(header(tiling) + facts + hole + record(3, tiles))
    ((layer,),) = (session.layers for session in lost_sessions(tmp_path))
    assert layer.content.damaged
    assert layer.array().all()


def test_what_does_not_fit_in_memory_is_refused(lose, tmp_path):
    lose("one")
    ((layer,),) = (session.layers for session in lost_sessions(tmp_path))
    object.__setattr__(layer.content.tiling, "shape", (2**40, 2**40))
    with pytest.raises(InputError, match="cannot be restored"):
        layer.array()


def test_old_journals_are_deleted(lose, tmp_path):
    old, young = lose("old"), lose("young")
    age(old, 31)
    age(young, 29)
    assert reap(tmp_path) == (old,)
    assert not old.exists()
    assert young.exists()


def test_the_oldest_go_where_there_are_too_many(lose, tmp_path):
    folders = [lose("x") for _ in range(3)]
    for days, folder in enumerate(folders):
        age(folder, days)
    size = sum(path.stat().st_size for path in folders[0].iterdir())
    assert set(reap(tmp_path, most_bytes=2 * size)) == {folders[2]}


def test_journals_of_a_living_session_are_never_deleted(tmp_path):
    writer = JournalWriter(tmp_path, lambda _error: None)
    writer.add(np.ones((3, 4), np.uint8), FACTS)
    assert writer.flush(5)
    age(writer.folder, 99)
    assert reap(tmp_path, most_bytes=0) == ()
    assert lost_sessions(tmp_path) == ()
    writer.close()


def test_the_folder_is_the_users_own(monkeypatch):
    monkeypatch.delenv("SEGSUITE_JOURNALS")
    assert "napari-segsuite" in default_folder().parts
