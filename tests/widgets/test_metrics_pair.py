"""Which pixels of two layers are compared."""

from typing import Any

import numpy as np
import pytest
from napari.components import Dims
from napari.layers import Labels

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count_blocks, evaluate
from napari_segsuite.widgets.metrics_pair import compare, guess_pair

RNG = np.random.default_rng(2)
STACK = RNG.integers(0, 4, (2, 3, 8, 9))
RESULT: dict[str, Any] = {"segsuite": {"model": "m"}}


def dims_at(point: tuple[float, ...], *, shown: int = 2) -> Dims:
    ndim = len(point)
    return Dims(ndim=ndim, ndisplay=shown, range=((0, 50, 1),) * ndim, point=point)


def test_everything_is_compared_without_a_copy() -> None:
    truth, prediction = Labels(STACK), Labels(STACK + 1)

    found = compare(truth, prediction, dims_at((0, 0, 0, 0)), "whole")

    assert found.truth is truth.data
    assert found.prediction is prediction.data
    assert found.where == "Whole stack"


def test_the_slice_is_found_in_world_coordinates() -> None:
    scale = (10, 2.5, 0.5, 0.5)
    named = {"scale": scale, "axis_labels": ("t", "z", "y", "x")}
    truth, prediction = Labels(STACK, **named), Labels(STACK + 1, **named)

    found = compare(truth, prediction, dims_at((10, 5.1, 0, 0)), "slice")

    assert found.where == "Slice T = 1, Z = 2"
    table = count_blocks(found.truth, found.prediction)
    assert table == count_blocks(STACK[1:, 2:], STACK[1:, 2:] + 1)


def test_layers_of_fewer_dimensions_than_the_viewer_align_at_the_end() -> None:
    truth, prediction = Labels(STACK[0]), Labels(STACK[1])

    found = compare(truth, prediction, dims_at((40, 2, 0, 0)), "slice")

    assert found.where == "Slice 2"
    assert np.array_equal(
        found.truth[slice(0, 1), slice(0, 8), slice(0, 9)], STACK[0, 2:]
    )


def test_the_slice_of_a_3d_view_is_the_volume() -> None:
    truth, prediction = Labels(STACK), Labels(STACK)

    found = compare(truth, prediction, dims_at((1, 0, 0, 0), shown=3), "slice")

    assert found.where == "Slice 1"
    assert found.truth.shape == (1, 3, 8, 9)


def test_a_slice_outside_is_told() -> None:
    with pytest.raises(InputError, match="outside"):
        compare(Labels(STACK[0]), Labels(STACK[1]), dims_at((7, 0, 0)), "slice")


@pytest.mark.parametrize("swapped", [False, True])
def test_a_region_is_compared_where_it_lies(swapped: bool) -> None:
    whole = Labels(STACK[0], scale=(3, 1, 1), rotate=20)
    world = whole.data_to_world((1, 2, 3))
    part = Labels(
        STACK[1, 1:2, 2:7, 3:], scale=(3, 1, 1), rotate=20, translate=world,
        metadata=RESULT,
    )  # fmt: skip
    pair = (part, whole) if swapped else (whole, part)

    found = compare(*pair, dims_at((1, 0, 0)), "whole")

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
        compare(Labels(STACK[0, 0]), part, dims_at((0, 0)), "whole")


def test_a_smaller_layer_that_is_no_result_is_refused() -> None:
    with pytest.raises(InputError, match=r"has the shape 8 × 9.*has 4 × 9"):
        compare(Labels(STACK[0, 0]), Labels(STACK[0, 0, :4]), dims_at((0, 0)), "whole")


def test_truth_and_prediction_are_guessed() -> None:
    painting = Labels(STACK[0], name="painting", metadata={"segsuite": {"classes": []}})
    other = Labels(STACK[0, 0], name="another image")
    truth = Labels(STACK[0], name="exact truth")
    old = Labels(STACK[0], name="model 1", metadata=RESULT)
    new = Labels(STACK[0], name="model 2", metadata=RESULT)

    sample = Labels(STACK[0], name="truth", metadata={"segsuite": {"truth": True}})

    assert guess_pair([sample, painting, new]) == (sample, new)
    assert guess_pair([sample, painting]) == (sample, painting)
    assert guess_pair([]) == (None, None)
    assert guess_pair([painting]) == (painting, None)
    assert guess_pair([painting, other]) == (painting, other)
    assert guess_pair([other, painting, old, new]) == (painting, new)
    assert guess_pair([painting, new, truth]) == (truth, new)
    assert guess_pair([other, truth]) == (truth, other)
