"""The Metrics dock in a real window: it keeps up, and never costs a stroke."""

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari.layers import Labels
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QComboBox, QTableView

from napari_segsuite.data.synthesis.nuclei import nuclei
from napari_segsuite.errors import InputError
from napari_segsuite.metrics import OverlapReport, Report, count, score_overlap
from napari_segsuite.widgets.measure import live_count
from napari_segsuite.widgets.measure.metrics_dock import MetricsDock

pytestmark = pytest.mark.viewer

TRUE = np.zeros((40, 60), np.uint16)
TRUE[5:20, 5:30] = 1
TRUE[25:35, 30:55] = 2
PRED = np.roll(TRUE, 3, axis=1)


@pytest.fixture
def viewer(make_napari_viewer: Callable[..., Any]) -> Any:
    return make_napari_viewer(show=True)


@pytest.fixture
def add_dock(viewer: Any, qtbot: Any) -> Callable[[], MetricsDock]:
    def add() -> MetricsDock:
        dock = MetricsDock(viewer)
        viewer.window.add_dock_widget(dock, name="Metrics")
        return dock

    return add


@pytest.fixture
def pair(viewer: Any) -> tuple[Labels, Labels]:
    return (
        viewer.add_labels(TRUE.copy(), name="truth"),
        viewer.add_labels(PRED.copy(), name="prediction"),
    )


@pytest.fixture
def scored(
    pair: tuple[Labels, Labels], add_dock: Callable[[], MetricsDock], qtbot: Any
) -> MetricsDock:
    dock = add_dock()
    wait_for(qtbot, dock, evaluate(TRUE, PRED))
    return dock


def evaluate(true: Any, pred: Any, **conventions: Any) -> OverlapReport:
    return score_overlap(count(true, pred), **conventions)


def counts(
    report: OverlapReport | Report | None,
) -> list[tuple[int, int, int, int]] | None:
    if report is None:
        return None
    return [(c.id, c.n_true, c.n_pred, c.n_both) for c in report.classes]


def wait_for(qtbot: Any, dock: MetricsDock, expected: OverlapReport | None) -> None:
    """Wait until the dock shows the counts of `expected`."""
    qtbot.waitUntil(lambda: counts(dock.report) == counts(expected), timeout=5000)


def settle(qtbot: Any) -> None:
    """Wait longer than the dock takes to notice a change."""
    qtbot.wait(600)


def cells(dock: MetricsDock) -> list[list[str]]:
    model = dock.tabs.classes
    return [
        [model.data(model.index(row, column)) for column in range(4)]
        for row in range(model.rowCount())
    ]


def test_scores_are_on_screen(scored: MetricsDock) -> None:
    expected = evaluate(TRUE, PRED)

    assert scored.cards.text("mean_dice") == f"{expected.mean_dice:.3f}"
    assert scored.cards.text("mean_iou") == f"{expected.mean_iou:.3f}"
    assert scored.cards.text("pixel_accuracy") == f"{expected.pixel_accuracy:.3f}"
    assert [row[0] for row in cells(scored)] == ["0 background", "class 1", "class 2"]
    assert cells(scored)[1][1:] == ["0.880", "0.786", "375"]
    assert scored.state.text() == "Whole image: all pixels; means without background."


def test_paint_fill_undo_and_redo_show_at_once(
    scored: MetricsDock, pair: tuple[Labels, Labels], qtbot: Any
) -> None:
    truth, _ = pair
    before = truth.data.copy()
    truth.brush_size = 6
    truth.paint((30, 10), 2)
    wait_for(qtbot, scored, evaluate(truth.data, PRED))
    truth.fill((0, 59), 1)
    wait_for(qtbot, scored, evaluate(truth.data, PRED))
    after = truth.data.copy()
    assert not np.array_equal(before, after)

    truth.undo()
    truth.undo()
    wait_for(qtbot, scored, evaluate(before, PRED))
    truth.redo()
    truth.redo()
    wait_for(qtbot, scored, evaluate(after, PRED))


