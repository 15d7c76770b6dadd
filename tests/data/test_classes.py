"""The class table."""

import pytest
from pydantic import ValidationError

from napari_segsuite.data.classes import ClassInfo, table_of


def test_unknown_ids_get_names_and_colours():
    table = table_of([7, 1, 2, 2])
    assert [info.id for info in table] == [1, 2, 7]
    assert [info.name for info in table] == ["background", "class 2", "class 7"]
    assert [info.thing for info in table] == [False, True, True]
    assert len({info.color for info in table}) == 3


def test_known_ids_keep_theirs():
    nucleus = ClassInfo(id=2, name="nucleus", color="#ff0000")
    assert table_of([1, 2], [nucleus])[1] == nucleus


@pytest.mark.parametrize("label", [0, -1, 2**31])
def test_ids_that_are_no_classes(label):
    with pytest.raises(ValidationError, match="id"):
        ClassInfo(id=label, name="a")


@pytest.mark.parametrize("color", ["red", "#12345", "#1234567"])
def test_colours_that_are_none(color):
    with pytest.raises(ValidationError, match="color"):
        ClassInfo(id=1, name="a", color=color)
