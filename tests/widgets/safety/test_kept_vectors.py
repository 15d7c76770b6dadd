"""Points and shapes reach the journal, and come back in the next session."""

import numpy as np
import pytest

from napari_segsuite.data.recovery import default_folder, lost_sessions
from napari_segsuite.widgets.safety.kept_vectors import state_of
from napari_segsuite.widgets.safety.net import SafetyNet
from napari_segsuite.widgets.safety.placed_facts import restored_vectors


@pytest.fixture
def net(session):
    return session.shared(SafetyNet)


@pytest.fixture
def lost(session, qtbot):
    """Return a function that ends the session and returns what the next would find."""

    def end():
        qtbot.wait(300)
        session.close()
        return [
            layer for found in lost_sessions(default_folder()) for layer in found.layers
        ]

    return end


def placed_like(new, layer):
    for name in ("scale", "translate", "units", "affine", "rotate", "shear"):
        assert np.array_equal(getattr(new, name), getattr(layer, name)), name


def test_points_come_back_as_they_were(viewer, net, lost):
    layer = viewer.add_points(
        [[1, 2.5, 3]],
        name="clicks",
        scale=(2, 0.5, 0.5),
        translate=(1, 2, 3),
        units="um",
        features={"positive": [True]},
        metadata={"segsuite": {"prompts": {"version": 1}}, "other": object()},
    )
    net.keep(layer)
    layer.add([[4, 5, 6.0]])
    layer.symbol = ["disc", "cross"]
    layer.face_color = ["#0072B2", "#D55E00"]
    (found,) = lost()
    assert (found.extent, found.amount, found.damaged) == ("Points", "2 points", False)
    new = restored_vectors(found.facts, found.state)
    assert state_of(new) == state_of(layer)
    assert new.name == "clicks"
    assert new.metadata == {"segsuite": {"prompts": {"version": 1}}}
    placed_like(new, layer)


def test_shapes_of_every_type_come_back(viewer, net, lost):
    layer = viewer.add_shapes(scale=(0.5, 0.25))
    net.keep(layer)
    layer.add_rectangles([[[0, 0], [4, 6.5]]], edge_width=2, face_color="#0072B2")
    layer.add_polygons([[[0, 0], [5, 1], [3, 6.0]]])
    layer.add_lines([[[0, 0], [9, 9.0]]])
    layer.add_ellipses([[[1, 1], [1, 5], [5, 5], [5, 1.0]]])
    layer.add_paths([[[0, 0], [1, 5], [2, 2.0]]])
    (found,) = lost()
    new = restored_vectors(found.facts, found.state)
    assert state_of(new) == state_of(layer)
    assert list(new.shape_type) == ["rectangle", "polygon", "line", "ellipse", "path"]
    placed_like(new, layer)


def test_what_is_moved_and_deleted_is_kept(viewer, net, lost):
    layer = viewer.add_points([[0, 0], [1, 1], [2, 2.0]])
    net.keep(layer)
    layer.selected_data = {0}
    layer.remove_selected()
    layer.data = layer.data + 0.5
    (found,) = lost()
    assert [one[0] for one in found.state.vertices] == [(1.5, 1.5), (2.5, 2.5)]


def test_a_layer_that_was_deleted_is_still_there(viewer, net, lost):
    layer = viewer.add_points([[1, 1.0]])
    net.keep(layer)
    layer.add([[2, 2.0]])
    viewer.layers.remove(layer)
    (found,) = lost()
    assert len(found.state.vertices) == 2


def test_empty_layers_are_no_loss(viewer, net, lost):
    net.keep(viewer.add_points(ndim=2))
    assert lost() == []


def test_the_session_brings_them_back_together_with_labels(viewer, net, session, qtbot):
    net.keep(viewer.add_points([[1, 1.0]], name="clicks"))
    net.keep(viewer.add_labels(np.eye(9, dtype=np.uint8), name="cells"))
    assert net.flush()
    qtbot.wait(300)
    viewer.layers.clear()
    qtbot.wait(50)
    net._writer.close()
    net.look()
    qtbot.waitUntil(lambda: len(net.found) == 1)
    net.restore(net.found[0])
    qtbot.waitUntil(lambda: len(viewer.layers) == 2)
    assert {layer.name for layer in viewer.layers} == {"clicks", "cells"}
    assert viewer.layers["clicks"].data.tolist() == [[1, 1]]


@pytest.mark.parametrize("add", ["add_points", "add_shapes"])
def test_by_preference_every_layer_is_kept(viewer, net, lost, monkeypatch, add):
    from napari_segsuite.widgets.preferences import Preferences
    from napari_segsuite.widgets.safety import net as module

    wanted = Preferences(keep_every_layer=True)
    monkeypatch.setattr(module, "preferences", lambda: wanted)
    data = [[1, 1.0]] if add == "add_points" else [[[0, 0], [3, 3.0]]]
    getattr(viewer, add)(data)
    assert len(lost()) == 1