def test_both_layers_are_watched_and_data_may_be_replaced(
    scored: MetricsDock, pair: tuple[Labels, Labels], qtbot: Any
) -> None:
    truth, prediction = pair
    prediction.data = TRUE.copy()
    wait_for(qtbot, scored, evaluate(TRUE, TRUE))
    assert scored.cards.text("mean_dice") == "1.000"

    prediction.data_setitem((np.array([10]), np.array([10])), 2)
    wait_for(qtbot, scored, evaluate(truth.data, prediction.data))
    assert prediction.data[10, 10] == 2


@pytest.mark.parametrize("most_kept", [live_count.MOST_KEPT, 0])
def test_random_edits_end_at_a_full_recount(
    scored: MetricsDock,
    pair: tuple[Labels, Labels],
    qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
    most_kept: int,
) -> None:
    monkeypatch.setattr(live_count, "MOST_KEPT", most_kept)
    # Another array is counted from the start, with copies or without.
    pair[1].data = TRUE.copy()
    wait_for(qtbot, scored, evaluate(TRUE, TRUE))
    assert scored.live.comparison is not None
    assert live_count.keeps_copies(scored.live.comparison) == bool(most_kept)
    rng = np.random.default_rng(0)
    for step in range(200):
        layer = pair[step % 2]
        action = rng.integers(0, 4)
        if action < 2:
            layer.paint(tuple(rng.integers(0, 40, 2)), int(rng.integers(0, 4)))
        elif action == 2:
            layer.undo()
        else:
            layer.redo()
        if step % 20 == 0:
            QApplication.processEvents()

    wait_for(qtbot, scored, evaluate(pair[0].data, pair[1].data))


def test_only_painted_pixels_are_scored_once_it_looks_like_a_painting(
    viewer: Any, add_dock: Callable[[], MetricsDock], qtbot: Any
) -> None:
    painting = np.zeros((40, 60), np.uint16)
    painting[:3] = 1
    painting[20:23] = 2
    prediction = np.where(PRED > 0, 2, 1)
    viewer.add_labels(painting, name="painting")
    viewer.add_labels(prediction, name="prediction")
    dock = add_dock()

    wait_for(qtbot, dock, evaluate(painting, prediction, ignore_id=0))

    assert dock.form.unpainted.isChecked()
    assert dock.form.background.currentText() == "1"
    assert dock.report is not None
    assert dock.report.overlap.background_id == 1
    assert dock.state.text() == (
        "Whole image: only painted pixels, 15.0\N{NO-BREAK SPACE}%; means without "
        "background."
    )


def test_the_user_decides_what_zero_means(
    scored: MetricsDock, pair: tuple[Labels, Labels], qtbot: Any
) -> None:
    scored.form.unpainted.click()
    wait_for(qtbot, scored, evaluate(TRUE, PRED, ignore_id=0))

    pair[0].paint((30, 10), 2)
    wait_for(qtbot, scored, evaluate(pair[0].data, PRED, ignore_id=0))
    assert scored.form.unpainted.isChecked()


def test_the_user_decides_which_class_the_means_leave_out(
    scored: MetricsDock, qtbot: Any
) -> None:
    scored.form.background.setCurrentIndex(0)
    scored.form.background.activated.emit(0)

    expected = evaluate(TRUE, PRED, background_id=None)
    text = f"{expected.mean_dice:.3f}"
    qtbot.waitUntil(lambda: scored.cards.text("mean_dice") == text, timeout=5000)
    assert scored.state.text().endswith("means over all classes.")


