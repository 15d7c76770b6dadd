"""Strokes in layers reach the journal, and come back in the next session."""

import numpy as np
import pytest

from napari_segsuite.data.recovery import default_folder, lost_sessions
from napari_segsuite.widgets.layer_classes import classes_of, declare
from napari_segsuite.widgets.safety import net as module
from napari_segsuite.widgets.safety.kept_layer import KeptLayer
from napari_segsuite.widgets.safety.net import SafetyNet
from napari_segsuite.widgets.safety.placed_facts import restored


@pytest.fixture
def net(session):
    return session.shared(SafetyNet)


@pytest.fixture
def lost(session, qtbot):
    """Return a function that ends the session and returns what the next would find."""

    def end():
        qtbot.wait(250)  # what is noted late, is noted
        session.close()
        return [
            layer for found in lost_sessions(default_folder()) for layer in found.layers
        ]

    return end


def labels(viewer, shape=(20, 30), **facts):
    return viewer.add_labels(np.zeros(shape, np.uint8), name="cells", **facts)


def stroke(layer, row=2, label=5):
    layer.data_setitem((np.array([row, row]), np.array([3, 4])), label)


def test_a_stroke_comes_back_with_place_and_classes(viewer, net, lost):
    layer = labels(viewer, scale=(0.5, 0.25), units="um", translate=(1, 2))
    declare(layer, [info.replace(name="nucleus") for info in classes_of(layer, [5])])
    net.keep(layer)
    stroke(layer)
    (found,) = lost()
    np.testing.assert_array_equal(found.array(), layer.data)
    new = restored(found.facts, found.array())
    assert new.name == "cells"
    assert [info.name for info in classes_of(new, [5])] == ["nucleus"]
    assert classes_of(new, [5]) == classes_of(layer, [5])
    for name in ("scale", "translate", "units", "affine", "rotate", "shear"):
        assert np.array_equal(getattr(new, name), getattr(layer, name)), name


@pytest.mark.parametrize("mode", ["brush", "fill", "polygon"])
def test_every_tool_is_kept(viewer, net, lost, mode):
    layer = labels(viewer)
    net.keep(layer)
    if mode == "brush":
        layer.paint((5, 5), 3)
    elif mode == "fill":
        layer.fill((5, 5), 3)
    else:
        layer.paint_polygon(np.array([(2, 2), (2, 20), (15, 9)]), 3)
    assert layer.data.any()
    (found,) = lost()
    np.testing.assert_array_equal(found.array(), layer.data)


def test_undo_and_redo_are_kept(viewer, net, lost):
    layer = labels(viewer, (4, 20, 30))
    net.keep(layer)
    layer.data_setitem((np.array([2]), np.array([3]), np.array([4])), 1)
    layer.data_setitem((np.array([3]), np.array([3]), np.array([4])), 2)
    layer.undo()
    (found,) = lost()
    assert np.unique(found.array()).tolist() == [0, 1]


def test_other_data_in_a_layer_is_kept(viewer, net, lost):
    layer = labels(viewer)
    net.keep(layer)
    layer.data = np.full((20, 30), 4, np.uint8)
    (found,) = lost()
    assert (found.array() == 4).all()


def test_data_of_another_shape_leaves_the_old_painting(viewer, net, lost, qtbot):
    layer = labels(viewer)
    net.keep(layer)
    stroke(layer)
    qtbot.wait(50)
    layer.data = np.full((6, 7), 9, np.uint16)
    assert [found.shape for found in lost()] == [(20, 30), (6, 7)]


def test_a_removed_layer_is_let_go_but_kept(viewer, net, lost, qtbot):
    layer = labels(viewer)
    net.keep(layer)
    stroke(layer)
    viewer.layers.remove(layer)
    qtbot.waitUntil(lambda: not net._kept)
    assert net.flush(10)
    stroke(layer, row=9)  # of no interest any more
    (found,) = lost()
    assert found.array().sum() == 10


def test_a_file_that_was_only_looked_at_leaves_nothing(viewer, net, lost, tmp_path):
    path = tmp_path / "labels.npy"
    np.save(path, np.ones((20, 30), np.uint8))
    (layer,) = viewer.open(path, layer_type="labels", plugin="napari")
    net.keep(layer)
    layer.refresh()
    assert lost() == []


def test_a_result_is_kept_from_its_first_correction_on(viewer, net, lost, qtbot):
    array = np.ones((20, 30), np.uint8)
    layer = viewer.add_labels(array, metadata={"segsuite": {"model": "m"}})
    qtbot.wait(50)
    assert not net._kept
    stroke(layer)
    (found,) = lost()
    np.testing.assert_array_equal(found.array(), layer.data)


def test_other_layers_are_kept_by_preference_only(viewer, net, qtbot, monkeypatch):
    labels(viewer)
    qtbot.wait(50)
    assert not net._kept
    preferences = module.preferences().__class__(keep_every_layer=True)
    monkeypatch.setattr(module, "preferences", lambda: preferences)
    labels(viewer)
    viewer.add_image(np.zeros((4, 5)))
    qtbot.waitUntil(lambda: len(net._kept) == 1)


@pytest.mark.parametrize("kind", ["dask", "pyramid", "overlay"])
def test_what_nobody_paints_in_is_not_kept(viewer, net, kind):
    if kind == "dask":
        import dask.array

        layer = viewer.add_labels(dask.array.zeros((20, 30), dtype=int))
    elif kind == "pyramid":
        levels = [np.ones((40, 60), np.uint8), np.ones((20, 30), np.uint8)]
        layer = viewer.add_labels(levels, multiscale=True)
    else:
        layer = labels(viewer, metadata={"segsuite": {"overlay": True}})
    net.keep(layer)
    assert not net._kept


def test_an_error_in_our_notes_costs_no_stroke(viewer, net, monkeypatch, lost):
    layer = labels(viewer)
    net.keep(layer)
    monkeypatch.setattr(
        "napari_segsuite.widgets.safety.kept_layer.painted_box", lambda *_: 1 / 0
    )
    stroke(layer)
    assert layer.data.any()
    (found,) = lost()
    np.testing.assert_array_equal(found.array(), layer.data)


def test_what_was_saved_is_not_offered(viewer, net, lost, qtbot):
    layer = labels(viewer)
    net.keep(layer)
    stroke(layer)
    qtbot.wait(50)
    net.saved(layer, net.revision(layer))
    assert lost() == []


def test_moving_through_slices_reads_nothing(viewer, net, qtbot, monkeypatch):
    layer = labels(viewer, (6, 20, 30))
    net.keep(layer)
    assert net.flush()
    swept = []
    monkeypatch.setattr(KeptLayer, "_sweep", lambda self: swept.append(self))
    for z in (1.0, 2.0, 3.0):
        viewer.dims.set_point(0, z)
    qtbot.wait(300)
    assert swept == []
