"""The class of each object, as the features of a layer tell it."""

import numpy as np
import pytest
from napari.layers import Labels

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.widgets.instances.object_classes import object_classes
from napari_segsuite.widgets.layer_classes import declare


def layer(features=None, classes=()):
    made = Labels(np.zeros((8, 8), np.int32), features=features)
    if classes:
        declare(made, classes)
    return made


def names(found):
    return {info.id: info.name for info in found.table}


def test_without_features_there_is_one_class():
    assert object_classes(layer(), (1, 2, 3)).table == ()


def test_numbers_and_names_of_classes():
    told = layer(
        {"index": [3, 5, 9], "class_id": [2, 1, 2], "class": ["mitotic", "cell", "x"]}
    )
    found = object_classes(told, (3, 5, 9))
    assert dict(found.of_object) == {3: 2, 5: 1, 9: 2}
    assert names(found)[1] == "cell"
    assert found.counts == {1: 1, 2: 2}


def test_names_alone_are_numbered_in_their_order():
    told = layer({"index": [3, 5, 9], "class": ["mitotic", "cell", "mitotic"]})
    found = object_classes(told, (3, 5, 9))
    assert dict(found.of_object) == {3: 1, 5: 2, 9: 1}
    assert names(found) == {1: "mitotic", 2: "cell"}


def test_names_of_the_class_table_keep_their_numbers():
    told = layer(
        {"index": [3, 5], "class": ["cell", "debris"], "area": [1, 1]},
        (ClassInfo(id=4, name="debris"), ClassInfo(id=7, name="cell")),
    )
    found = object_classes(told, (3, 5))
    assert dict(found.of_object) == {3: 7, 5: 4}


def test_objects_that_are_gone_and_classes_of_nobody_are_left_out():
    told = layer({"index": [3, 5, 9], "class_id": [1, 2, 3]})
    found = object_classes(told, (3, 5))
    assert set(names(found)) == {1, 2}


@pytest.mark.parametrize("classes", [[1, 1, 1], [0, 0, 1], [-1, 2, np.nan]])
def test_fewer_than_two_classes_are_none(classes):
    told = layer({"index": [3, 5, 9], "class_id": classes})
    assert object_classes(told, (3, 5, 9)).table == ()


def test_a_painting_whose_ids_are_classes_is_no_table_of_objects():
    painted = layer(classes=(ClassInfo(id=1, name="a"), ClassInfo(id=2, name="b")))
    assert painted.features["class"].tolist() == ["a", "b"]
    assert object_classes(painted, (1, 2)).table == ()