def test_the_slice_follows_the_slider_and_the_whole_does_not(
    viewer: Any, add_dock: Callable[[], MetricsDock], qtbot: Any
) -> None:
    true = np.stack([TRUE, np.roll(TRUE, 5, 0), PRED])
    pred = np.stack([PRED] * 3)
    for data, name in ((true, "truth"), (pred, "prediction")):
        viewer.add_labels(
            data, name=name, scale=(2.5, 1, 1), axis_labels=("z", "y", "x")
        )
    # A second scale makes the viewer's steps differ from the layer's slices.
    viewer.add_image(np.zeros((8, 40, 60)))
    dock = add_dock()
    wait_for(qtbot, dock, evaluate(true, pred))
    assert dock.state.text().startswith("Whole stack: all pixels")

    asked: list[object] = []
    dock.live.scored.connect(lambda *_: asked.append(_))
    viewer.dims.set_point(0, 5.0)
    settle(qtbot)
    assert asked == []

    dock.form.scope.setCurrentIndex(1)
    for z in (2, 1, 0):
        viewer.dims.set_point(0, 2.5 * z)
        wait_for(qtbot, dock, evaluate(true[z], pred[z]))
        assert dock.state.text().startswith(f"Slice Z = {z}: all pixels")

    viewer.dims.ndisplay = 3
    wait_for(qtbot, dock, evaluate(true, pred))


def test_layers_may_be_renamed_removed_and_come_back(
    scored: MetricsDock, viewer: Any, pair: tuple[Labels, Labels], qtbot: Any
) -> None:
    _, prediction = pair
    prediction.name = "second try"
    assert scored.form.prediction.currentText() == "second try"
    assert scored.form.prediction.layer is prediction

    viewer.layers.remove(prediction)
    wait_for(qtbot, scored, None)
    assert "Two Labels layers" in scored.state.text()
    assert scored.cards.text("mean_dice") == "–"
    assert not scored.exports.export_button.isEnabled()

    prediction.paint((0, 0), 1)
    viewer.layers.append(prediction)
    wait_for(qtbot, scored, evaluate(TRUE, prediction.data))

    viewer.layers.clear()
    wait_for(qtbot, scored, None)


def test_a_new_result_is_scored_unless_the_user_picked(
    scored: MetricsDock, viewer: Any, qtbot: Any
) -> None:
    result = viewer.add_labels(
        TRUE.copy(), name="cells model 1", metadata={"segsuite": {"model": "m"}}
    )
    wait_for(qtbot, scored, evaluate(TRUE, TRUE))
    assert scored.form.prediction.layer is result

    pick(scored.form.prediction, "prediction")
    wait_for(qtbot, scored, evaluate(TRUE, PRED))
    viewer.add_labels(TRUE.copy(), metadata={"segsuite": {"model": "m"}})
    settle(qtbot)
    assert scored.form.prediction.currentText() == "prediction"


def pick(box: QComboBox, text: str) -> None:
    index = box.findText(text)
    box.setCurrentIndex(index)
    box.activated.emit(index)


def test_names_and_colours_come_from_the_layers(
    scored: MetricsDock, pair: tuple[Labels, Labels], qtbot: Any
) -> None:
    truth, _ = pair
    truth.metadata = {
        "segsuite": {"classes": [{"id": 1, "name": "cell"}, {"id": 7, "name": "virus"}]}
    }
    qtbot.waitUntil(lambda: cells(scored)[1][0] == "1 cell", timeout=5000)

    assert cells(scored)[3] == ["7 virus", "–", "–", "0"]
    red, green, blue, _ = np.round(truth.get_color(1) * 255).astype(int)
    color = scored.tabs.classes.data(
        scored.tabs.classes.index(1, 0), 1
    )  # DecorationRole
    assert (color.red(), color.green(), color.blue()) == (red, green, blue)


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"data": TRUE[:30]}, "“truth” has the shape 40 × 60, “other” has 30 × 60."),
        ({"data": TRUE[None]}, "has the shape 40 × 60, “other” has 1 × 40 × 60."),
        ({"data": TRUE, "scale": (2, 2)}, "differ in scale (1, 1) and (2, 2)"),
        ({"data": TRUE, "translate": (0, 3)}, "differ in translate (0, 0) and (0, 3)"),
        ({"data": TRUE, "rotate": 30}, "differ in rotate"),
    ],
)
def test_layers_that_do_not_fit_get_a_sentence(
    viewer: Any,
    add_dock: Callable[[], MetricsDock],
    qtbot: Any,
    other: dict[str, Any],
    sentence: str,
) -> None:
    viewer.add_labels(TRUE, name="truth")
    viewer.add_labels(**other, name="other")
    dock = add_dock()

    qtbot.waitUntil(lambda: sentence in dock.state.text(), timeout=5000)

    assert dock.report is None


