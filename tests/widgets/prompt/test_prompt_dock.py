"""The Prompt dock on a viewer without a window; a small model answers."""

import numpy as np
import pytest
from napari.layers import Labels, Points

from napari_segsuite.widgets.prompt.prompt_dock import PromptDock

RADIUS = 4  # of the disk that the model of these tests offers first


def disk(shape, y, x, radius):
    rows, columns = np.indices(shape, sparse=True)
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


@pytest.fixture
def dock(viewer, session, click_model, keep, qtbot):
    made = keep(PromptDock(viewer, session))
    qtbot.waitUntil(lambda: made.model.folder is not None)
    return made


@pytest.fixture
def cells(viewer, dock, qtbot):
    image = viewer.add_image(np.random.default_rng(0).random((40, 50)), name="cells")
    qtbot.waitUntil(lambda: dock.prompting.scene is not None)
    return image


def click(dock, qtbot, y, x, **how):
    dock.prompting.click(np.array([y, x], float), **how)
    qtbot.waitUntil(lambda: dock.prompting.waits_for is None)


def committed(dock, qtbot):
    dock.objects.commit.click()
    qtbot.waitUntil(lambda: dock.prompting.draft.empty)
    return np.asarray(dock.work.layer.data)


def test_without_an_image_it_says_what_to_do(dock):
    assert "Open an image" in dock.status.text()
    assert not dock.objects.commit.isEnabled()


def test_a_click_shows_the_mask_at_once(dock, cells, viewer, qtbot):
    click(dock, qtbot, 20, 30)
    masks = viewer.layers["cells mask"]
    assert isinstance(masks, Labels)
    inside = disk((40, 50), 20, 30, RADIUS)
    assert np.all(masks.data[inside & (masks.data < 3)] > 0)
    assert np.count_nonzero((masks.data == 1) | (masks.data == 2)) > 0
    assert len(viewer.layers["cells prompts"].data) == 1


def test_the_three_masks_are_cycled_and_picked(dock, cells, viewer, qtbot):
    click(dock, qtbot, 20, 30)
    assert [card.text() for card in dock.cards.cards] == ["0.90", "0.80", "0.70"]
    assert dock.cards.cards[0].isChecked()
    dock.cycle.click()
    assert dock.cards.cards[1].isChecked()
    dock.cards.cards[2].click()
    labels = committed(dock, qtbot)
    assert np.array_equal(labels == 1, disk((40, 50), 20, 30, 2))


def test_commit_makes_a_layer_that_fits(dock, cells, viewer, qtbot):
    click(dock, qtbot, 20, 30)
    labels = committed(dock, qtbot)
    assert labels.dtype == np.int32
    assert np.array_equal(labels, disk((40, 50), 20, 30, RADIUS).astype(int))
    assert dock.work.layer.name == "cells objects"
    assert not viewer.layers["cells mask"].data.any()
    assert len(viewer.layers["cells prompts"].data) == 0


def test_undo_takes_the_object_back_with_its_prompts(dock, cells, viewer, qtbot):
    click(dock, qtbot, 10, 10)
    first = committed(dock, qtbot).copy()
    click(dock, qtbot, 30, 40)
    click(dock, qtbot, 33, 40, opposite=True)
    second = committed(dock, qtbot).copy()
    dock.work.layer.undo()  # as napari's own Ctrl+Z does
    qtbot.waitUntil(lambda: not dock.prompting.draft.empty)
    assert np.array_equal(dock.work.layer.data, first)
    kinds = viewer.layers["cells prompts"].features["positive"]
    assert list(kinds) == [True, False]
    assert [one.id for one in dock.work.objects] == [1]
    dock.work.layer.redo()
    qtbot.waitUntil(lambda: dock.prompting.draft.empty)
    assert np.array_equal(dock.work.layer.data, second)
    assert [one.id for one in dock.work.objects] == [1, 2]


def test_undo_takes_prompts_back_one_by_one(dock, cells, viewer, qtbot):
    click(dock, qtbot, 10, 10)
    click(dock, qtbot, 10, 20)
    dock.objects.undo.click()
    assert len(viewer.layers["cells prompts"].data) == 1
    dock.objects.redo.click()
    assert len(viewer.layers["cells prompts"].data) == 2
    dock.objects.undo.click()
    dock.objects.undo.click()
    assert dock.prompting.draft.empty
    assert not viewer.layers["cells mask"].data.any()


