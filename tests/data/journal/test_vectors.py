"""Points and shapes in their small files."""

import json
import os
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from napari_segsuite.data.journal.preview import vector_picture
from napari_segsuite.data.journal.vectors import VectorJournal, VectorState, read
from napari_segsuite.errors import InputError, StorageError

WHITE = (1.0, 1.0, 1.0, 1.0)


def points(*places):
    return VectorState(
        kind="points",
        vertices=tuple((place,) for place in places),
        kinds=("disc",) * len(places),
        sizes=(10.0,) * len(places),
        face_colors=(WHITE,) * len(places),
        edge_colors=(WHITE,) * len(places),
        features={"positive": (True,) * len(places)},
    )


@pytest.fixture
def journal(tmp_path, facts):
    return VectorJournal(tmp_path, "layer-0001", points((1.0, 2.0)), facts)


def test_what_is_written_is_read(journal, facts):
    journal.set(points((1.0, 2.0), (3.5, -1.0)))
    journal.write()
    assert read(journal.path) == (
        facts.replace(unsaved=True),
        points((1.0, 2.0), (3.5, -1.0)),
    )
    assert not journal.due


def test_it_is_due_until_it_is_on_disk(journal, monkeypatch):
    """Whoever waits for the disk must not be told too early."""
    seen = []
    replace = os.replace

    def watched(*paths):
        seen.append(journal.due)
        replace(*paths)

    monkeypatch.setattr(os, "replace", watched)
    journal.write()
    assert seen == [True]
    assert not journal.due


def test_the_same_state_again_is_not_due(journal):
    journal.write()
    journal.set(points((1.0, 2.0)))
    assert not journal.due
    assert journal.revision == 0


def test_saved_holds_until_the_next_change(journal):
    journal.set(points((4.0, 4.0)))
    journal.saved(journal.revision - 1)  # an earlier state: what came later is not
    assert journal.facts.unsaved
    journal.saved(journal.revision)
    assert not journal.facts.unsaved
    journal.set(points())
    assert journal.facts.unsaved


def test_after_the_end_nothing_is_noted(journal):
    journal.end()
    journal.set(points((9.0, 9.0)))
    journal.write()
    assert read(journal.path)[1] == points((1.0, 2.0))


def test_a_folder_that_is_gone_is_told_and_nothing_forgotten(tmp_path, facts):
    folder = tmp_path / "gone"
    journal = VectorJournal(folder, "layer-0001", points((1.0, 2.0)), facts)
    with pytest.raises(StorageError):
        journal.write()
    assert journal.due
    folder.mkdir()
    journal.write()
    assert read(journal.path)[1] == points((1.0, 2.0))


def test_no_byte_can_change_unnoticed(journal):
    journal.write()
    whole = journal.path.read_bytes()
    for place in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[place] ^= 1
        journal.path.write_bytes(bytes(changed))
        with pytest.raises(InputError, match="left as it is"):
            read(journal.path)


def test_a_cut_file_is_refused(journal):
    journal.write()
    whole = journal.path.read_bytes()
    for length in (0, 5, 9, len(whole) - 1):
        journal.path.write_bytes(whole[:length])
        with pytest.raises(InputError):
            read(journal.path)


@pytest.mark.parametrize("text", ["[]", "{}", "1", '{"facts": 1, "state": 2}', "[" * 5])
def test_another_version_is_refused(tmp_path, text):
    path = tmp_path / "layer-0001.vectors"
    path.write_bytes(b"%08x\n" % zlib.crc32(text.encode()) + text.encode())
    with pytest.raises(InputError):
        read(path)


def test_columns_must_be_as_long_as_there_are_points():
    with pytest.raises(ValidationError, match="1 vectors"):
        VectorState(kind="points", vertices=(((0.0, 0.0),),), kinds=("disc", "disc"))


numbers = st.floats(allow_nan=False)


@given(st.lists(st.tuples(numbers, numbers, numbers), max_size=5))
def test_any_places_survive_exactly(places):
    state = points(*places)
    text = json.dumps(state.model_dump(mode="json"))
    assert VectorState.model_validate(json.loads(text)) == state


def test_the_picture_shows_points_and_polygons():
    assert vector_picture(points()).sum() == 0
    corners = points((0.0, 0.0), (0.0, 61.0), (61.0, 0.0))
    picture = vector_picture(corners)[..., 0]
    assert np.argwhere(picture).tolist() == [[1, 1], [1, 62], [62, 1]]
    square = VectorState(
        kind="shapes",
        vertices=(((0.0, 0.0), (0.0, 61.0), (61.0, 61.0), (61.0, 0.0)),),
        kinds=("rectangle",),
        sizes=(1.0,),
        face_colors=(WHITE,),
        edge_colors=(WHITE,),
    )
    drawn = vector_picture(square)[..., 0] > 0
    assert drawn[1, 1:63].all()
    assert drawn[1:63, 62].all()
    assert not drawn[10:50, 10:50].any()


def test_places_at_infinity_do_not_spoil_the_picture():
    state = points((float("inf"), 0.0), (float("nan"), 1.0), (2.0, 3.0))
    assert vector_picture(state).any()
