"""Which pixels of two layers are compared."""

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels, Shapes

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count_blocks, evaluate
from napari_segsuite.widgets.measure.pair import compare
from napari_segsuite.widgets.measure.parts import OUTSIDE

RNG = np.random.default_rng(2)
STACK = RNG.integers(0, 4, (2, 3, 8, 9))
RESULT: dict[str, Any] = {"segsuite": {"model": "m"}}


def viewer_at(point: tuple[float, ...], *, shown: int = 2) -> ViewerModel:
    viewer = ViewerModel()
    viewer.dims.ndim = len(point)
    viewer.dims.range = ((0, 50, 1),) * len(point)
    viewer.dims.point = point
    # With no layers, the camera cannot be fitted to a volume.
    with viewer.dims.events.blocker():
        viewer.dims.ndisplay = shown
    return viewer


def test_everything_is_compared_without_a_copy() -> None:
    truth, prediction = Labels(STACK), Labels(STACK + 1)

    found = compare(truth, prediction, viewer_at((0, 0, 0, 0)), "whole")

    assert found.truth.array is truth.data
    assert found.prediction.array is prediction.data
    assert found.where == "Whole stack"


def test_the_slice_is_found_in_world_coordinates() -> None:
    scale = (10, 2.5, 0.5, 0.5)
    named = {"scale": scale, "axis_labels": ("t", "z", "y", "x")}
    truth, prediction = Labels(STACK, **named), Labels(STACK + 1, **named)

    found = compare(truth, prediction, viewer_at((10, 5.1, 0, 0)), "slice")

    assert found.where == "Slice T = 1, Z = 2"
    table = count_blocks(found.truth, found.prediction)
    assert table == count_blocks(STACK[1:, 2:], STACK[1:, 2:] + 1)


def test_layers_of_fewer_dimensions_than_the_viewer_align_at_the_end() -> None:
    truth, prediction = Labels(STACK[0]), Labels(STACK[1])

    found = compare(truth, prediction, viewer_at((40, 2, 0, 0)), "slice")

    assert found.where == "Slice 2"
    assert np.array_equal(
        found.truth[slice(0, 1), slice(0, 8), slice(0, 9)], STACK[0, 2:]
    )


def test_the_slice_of_a_3d_view_is_the_volume() -> None:
    truth, prediction = Labels(STACK), Labels(STACK)

    found = compare(truth, prediction, viewer_at((1, 0, 0, 0), shown=3), "slice")

    assert found.where == "Slice 1"
    assert found.truth.shape == (1, 3, 8, 9)


def test_a_slice_outside_is_told() -> None:
    with pytest.raises(InputError, match="outside"):
        compare(Labels(STACK[0]), Labels(STACK[1]), viewer_at((7, 0, 0)), "slice")


@pytest.mark.parametrize("swapped", [False, True])
def test_a_region_is_compared_where_it_lies(swapped: bool) -> None:
    whole = Labels(STACK[0], scale=(3, 1, 1), rotate=20)
    world = whole.data_to_world((1, 2, 3))
    part = Labels(
        STACK[1, 1:2, 2:7, 3:], scale=(3, 1, 1), rotate=20, translate=world,
        metadata=RESULT,
    )  # fmt: skip
    pair = (part, whole) if swapped else (whole, part)

    found = compare(*pair, viewer_at((1, 0, 0)), "whole")

    arrays = (STACK[0, 1:2, 2:7, 3:], STACK[1, 1:2, 2:7, 3:])
    expected = evaluate(*(reversed(arrays) if swapped else arrays))
    assert evaluate(found.truth, found.prediction) == expected
    assert found.where == "Where both lie, 1 × 5 × 6"


@pytest.mark.parametrize(
    "placed",
    [{"translate": (0.5, 0)}, {"translate": (0, 40)}, {"scale": (2, 1)}],
)
def test_a_region_that_lies_elsewhere_is_refused(placed: dict[str, Any]) -> None:
    part = Labels(STACK[0, 0, :4], metadata=RESULT, **placed)

    with pytest.raises(InputError, match="do not lie on each other"):
        compare(Labels(STACK[0, 0]), part, viewer_at((0, 0)), "whole")


def test_a_smaller_layer_that_is_no_result_is_refused() -> None:
    with pytest.raises(InputError, match=r"has the shape 8 × 9.*has 4 × 9"):
        compare(
            Labels(STACK[0, 0]), Labels(STACK[0, 0, :4]), viewer_at((0, 0)), "whole"
        )


def test_shapes_enclose_what_is_compared() -> None:
    truth, prediction = Labels(STACK[0]), Labels(STACK[1])
    shapes = Shapes([[[1, 2], [1, 4], [5, 4], [5, 2]]], name="here")

    found = compare(truth, prediction, viewer_at((0, 0, 0)), "shapes", shapes)

    assert found.where == "Inside “here”"
    assert found.offset == (0, 1, 2)
    assert found.shape == (3, 5, 3)
    inside = count_blocks(found.truth, found.prediction).without_true(OUTSIDE)
    assert inside == count_blocks(STACK[0, :, 1:6, 2:5], STACK[1, :, 1:6, 2:5])


def test_shapes_beside_the_labels_are_told() -> None:
    pair = Labels(STACK[0, 0]), Labels(STACK[1, 0])
    shapes = Shapes([[[50, 50], [50, 60], [60, 60], [60, 50]]], name="far")

    with pytest.raises(InputError, match="there are no labels"):
        compare(*pair, viewer_at((0, 0)), "shapes", shapes)
    with pytest.raises(InputError, match="no Shapes layer"):
        compare(*pair, viewer_at((0, 0)), "shapes")


def test_what_is_in_view_is_compared() -> None:
    viewer = ViewerModel()
    truth = viewer.add_labels(STACK[0])
    prediction = viewer.add_labels(STACK[1])
    viewer.dims.set_point(0, 2)
    truth.corner_pixels = np.array([[2, 1, 3], [2, 4, 7]])

    found = compare(truth, prediction, viewer, "view")

    assert found.where == "What is in view"
    assert found.offset == (2, 1, 3)
    assert found.shape == (1, 4, 5)


def test_comparisons_are_equal_if_they_are_of_the_same_pixels() -> None:
    truth, prediction = Labels(STACK[0]), Labels(STACK[1])
    one = compare(truth, prediction, viewer_at((1, 0, 0)), "slice")

    assert one == compare(truth, prediction, viewer_at((1, 0, 0)), "slice")
    assert one != compare(truth, prediction, viewer_at((2, 0, 0)), "slice")
    prediction.data = STACK[1].copy()
    assert one != compare(truth, prediction, viewer_at((1, 0, 0)), "slice")