def test_the_same_layer_twice_gets_a_sentence(scored: MetricsDock, qtbot: Any) -> None:
    pick(scored.form.prediction, "truth")

    qtbot.waitUntil(lambda: "the same layer" in scored.state.text(), timeout=5000)


def test_the_result_of_a_region_is_scored_where_it_lies(
    viewer: Any, add_dock: Callable[[], MetricsDock], qtbot: Any
) -> None:
    viewer.add_labels(TRUE, name="truth", scale=(0.5, 0.5))
    viewer.add_labels(
        PRED[10:30, 20:50],
        name="region",
        scale=(0.5, 0.5),
        translate=(5, 10),
        metadata={"segsuite": {"model": "m"}},
    )
    dock = add_dock()

    wait_for(qtbot, dock, evaluate(TRUE[10:30, 20:50], PRED[10:30, 20:50]))

    assert dock.state.text().startswith("Where both lie, 20 × 30: all pixels")


@pytest.mark.parametrize(
    "convert",
    [
        lambda a: da.from_array(a, chunks=16),
        lambda a: [a, a[::2, ::2]],
        lambda a: a.astype(np.uint8),
    ],
    ids=["dask", "multiscale", "uint8"],
)
def test_arrays_of_every_kind_are_scored(
    viewer: Any,
    add_dock: Callable[[], MetricsDock],
    qtbot: Any,
    convert: Callable[[np.ndarray], Any],
) -> None:
    viewer.add_labels(convert(TRUE), name="truth")
    viewer.add_labels(convert(PRED), name="prediction")

    wait_for(qtbot, add_dock(), evaluate(TRUE, PRED))


def test_a_layer_that_cannot_be_read_gets_a_sentence(
    viewer: Any, add_dock: Callable[[], MetricsDock], qtbot: Any
) -> None:
    broken = False

    def read(block: np.ndarray) -> np.ndarray:
        if broken:
            raise OSError("the disk is gone")
        return block

    lazy = da.from_array(TRUE, chunks=20).map_blocks(read, dtype=TRUE.dtype)
    viewer.add_labels(lazy, name="truth")
    viewer.add_labels(PRED, name="prediction")
    broken = True
    dock = add_dock()

    qtbot.waitUntil(lambda: "the disk is gone" in dock.state.text(), timeout=5000)


def test_thousands_of_objects_do_not_stop_the_dock(
    viewer: Any, add_dock: Callable[[], MetricsDock], qtbot: Any
) -> None:
    ids = np.arange(25_000, dtype=np.int32).reshape(250, 100)
    truth = viewer.add_labels(ids, name="truth")
    viewer.add_labels(ids.copy(), name="prediction")
    dock = add_dock()
    said = "24,999 true and 24,999 predicted objects"
    qtbot.waitUntil(lambda: said in dock.state.text(), timeout=9000)

    pick(dock.form.mode, "classes")
    said = "25,000 different ids"
    qtbot.waitUntil(lambda: said in dock.state.text(), timeout=9000)
    assert dock.report is None

    truth.data = ids % 9
    qtbot.waitUntil(lambda: "different ids" in dock.state.text(), timeout=5000)


def test_export_and_copy(scored: MetricsDock, tmp_path: Path) -> None:
    expected = evaluate(TRUE, PRED, names={0: "background"})
    for suffix in ("csv", "json", "txt", "html"):
        scored.export(tmp_path / f"scores.{suffix}")

    values = json.loads((tmp_path / "scores.json").read_text())
    assert OverlapReport.from_dict(values) == expected
    assert (values["truth"], values["prediction"]) == ("truth", "prediction")
    with (tmp_path / "scores.csv").open() as file:
        assert float(next(csv.DictReader(file))["dice"]) == expected.classes[0].dice
    assert "mean without background" in (tmp_path / "scores.txt").read_text()
    page = (tmp_path / "scores.html").read_text()
    assert page.count("data:image/png;base64,") == 3
    scored.exports.copy_button.click()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[:3] == ["id", "name", "dice"]
    assert [line.split("\t")[0] for line in lines[1:]] == ["0", "1", "2"]


