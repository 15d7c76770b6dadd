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


def drawn(dock):
    layer = dock.prompting.points.layer
    return 0 if layer is None else len(layer.data)


def click(dock, qtbot, y, x, **how):
    dock.pointing.click(np.array([y, x], float), **how)
    qtbot.waitUntil(lambda: dock.prompting.masks.waits_for is None)
    qtbot.waitUntil(lambda: drawn(dock) == len(dock.prompting.draft.prompt(()).clicks))


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
    qtbot.waitUntil(lambda: dock.prompting.masks.waits_for is None)
    labels = committed(dock, qtbot)
    assert np.array_equal(labels == 1, disk((40, 50), 30, 40, RADIUS))


def test_clicks_outside_are_refused_in_a_sentence(dock, cells, qtbot):
    dock.pointing.click(np.array([100.0, 10.0]))
    assert "outside" in dock.status.text()
    assert dock.prompting.draft.empty


def test_background_points_alone_are_explained(dock, cells, qtbot):
    dock.polarity.click()
    dock.pointing.click(np.array([10.0, 10.0]))
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
    dock.pointing.box(np.array([5.0, 6.0]), np.array([12.0, 20.0]))
    qtbot.waitUntil(lambda: dock.prompting.masks.waits_for is None)
    labels = committed(dock, qtbot)
    assert labels[5:13, 6:21].all()
    assert labels.sum() == 8 * 15


def test_an_image_that_gets_other_pixels_is_asked_again(dock, cells, disks, qtbot):
    click(dock, qtbot, 20, 20)
    jobs = len(disks.jobs)
    cells.data = np.ones((40, 50))
    qtbot.waitUntil(lambda: len(disks.jobs) > jobs)
    qtbot.waitUntil(lambda: dock.prompting.masks.waits_for is None)
    plane = disks.jobs[-1].plane.image.path
    assert np.load(plane, allow_pickle=False).min() == 1


def test_an_image_that_is_moved_takes_our_layers_along(dock, cells, viewer, qtbot):
    click(dock, qtbot, 20, 20)
    cells.scale = (0.5, 0.5)
    qtbot.waitUntil(lambda: tuple(viewer.layers["cells mask"].scale) == (0.5, 0.5))
    assert tuple(viewer.layers["cells prompts"].scale) == (0.5, 0.5)
    assert len(viewer.layers["cells prompts"].data) == 1
    dock.pointing.click(np.array([5.0, 5.0]))
    assert dock.prompting.draft.prompt(()).clicks[-1].y == 10.0


def test_layers_of_another_size_are_refused_in_a_sentence(dock, cells, viewer, qtbot):
    other = viewer.add_labels(np.zeros((10, 10), np.int32), name="small")
    dock.objects.labels.choose(other)
    click(dock, qtbot, 20, 20)
    assert not dock.objects.commit.isEnabled()
    assert "needs 40 × 50" in dock.objects.commit.toolTip()


def test_somebody_s_painting_is_not_chosen_by_itself(dock, cells, viewer, qtbot):
    painting = viewer.add_labels(np.zeros((40, 50), np.uint8), name="painting")
    click(dock, qtbot, 20, 20)
    committed(dock, qtbot)
    assert not painting.data.any()
    assert dock.work.layer.name == "cells objects"


def test_ids_that_the_labels_cannot_hold_are_refused(dock, cells, viewer, qtbot):
    full = viewer.add_labels(np.full((40, 50), 255, np.uint8), name="full")
    full.data[:] = 0
    full.data[0, 0] = 255
    dock.objects.labels.choose(full)
    click(dock, qtbot, 20, 20)
    qtbot.waitUntil(lambda: dock.work.committing.highest.value == 255)
    dock.objects.commit.click()
    assert "255" in dock.status.text()
    assert not dock.prompting.draft.empty
    assert full.data.sum() == 255


def test_an_object_of_labels_is_a_prompt(dock, cells, viewer, qtbot):
    labels = np.zeros((40, 50), np.uint8)
    labels[10:20, 10:25] = 7
    layer = viewer.add_labels(labels)
    layer.selected_label = 3
    dock.from_labels.click()
    assert "no object 3" in dock.status.text()
    layer.selected_label = 7
    dock.from_labels.click()
    qtbot.waitUntil(lambda: dock.prompting.masks.waits_for is None)
    found = committed(dock, qtbot)
    assert np.array_equal(found == 1, labels == 7)


def test_classes_go_with_the_objects(dock, cells, qtbot):
    dock.objects.add_class.click()
    dock.objects.add_class.click()
    dock.objects.next_class.click()
    assert dock.work.class_id == 1
    click(dock, qtbot, 20, 20)
    committed(dock, qtbot)
    layer = dock.work.layer
    qtbot.waitUntil(lambda: len(layer.features) == 1)
    assert list(layer.features["class_id"]) == [1]
    assert list(layer.features["class"]) == ["class 1"]


def test_dropping_can_be_undone(dock, cells, qtbot):
    click(dock, qtbot, 20, 20)
    dock.objects.drop.click()
    assert dock.prompting.draft.empty
    dock.objects.undo.click()
    assert len(dock.prompting.draft.prompt(()).clicks) == 1


def test_another_object_waits_until_the_one_in_hand_is_committed(dock, cells, qtbot):
    click(dock, qtbot, 10, 10)
    committed(dock, qtbot)
    click(dock, qtbot, 30, 30)
    dock.objects.before.click()
    assert "Commit (K) or drop" in dock.status.text()
    assert len(dock.prompting.draft.prompt(()).clicks) == 1


def test_a_commit_waits_for_the_answer(dock, cells, disks, qtbot):
    disks.free.clear()
    dock.pointing.click(np.array([20.0, 20.0]))
    dock.objects.commit.click()
    disks.free.set()
    qtbot.waitUntil(lambda: len(dock.work.objects) == 1)
    assert dock.prompting.draft.empty


def test_the_record_is_taken_up_with_the_layer(dock, cells, viewer, qtbot):
    click(dock, qtbot, 20, 20)
    committed(dock, qtbot)
    layer = dock.work.layer
    dock.work.committing.book.flush()
    viewer.layers.remove(layer)
    assert dock.work.objects == ()
    viewer.add_layer(layer)
    dock.objects.labels.choose(layer)
    assert [one.id for one in dock.work.objects] == [1]
    dock.objects.after.click()
    assert len(viewer.layers["cells prompts"].data) == 1


def test_closing_the_dock_takes_our_layers_along(dock, cells, viewer, session, qtbot):
    qtbot.waitUntil(lambda: "cells mask" in viewer.layers)
    dock.deleteLater()
    qtbot.waitUntil(lambda: len(viewer.layers) == 1)