def test_napari_s_own_point_tools_ask_again(dock, cells, viewer, qtbot):
    click(dock, qtbot, 10, 10)
    points = viewer.layers["cells prompts"]
    assert isinstance(points, Points)
    points.add([30, 40])
    qtbot.waitUntil(lambda: len(dock.prompting.draft.prompt(()).clicks) == 2)
    points.selected_data = {0}
    points.remove_selected()
    qtbot.waitUntil(lambda: len(dock.prompting.draft.prompt(()).clicks) == 1)
    qtbot.waitUntil(lambda: dock.prompting.waits_for is None)
    labels = committed(dock, qtbot)
    assert np.array_equal(labels == 1, disk((40, 50), 30, 40, RADIUS))


def test_clicks_outside_are_refused_in_a_sentence(dock, cells, qtbot):
    dock.prompting.click(np.array([100.0, 10.0]))
    assert "outside" in dock.status.text()
    assert dock.prompting.draft.empty


def test_background_points_alone_are_explained(dock, cells, qtbot):
    dock.polarity.click()
    dock.prompting.click(np.array([10.0, 10.0]))
    assert "Background points alone" in dock.status.text()
    assert not dock.objects.commit.isEnabled()
    assert "Click an object" in dock.objects.commit.toolTip()


def test_an_earlier_object_is_refined_and_hand_edits_survive(
    dock, cells, viewer, qtbot
):
    click(dock, qtbot, 20, 20)
    labels = committed(dock, qtbot)
    layer = dock.work.layer
    layer.data_setitem((np.array([20]), np.array([20])), 0)  # erased by hand
    layer.data_setitem((np.array([5]), np.array([5])), 1)  # added by hand
    dock.objects.after.click()
    assert dock.work.in_hand is not None
    assert len(viewer.layers["cells prompts"].data) == 1
    click(dock, qtbot, 20, 27)
    labels = committed(dock, qtbot)
    expected = disk((40, 50), 20, 20, RADIUS) | disk((40, 50), 20, 27, RADIUS)
    expected[20, 20] = False
    expected[5, 5] = True
    assert np.array_equal(labels == 1, expected)
    assert len(dock.work.objects) == 1
    assert len(dock.work.objects[0].prompts[()].clicks) == 2


def test_overlap_keeps_others_unless_told(dock, cells, qtbot):
    click(dock, qtbot, 20, 20)
    committed(dock, qtbot)
    click(dock, qtbot, 20, 24)
    labels = committed(dock, qtbot)
    first, second = (disk((40, 50), 20, x, RADIUS) for x in (20, 24))
    assert np.array_equal(labels == 1, first)
    assert np.array_equal(labels == 2, second & ~first)
    dock.objects.rule.setCurrentIndex(1)
    click(dock, qtbot, 20, 22)
    labels = committed(dock, qtbot)
    assert np.array_equal(labels == 3, disk((40, 50), 20, 22, RADIUS))


def test_the_record_lies_in_the_layer(dock, cells, qtbot):
    from napari_segsuite.data.prompts.record import load_record

    click(dock, qtbot, 20, 20)
    committed(dock, qtbot)
    layer = dock.work.layer
    qtbot.waitUntil(lambda: "prompts" in layer.metadata.get("segsuite", {}))
    record = load_record(layer.metadata["segsuite"]["prompts"])
    assert record.image == "cells"
    (one,) = record.objects
    assert one.area == disk((40, 50), 20, 20, RADIUS).sum()


def test_a_deleted_prompt_layer_is_made_anew(dock, cells, viewer, qtbot):
    click(dock, qtbot, 20, 20)
    viewer.layers.remove("cells prompts")
    click(dock, qtbot, 25, 20)
    assert len(viewer.layers["cells prompts"].data) == 2


def test_a_box_is_a_prompt(dock, cells, qtbot):
    dock.prompting.box(np.array([5.0, 6.0]), np.array([12.0, 20.0]))
    qtbot.waitUntil(lambda: dock.prompting.waits_for is None)
    labels = committed(dock, qtbot)
    assert labels[5:13, 6:21].all()
    assert labels.sum() == 8 * 15