def test_an_unknown_format_is_refused(scored: MetricsDock, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.csv, \.json, \.html or \.txt"):
        scored.export(tmp_path / "scores.xlsx")


def test_without_scores_there_is_nothing_to_export(
    add_dock: Callable[[], MetricsDock], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no scores"):
        add_dock().export(tmp_path / "scores.csv")


def test_painting_goes_on_after_the_dock_is_closed(
    scored: MetricsDock, viewer: Any, pair: tuple[Labels, Labels], qtbot: Any
) -> None:
    viewer.window.remove_dock_widget(scored)
    scored.deleteLater()
    qtbot.wait(50)

    pair[0].paint((30, 10), 2)
    pair[0].undo()
    viewer.add_labels(TRUE.copy())
    viewer.layers.pop()
    settle(qtbot)

    assert np.array_equal(pair[0].data, TRUE)


def test_the_dock_fits_into_170_pixels(
    scored: MetricsDock, viewer: Any, qtbot: Any
) -> None:
    docked = viewer.window.dock_widgets["Metrics"].parent()
    window = docked.window()

    window.resizeDocks([docked], [170], Qt.Orientation.Horizontal)
    parts = (
        scored.form.truth,
        scored.form.scope,
        scored.cards,
        scored.exports.export_button,
    )
    qtbot.waitUntil(
        lambda: all(0 < part.geometry().right() < 170 for part in parts), timeout=3000
    )

    assert docked.width() == 170


def test_every_input_has_a_tooltip(scored: MetricsDock) -> None:
    inputs = (
        scored.form.truth,
        scored.form.prediction,
        scored.form.scope,
        scored.form.unpainted,
        scored.form.background,
        scored.exports.copy_button,
        scored.exports.export_button,
    )

    assert all(part.toolTip() for part in inputs)


def test_sorting_by_dice_puts_the_worst_first(scored: MetricsDock) -> None:
    view = scored.findChild(QTableView)

    view.sortByColumn(1, view.horizontalHeader().sortIndicatorOrder())

    dices = [row[1] for row in cells(scored)]
    assert dices == sorted(dices) or dices == sorted(dices, reverse=True)
    assert dices[0] != dices[-1]


def test_the_dock_works_without_torch(scored: MetricsDock) -> None:
    assert scored.report is not None
    assert not any(
        name.split(".")[0] == "napari_segsuite.engine" for name in sys.modules
    )


OBJECTS = np.zeros((4, 60, 80), np.int32)
for _i in range(40):
    OBJECTS[_i % 4, 5 * (_i // 4) : 5 * (_i // 4) + 4, 10:16] = _i + 1


@pytest.fixture
def objects(viewer: Any, add_dock: Callable[[], MetricsDock], qtbot: Any) -> Any:
    """Return a dock on a stack of 40 objects, of which the prediction lacks two."""
    found = np.where(OBJECTS <= 38, OBJECTS, 0)
    place = {"scale": (3, 0.5, 0.5), "axis_labels": ("z", "y", "x")}
    viewer.add_labels(OBJECTS.copy(), name="truth", **place)
    viewer.add_labels(found, name="prediction", **place)
    dock = add_dock()
    said = "Whole stack: 40 true and 38 predicted objects."
    qtbot.waitUntil(lambda: dock.state.text() == said, timeout=5000)
    return dock


def test_objects_have_their_cards_and_their_table_in_front(objects: Any) -> None:
    # 38 of 40 match exactly: F1 = 76 / 78, AP = 38 / 40.
    assert objects.cards.text("f1") == "0.974"
    assert objects.cards.text("average_precision") == "0.950"
    assert objects.cards.text("count_error") == "−2"
    assert objects.tabs.currentWidget() is objects.tabs.object_view
    assert objects.tabs.objects.rowCount() == 78
    assert not objects.form.unpainted.isEnabled()


def test_choosing_an_object_leads_there_and_outlines_it(
    objects: Any, viewer: Any, qtbot: Any
) -> None:
    viewer.layers.selection.active = viewer.layers["truth"]
    view = objects.tabs.object_view
    view.kinds.setCurrentIndex(view.kinds.findText("missed"))
    view.table.setFocus()
    view.table.setCurrentIndex(view.table.model().index(0, 0))

    # Object 39 lies in slice 2, rows 45 to 48, columns 10 to 15.
    qtbot.waitUntil(lambda: "Outlined object" in viewer.layers, timeout=5000)
    assert viewer.dims.point[0] == 6.0
    center = viewer.scene.camera.center
    assert np.allclose(center[-2:], (46.5 * 0.5, 12.5 * 0.5))
    (line,) = viewer.layers["Outlined object"].data
    assert (line[:, 0] == 2).all()
    assert line[:, 1:].min(axis=0).tolist() == [44.5, 9.5]
    assert viewer.layers.selection.active is viewer.layers["truth"]

    qtbot.keyClick(view.table, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: viewer.dims.point[0] == 9.0, timeout=5000)
    assert objects.form.truth.findText("Outlined object") == -1

    viewer.window.remove_dock_widget(objects)
    objects.deleteLater()
    qtbot.waitUntil(lambda: "Outlined object" not in viewer.layers, timeout=5000)


def test_a_stroke_keeps_selection_and_scroll(
    objects: Any, viewer: Any, qtbot: Any
) -> None:
    table = objects.tabs.object_view.table
    table.setCurrentIndex(table.model().index(50, 0))
    chosen = objects.tabs.objects.object_at(50)
    bar = table.verticalScrollBar()
    bar.setValue(30)
    at = bar.value()

    viewer.layers["prediction"].fill((0, 0, 12), 0)
    said = "40 true and 37 predicted objects"
    qtbot.waitUntil(lambda: said in objects.state.text(), timeout=5000)

    row = table.currentIndex().row()
    assert objects.tabs.objects.object_at(row) == chosen
    assert bar.value() == at


def test_slices_have_a_curve_that_leads_to_them(
    objects: Any, viewer: Any, qtbot: Any
) -> None:
    objects.tabs.setCurrentWidget(objects.tabs.curve)
    slices = objects.report.slices

    # The missing objects, 39 and 40, are in the last two slices.
    assert slices.column("f1").tolist() == [1, 1, 18 / 19, 18 / 19]
    objects.tabs.curve.slice_picked.emit(3)
    assert viewer.dims.point[0] == 9.0
    words = objects.tabs.curve.words
    qtbot.waitUntil(lambda: "Z = 3" in words.text(), timeout=5000)


def test_the_overlay_follows_the_box(objects: Any, viewer: Any, qtbot: Any) -> None:
    before = set(viewer.layers)
    objects.overlay_choice.box.setChecked(True)
    (layer,) = set(viewer.layers) - before
    viewer.dims.set_point(0, 6)

    drawn = np.asarray(layer.data[2])
    assert (drawn[45:49, 10:16] == 3).all()  # missed
    assert drawn[0, 10] == 1  # right
    assert objects.form.prediction.findText(layer.name) == -1

    objects.overlay_choice.box.setChecked(False)
    assert set(viewer.layers) == before


def test_only_what_can_be_shown_has_a_tab(scored: MetricsDock) -> None:
    shown = [
        scored.tabs.tabText(i)
        for i in range(scored.tabs.count())
        if scored.tabs.isTabVisible(i)
    ]

    assert shown == ["Classes", "History", "Bench"]


def test_predictions_compete_and_the_best_can_be_picked(
    scored: MetricsDock, viewer: Any, qtbot: Any
) -> None:
    perfect = viewer.add_labels(TRUE.copy(), name="perfect")
    pick(scored.form.prediction, "prediction")
    wait_for(qtbot, scored, evaluate(TRUE, PRED))
    found = scored.tabs._contenders()
    assert {one.name for one in found} == {"prediction", "perfect"}

    scored.tabs.bench.layer_picked.emit(perfect)
    wait_for(qtbot, scored, evaluate(TRUE, TRUE))
    assert scored.form.prediction.layer is perfect


def test_every_evaluation_is_remembered(
    scored: MetricsDock, pair: tuple[Labels, Labels], qtbot: Any
) -> None:
    pair[1].data = TRUE.copy()
    wait_for(qtbot, scored, evaluate(TRUE, TRUE))

    newest = scored.tabs.history.evaluations[-1]
    assert newest.scores["mean_dice"] == 1.0
    assert (newest.truth, newest.prediction) == ("truth", "prediction")


def test_segments_are_scored_where_layers_tell_their_classes(
    scored: MetricsDock, pair: tuple[Labels, Labels], qtbot: Any
) -> None:
    entry = scored.form.mode.model().item(2)
    assert not entry.isEnabled()
    assert "class_id" in scored.form.mode.itemData(2, Qt.ItemDataRole.ToolTipRole)

    for layer in pair:
        layer.features = {"index": [1, 2], "class_id": [7, 8]}

    qtbot.waitUntil(lambda: scored.form.mode.currentText() == "panoptic", timeout=5000)
    # Both segments match; IoU 0.786 and 0.786.
    assert scored.cards.text("rq") == "1.000"
    titles = [
        scored.tabs.classes.headerData(i, Qt.Orientation.Horizontal) for i in range(3)
    ]
    assert titles == ["Class", "PQ", "SQ"]
    assert [row[0] for row in cells(scored)] == ["class 7", "class 8"]


def test_what_is_in_view_follows_the_camera(
    scored: MetricsDock, viewer: Any, qtbot: Any
) -> None:
    scored.form.scope.setCurrentIndex(scored.form.scope.findData("view"))
    qtbot.waitUntil(lambda: "in view" in scored.state.text(), timeout=5000)
    viewer.scene.camera.zoom *= 20
    viewer.scene.camera.center = (0.0, 12.0, 20.0)

    def n_scored() -> int:
        return 0 if scored.report is None else scored.report.overlap.n_scored

    qtbot.waitUntil(lambda: 0 < n_scored() < 40 * 60 // 4, timeout=5000)


def test_hurried_choices_end_at_the_last_object(
    objects: Any, viewer: Any, qtbot: Any
) -> None:
    table = objects.tabs.object_view.table
    for row in range(0, 60, 3):
        table.setCurrentIndex(table.model().index(row, 0))
    _, label = objects.tabs.objects.object_at(57)

    # Object n lies in slice (n - 1) % 4, from row 5 * ((n - 1) // 4).
    qtbot.waitUntil(
        lambda: (
            viewer.dims.point[0] == 3.0 * ((label - 1) % 4)
            and np.isclose(
                viewer.scene.camera.center[-2], (5 * ((label - 1) // 4) + 1.5) / 2
            )
        ),
        timeout=5000,
    )


def test_few_objects_are_taken_for_objects_and_strokes_for_classes(
    viewer: Any, add_dock: Callable[[], MetricsDock], qtbot: Any
) -> None:
    _, truth = nuclei(np.random.default_rng(0), (128, 128), (0.5, 0.5), count=12)
    assert np.unique(truth).size < 20
    viewer.add_labels(truth, name="truth")
    viewer.add_labels(np.roll(truth, 2, axis=1), name="prediction")
    dock = add_dock()
    qtbot.waitUntil(lambda: dock.report is not None, timeout=5000)
    assert dock.report is not None
    assert dock.report.mode == "instances"

    strokes = np.zeros((128, 128), np.uint8)
    strokes[10:14, 10:90], strokes[60:64, 20:100] = 1, 2
    painting = viewer.add_labels(strokes, name="painting")
    mask = viewer.add_labels((truth > 0).astype(np.uint8) + 1, name="mask")
    dock.form.truth.choose(painting)
    dock.form.pick_prediction(mask)
    qtbot.waitUntil(
        lambda: dock.report is not None and dock.report.mode == "classes", timeout=5000
    )
