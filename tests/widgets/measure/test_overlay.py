import numpy as np
import pytest
from napari.layers import Labels

from napari_segsuite.widgets.layers import is_overlay, is_result
from napari_segsuite.widgets.measure.judged import Rule
from napari_segsuite.widgets.measure.overlay import Overlay

TRUE = np.array([[0, 0, 1, 2], [1, 2, 2, 0]], np.uint8)
PRED = np.array([[0, 1, 1, 0], [2, 2, 1, 0]], np.uint8)


@pytest.fixture
def truth(viewer):
    return viewer.add_labels(
        TRUE.copy(), name="truth", scale=(2, 0.5), translate=(3, 4)
    )


@pytest.fixture
def prediction(viewer):
    return viewer.add_labels(PRED.copy(), name="prediction", scale=(2, 0.5))


def shown(overlay):
    return np.asarray(overlay.layer.data).tolist()


def show(overlay, truth, prediction, rule=None, offset=(0, 0)):
    overlay.show(
        truth.data, prediction.data, like=truth, offset=offset, rule=rule or Rule()
    )


def test_it_lies_on_the_truth_in_its_own_colours(viewer, truth, prediction):
    overlay = Overlay(viewer)
    show(overlay, truth, prediction)
    assert shown(overlay) == [[0, 2, 1, 3], [4, 1, 4, 0]]
    assert overlay.layer.scale.tolist() == [2, 0.5]
    assert overlay.layer.translate.tolist() == [3, 4]
    green = overlay.layer.colormap.map(1)
    assert np.allclose(green[:3], [0, 0x9E / 255, 0x73 / 255], atol=0.01)


def test_it_is_no_layer_to_compare_paint_on_or_learn_from(viewer, truth, prediction):
    overlay = Overlay(viewer)
    show(overlay, truth, prediction)
    assert is_overlay(overlay.layer)
    assert is_result(overlay.layer)
    assert not overlay.layer.editable
    assert not is_overlay(truth)


def test_whoever_paints_goes_on_painting(viewer, truth, prediction):
    viewer.layers.selection.active = truth
    truth.mode = "paint"
    Overlay(viewer).show(
        truth.data, prediction.data, like=truth, offset=(0, 0), rule=Rule()
    )
    assert viewer.layers.selection.active is truth
    assert truth.mode == "paint"
    assert is_overlay(viewer.layers[-1])


def test_a_part_lies_where_it_belongs(viewer, truth, prediction):
    overlay = Overlay(viewer)
    overlay.show(
        truth.data[1:, 2:],
        prediction.data[1:, 2:],
        like=truth,
        offset=(1, 2),
        rule=Rule(),
    )
    assert shown(overlay) == [[4, 0]]
    assert overlay.layer.translate.tolist() == [3 + 2, 4 + 1]


def test_another_choice_stays_in_the_same_layer(viewer, truth, prediction):
    overlay = Overlay(viewer)
    show(overlay, truth, prediction)
    layer = overlay.layer
    layer.opacity = 0.3
    overlay.show(
        truth.data[1:],
        prediction.data[1:],
        like=truth,
        offset=(1, 0),
        rule=Rule(target=1),
    )
    assert overlay.layer is layer
    assert shown(overlay) == [[3, 0, 2, 0]]
    assert layer.translate.tolist() == [5, 4]
    assert layer.opacity == 0.3
    assert not layer.editable


def test_layers_of_another_number_of_dimensions(viewer, truth, prediction):
    overlay = Overlay(viewer)
    show(overlay, truth, prediction)
    stack = viewer.add_labels(np.stack([TRUE, PRED]))
    overlay.show(
        stack.data, stack.data[::-1], like=stack, offset=(0, 0, 0), rule=Rule()
    )
    assert overlay.layer.ndim == 3
    assert sum(map(is_overlay, viewer.layers)) == 1


def test_a_stroke_shows_after_a_refresh(viewer, truth, prediction):
    overlay = Overlay(viewer)
    show(overlay, truth, prediction)
    prediction.data[0, 0] = 1
    overlay.refresh()
    assert overlay.layer._slice.image.raw[0, 0] == 2


def test_a_deleted_layer_is_not_missed(viewer, truth, prediction):
    overlay = Overlay(viewer)
    show(overlay, truth, prediction)
    viewer.layers.remove(overlay.layer)
    overlay.refresh()
    assert overlay.layer is None
    show(overlay, truth, prediction)
    prediction.data[0, 0] = 1
    overlay.refresh()
    assert overlay.layer._slice.image.raw[0, 0] == 2


def test_hiding_takes_the_layer_away(viewer, truth, prediction):
    overlay = Overlay(viewer)
    overlay.hide()
    show(overlay, truth, prediction)
    overlay.hide()
    assert list(viewer.layers) == [truth, prediction]
    show(overlay, truth, prediction)
    assert len(viewer.layers) == 3


def test_the_other_slice_of_a_stack_is_judged_when_it_is_shown(viewer):
    stack = viewer.add_labels(np.stack([TRUE, TRUE]))
    guess = viewer.add_labels(np.stack([PRED, TRUE]))
    overlay = Overlay(viewer)
    overlay.show(stack.data, guess.data, like=stack, offset=(0, 0, 0), rule=Rule())
    viewer.dims.set_point(0, 0)
    assert overlay.layer._slice.image.raw.tolist() == [[0, 2, 1, 3], [4, 1, 4, 0]]
    viewer.dims.set_point(0, 1)
    assert overlay.layer._slice.image.raw.tolist() == [[0, 0, 1, 1], [1, 1, 1, 0]]


def test_five_dimensions(viewer):
    layer = Labels(np.zeros((2, 1, 2, 3, 4), np.uint8))
    viewer.add_layer(layer)
    overlay = Overlay(viewer)
    overlay.show(layer.data, layer.data + 1, like=layer, offset=(0,) * 5, rule=Rule())
    assert overlay.layer.data[0, 0, 0, 0, 0] == 2
