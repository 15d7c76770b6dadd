"""The class of each segment is read from a layer's features."""

from typing import Any

import numpy as np
import pytest
from napari.layers import Labels

from napari_segsuite.widgets.measure.segments import segment_classes

TABLE = {"segsuite": {"classes": [{"id": 1, "name": "cell"}, {"id": 2, "name": "sky"}]}}


@pytest.mark.parametrize(
    ("features", "found"),
    [
        ({"index": [5, 6], "class_id": [1, 2]}, {5: 1, 6: 2}),
        ({"index": [5, 6], "class_id": [1.0, np.nan]}, {5: 1}),
        ({"index": [5, 6, 7], "class": ["sky", "cell", "?"]}, {5: 2, 6: 1}),
        ({"index": [5, 6]}, None),
        ({"class_id": [1, 2]}, None),
        ({"index": [5], "class_id": ["one"]}, None),
        ({}, None),
    ],
)
def test_classes_of_segments(
    features: dict[str, Any], found: dict[int, int] | None
) -> None:
    layer = Labels(np.zeros((4, 4), int), features=features, metadata=TABLE)

    assert segment_classes(layer) == found
