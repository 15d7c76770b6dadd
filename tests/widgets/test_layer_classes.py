import numpy as np
from napari.layers import Labels

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.widgets.layer_classes import (
    classes_of,
    color_of,
    declare,
    declared,
)


def test_colours_are_those_that_the_layer_draws():
    layer = Labels(
        np.zeros((2, 2), int), colormap={0: "transparent", 1: "#0a141e", None: "red"}
    )
    assert color_of(layer, 1) == "#0a141e"
    assert classes_of(layer, [1])[0].color == "#0a141e"


def test_names_that_were_given_are_kept_and_shown_by_the_status_bar():
    layer = Labels(np.zeros((2, 2), int), metadata={"mine": 1})
    declare(layer, [ClassInfo(id=2, name="cell")])
    declare(layer, [ClassInfo(id=5, name="debris")])
    assert [info.name for info in classes_of(layer, [1, 2, 5])] == [
        "background",
        "cell",
        "debris",
    ]
    assert layer.metadata["mine"] == 1
    assert list(layer.features["index"]) == [2, 5]
    assert list(layer.features["class"]) == ["cell", "debris"]


def test_features_of_the_user_are_left_alone():
    layer = Labels(np.zeros((2, 2), int), features={"index": [1], "area": [3.0]})
    declare(layer, [ClassInfo(id=2, name="cell")])
    assert list(layer.features.columns) == ["index", "area"]


def test_damaged_entries_are_left_out():
    layer = Labels(
        np.zeros((2, 2), int),
        metadata={
            "segsuite": {"classes": [{"id": -1, "name": "x"}, {"id": 3, "name": "a"}]}
        },
    )
    assert [info.id for info in declared(layer)] == [3]
