"""Which layers can be scored against one truth."""

from functools import partial

import numpy as np
from napari.components import ViewerModel

from napari_segsuite.metrics import count_blocks
from napari_segsuite.widgets.measure.contenders import contenders_of
from napari_segsuite.widgets.measure.meaning import Meaning
from napari_segsuite.widgets.measure.pair import compare
from napari_segsuite.widgets.measure.surface_scores import grid_of

TRUE = np.array([[0, 1, 1, 2]])


def test_every_other_layer_competes_or_says_why_not() -> None:
    viewer = ViewerModel()
    truth = viewer.add_labels(TRUE, name="truth")
    viewer.add_labels(np.array([[0, 1, 2, 2]]), name="good")
    viewer.add_labels(np.zeros((3, 3), int), name="other image")
    viewer.add_labels(TRUE, name="drawn", metadata={"segsuite": {"overlay": True}})
    viewer.add_image(np.zeros((1, 4)), name="image")

    found = contenders_of(
        viewer,
        truth,
        Meaning("classes", unpainted=False, background_id=0),
        partial(compare, viewer=viewer, scope="whole"),
    )

    assert [one.name for one in found] == ["good", "other image"]
    good, other = found
    assert good.key is viewer.layers["good"]
    assert good.score is not None
    report = good.score(count_blocks(good.truth, good.prediction))
    assert report.pixel_accuracy == 0.75
    assert "has the shape" in other.problem
    assert other.score is None


def test_segments_are_read_with_the_classes_of_their_own_layer() -> None:
    viewer = ViewerModel()
    truth = viewer.add_labels(TRUE, name="truth")
    viewer.add_labels(
        np.array([[0, 7, 7, 8]]),
        name="panoptic",
        features={"index": [7, 8], "class_id": [1, 2]},
    )
    meaning = Meaning(
        "panoptic",
        unpainted=True,
        background_id=None,
        true_segments={1: 1, 2: 2},
        pred_segments={},
    )

    (found,) = contenders_of(
        viewer, truth, meaning, partial(compare, viewer=viewer, scope="whole")
    )

    assert found.score is not None
    report = found.score(count_blocks(found.truth, found.prediction))
    assert report.headline["pq"] == 1.0


def test_surfaces_are_measured_where_wanted() -> None:
    viewer = ViewerModel()
    truth = viewer.add_labels(TRUE, name="truth")
    viewer.add_labels(TRUE.copy(), name="same")

    (found,) = contenders_of(
        viewer,
        truth,
        Meaning("classes", unpainted=False, background_id=0),
        partial(compare, viewer=viewer, scope="whole"),
        grid_of(truth),
    )

    assert found.surfaces is not None
    assert found.surfaces(lambda _: None).mean("hausdorff_95") == 0.0
