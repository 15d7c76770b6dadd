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

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import OverlapReport, count, score_overlap
from napari_segsuite.widgets.metrics_dock import MetricsDock

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


def counts(report: OverlapReport | None) -> list[tuple[int, int, int, int]] | None:
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
    model = dock.classes
    return [
        [model.data(model.index(row, column)) for column in range(4)]
        for row in range(model.rowCount())
    ]


def test_scores_are_on_screen(scored: MetricsDock) -> None:
    expected = evaluate(TRUE, PRED)

    assert scored.cards.dice.text == f"{expected.mean_dice:.3f}"
    assert scored.cards.iou.text == f"{expected.mean_iou:.3f}"
    assert scored.cards.accuracy.text == f"{expected.pixel_accuracy:.3f}"
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
    assert scored.cards.dice.text == "1.000"

    prediction.data_setitem((np.array([10]), np.array([10])), 2)
    wait_for(qtbot, scored, evaluate(truth.data, prediction.data))
    assert prediction.data[10, 10] == 2


def test_random_edits_end_at_a_full_recount(
    scored: MetricsDock, pair: tuple[Labels, Labels], qtbot: Any
) -> None:
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
    assert dock.report.background_id == 1
    assert dock.state.text() == (
        "Whole image: only painted pixels, 15.0\N{NO-BREAK SPACE}%; means without "
        "background."
    )


def test_the_user_decides_what_zero_means(
    scored: MetricsDock, pair: tuple[Labels, Labels], qtbot: Any
) -> None:
    scored.form.unpainted.click()
    assert counts(scored.report) == counts(evaluate(TRUE, PRED, ignore_id=0))

    pair[0].paint((30, 10), 2)
    wait_for(qtbot, scored, evaluate(pair[0].data, PRED, ignore_id=0))
    assert scored.form.unpainted.isChecked()


def test_the_user_decides_which_class_the_means_leave_out(scored: MetricsDock) -> None:
    scored.form.background.setCurrentIndex(0)
    scored.form.background.activated.emit(0)

    expected = evaluate(TRUE, PRED, background_id=None)
    assert scored.cards.dice.text == f"{expected.mean_dice:.3f}"
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
    dock._counter.counted.connect(lambda *_: asked.append(_))
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
    assert scored.cards.dice.text == "–"
    assert not scored.export_button.isEnabled()

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
    color = scored.classes.data(scored.classes.index(1, 0), 1)  # DecorationRole
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
    qtbot.waitUntil(lambda: "25,000 different ids" in dock.state.text(), timeout=9000)

    truth.data = ids % 9
    qtbot.waitUntil(lambda: "different ids" in dock.state.text(), timeout=5000)


def test_export_and_copy(scored: MetricsDock, tmp_path: Path) -> None:
    expected = evaluate(TRUE, PRED, names={0: "background"})
    for suffix in ("csv", "json", "txt"):
        scored.export(tmp_path / f"scores.{suffix}")

    values = json.loads((tmp_path / "scores.json").read_text())
    assert OverlapReport.from_dict(values) == expected
    assert (values["truth"], values["prediction"]) == ("truth", "prediction")
    with (tmp_path / "scores.csv").open() as file:
        assert float(next(csv.DictReader(file))["dice"]) == expected.classes[0].dice
    assert "mean without background" in (tmp_path / "scores.txt").read_text()
    scored.copy_button.click()
    assert QApplication.clipboard().text() == expected.to_csv(separator="\t")


def test_an_unknown_format_is_refused(scored: MetricsDock, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.csv, \.json or \.txt"):
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
    parts = (scored.form.truth, scored.form.scope, scored.cards, scored.export_button)
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
        scored.copy_button,
        scored.export_button,
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
