"""Classes of objects are found by name; what is not clear is refused."""

import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.object_classes import in_table
from napari_segsuite.data.segments import Segment
from napari_segsuite.errors import InputError

BACKGROUND = ClassInfo(id=1, name="background", thing=False)
NUCLEUS = ClassInfo(id=2, name="Nucleus")
VESSEL = ClassInfo(id=3, name="vessel")
OBJECTS = (Segment(id=7, class_id=5), Segment(id=9, class_id=6))


def named(*names):
    return tuple(ClassInfo(id=5 + i, name=name) for i, name in enumerate(names))


def classes_of(found):
    return [one.class_id for one in found]


def test_a_class_is_found_by_its_name_whatever_its_id():
    table = (BACKGROUND, NUCLEUS, VESSEL)
    found, same = in_table(OBJECTS, named("vessel", "nucleus "), table)
    assert classes_of(found) == [3, 2]
    assert [one.id for one in found] == [7, 9]
    assert same == table


def test_without_the_name_objects_are_of_the_only_thing():
    found, _ = in_table(OBJECTS, named("object", "cell"), (BACKGROUND, NUCLEUS))
    assert classes_of(found) == [2, 2]


def test_without_any_thing_the_class_is_added():
    found, table = in_table(OBJECTS[:1], named("object"), (BACKGROUND,))
    assert classes_of(found) == [2]
    assert [(info.id, info.name, info.thing) for info in table] == [
        (1, "background", False),
        (2, "object", True),
    ]


def test_among_several_things_one_must_say_which():
    with pytest.raises(InputError, match=r"'object'.*Nucleus, vessel have objects"):
        in_table(OBJECTS[:1], named("object"), (BACKGROUND, NUCLEUS, VESSEL))


def test_one_class_for_all_goes_before_names():
    table = (BACKGROUND, NUCLEUS, VESSEL)
    found, _ = in_table(OBJECTS, named("vessel", "nucleus"), table, only=3)
    assert classes_of(found) == [3, 3]
    with pytest.raises(InputError, match=r"class 8, but the class table knows"):
        in_table(OBJECTS, named("vessel", "nucleus"), table, only=8)


def test_no_objects_need_no_class():
    assert in_table((), (), (BACKGROUND,)) == ((), (BACKGROUND,))
