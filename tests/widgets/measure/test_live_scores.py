"""Scores follow whatever is done to two layers, and equal a full recount."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels
from qtpy.QtWidgets import QApplication, QWidget

from napari_segsuite.metrics import count
from napari_segsuite.widgets.changes import everywhere
from napari_segsuite.widgets.measure import live_count
from napari_segsuite.widgets.measure.form import MetricsForm
from napari_segsuite.widgets.measure.live_count import LiveCount
from napari_segsuite.widgets.measure.live_scores import LiveScores

MakeScores = Callable[[], LiveScores]


@pytest.fixture
def make_scores(viewer: ViewerModel, keep: Any) -> MakeScores:
    def make() -> LiveScores:
        form = keep(MetricsForm(viewer))
        owner = keep(QWidget())
        live = LiveScores(viewer, form, owner)
        live.touch()
        return live

    return make


def add(viewer: ViewerModel, shape: tuple[int, ...]) -> tuple[Labels, Labels]:
    rng = np.random.default_rng(3)
    made = []
    for name in ("truth", "prediction"):
        labels = np.zeros(shape, np.int32)
        for label in range(1, 40):
            corner = [int(rng.integers(0, n)) for n in shape]
            labels[tuple(slice(c, c + 6) for c in corner)] = label
        made.append(viewer.add_labels(labels, name=name))
    return made[0], made[1]


def expect(live: LiveScores, pair: tuple[Labels, Labels], qtbot: Any) -> None:
    """Wait until nothing is left to count, and compare with a full recount."""

    def settled() -> bool:
        return not live.busy and live.scores is not None

    qtbot.wait(20)
    qtbot.waitUntil(settled, timeout=5000)
    scores = live.scores
    assert scores is not None
    assert scores.report is not None
    table = count(pair[0].data, pair[1].data)
    whole = scores.meaning.score(table)
    assert scores.report.overlap == whole.overlap
    assert scores.report.instances == whole.instances
    if scores.report.slices is not None:
        for index, row in enumerate(scores.report.slices.values):
            part = count(pair[0].data[index], pair[1].data[index])
            expected = list(scores.meaning.score(part).headline.values())
            assert np.array_equal(row, expected, equal_nan=True)


def random_edit(viewer: ViewerModel, layer: Labels, rng: np.random.Generator) -> None:
    """Do one of the things that people do to a layer."""
    shape = layer.data.shape
    label = int(rng.integers(0, 45))
    point = tuple(int(rng.integers(0, n)) for n in shape)
    if layer.ndim > 2:
        point = (int(viewer.dims.point[0]), *point[1:])
    action = int(rng.integers(0, 9))
    if action < 3:
        layer.brush_size = int(rng.integers(1, 12))
        layer.n_edit_dimensions = int(rng.integers(2, layer.ndim + 1))
        with layer.block_history():
            for step in range(4):
                layer.paint(
                    tuple(np.clip(np.add(point, step), 0, np.subtract(shape, 1))), label
                )
    elif action == 3:
        layer.fill(point, label)
    elif action == 4:
        layer.undo()
    elif action == 5:
        layer.redo()
    elif action == 6:
        indices = tuple(rng.integers(0, n, 9) for n in shape)
        layer.data_setitem(indices, label)
    elif action == 7:
        layer.data[point] = label  # a plugin that writes behind napari's back
        layer.refresh()
    elif layer.ndim > 2:
        viewer.dims.set_point(0, int(rng.integers(0, shape[0])))


@pytest.mark.parametrize("shape", [(64, 80), (5, 40, 50)], ids=["2D", "stack"])
def test_a_thousand_random_edits_equal_a_full_recount(
    viewer: ViewerModel, make_scores: MakeScores, qtbot: Any, shape: tuple[int, ...]
) -> None:
    pair = add(viewer, shape)
    live = make_scores()
    expect(live, pair, qtbot)
    rng = np.random.default_rng(7)

    for step in range(1000):
        random_edit(viewer, pair[int(rng.integers(0, 2))], rng)
        if step % 3 == 0:
            QApplication.processEvents()
        if step % 200 == 199:
            # What is undone just when the slider moves is looked for at rest.
            qtbot.wait(1100 if len(shape) > 2 else 100)
            expect(live, pair, qtbot)


def test_a_stroke_is_not_counted_anew(
    viewer: ViewerModel,
    make_scores: MakeScores,
    qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = add(viewer, (64, 80))
    live = make_scores()
    expect(live, pair, qtbot)
    told: list[Any] = []
    update = LiveCount.update

    def note(self: LiveCount, true: Any, pred: Any, progress: Any) -> bool:
        told.append((true, pred))
        return update(self, true, pred, progress)

    monkeypatch.setattr(LiveCount, "update", note)
    pair[1].brush_size = 3
    pair[1].paint((20, 30), 3)
    expect(live, pair, qtbot)

    assert told == [(None, ((19, 22), (29, 32)))]


@pytest.mark.parametrize("shape", [(64, 80), (5, 40, 50)], ids=["2D", "stack"])
def test_without_copies_edits_equal_a_full_recount(
    viewer: ViewerModel,
    make_scores: MakeScores,
    qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
    shape: tuple[int, ...],
) -> None:
    monkeypatch.setattr(live_count, "MOST_KEPT", 0)
    pair = add(viewer, shape)
    live = make_scores()
    expect(live, pair, qtbot)
    rng = np.random.default_rng(8)

    for step in range(200):
        random_edit(viewer, pair[int(rng.integers(0, 2))], rng)
        # A slider in the same turn would cover up what a plugin writes.
        qtbot.wait(2)
        if step % 50 == 49:
            expect(live, pair, qtbot)


def test_only_what_was_undone_and_redone_is_looked_at(
    viewer: ViewerModel,
    make_scores: MakeScores,
    qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_count, "MOST_KEPT", 0)
    pair = add(viewer, (5, 40, 50))
    live = make_scores()
    expect(live, pair, qtbot)
    told: list[Any] = []
    update = LiveCount.update

    def note(self: LiveCount, true: Any, pred: Any, progress: Any) -> bool:
        told.append((true, pred))
        return update(self, true, pred, progress)

    monkeypatch.setattr(LiveCount, "update", note)
    box = ((2, 3), (19, 22), (29, 32))
    pair[0].brush_size = 3
    viewer.dims.set_point(0, 2)
    for act in (lambda: pair[0].paint((2, 20, 30), 44), pair[0].undo, pair[0].redo):
        act()
        expect(live, pair, qtbot)
        assert told.pop() == (box, None)

    told.clear()
    viewer.dims.set_point(0, 4)
    qtbot.wait(1200)
    assert set(told) <= {(None, None)}

    # Whoever writes behind napari's back may have done so anywhere.
    pair[1].data[:] = 3
    pair[1].refresh()
    expect(live, pair, qtbot)
    assert told.pop() == (None, everywhere(3))


def test_the_steps_of_a_stroke_show_before_it_ends(
    viewer: ViewerModel, make_scores: MakeScores, qtbot: Any
) -> None:
    pair = add(viewer, (64, 80))
    live = make_scores()
    expect(live, pair, qtbot)

    with pair[0].block_history():
        pair[0].paint((20, 30), 44)
        expect(live, pair, qtbot)
        assert live.scores is not None
        assert 44 in live.scores.ids


def test_nothing_is_told_if_nothing_changed(
    viewer: ViewerModel, make_scores: MakeScores, qtbot: Any
) -> None:
    pair = add(viewer, (5, 40, 50))
    live = make_scores()
    expect(live, pair, qtbot)
    told: list[object] = []
    live.scored.connect(lambda *values: told.append(values))

    pair[0].refresh()
    viewer.dims.set_point(0, 3)
    qtbot.wait(1200)

    assert told == []


def test_a_replaced_prediction_is_counted(
    viewer: ViewerModel, make_scores: MakeScores, qtbot: Any
) -> None:
    pair = add(viewer, (64, 80))
    live = make_scores()
    expect(live, pair, qtbot)

    pair[1].data = pair[0].data.copy()
    expect(live, pair, qtbot)

    assert live.scores is not None
    assert live.scores.headline["f1"] == 1.0


def test_changes_are_not_lost_between_scopes(
    viewer: ViewerModel, make_scores: MakeScores, qtbot: Any
) -> None:
    pair = add(viewer, (5, 40, 50))
    live = make_scores()
    expect(live, pair, qtbot)
    form = live._form
    for _ in range(3):
        # Requests that follow each other at once replace each other.
        for scope in (1, 0, 1, 0):
            form.scope.setCurrentIndex(scope)
            pair[0].paint((0, 20, 30), int(np.random.default_rng(1).integers(50, 90)))
            live._count()
        expect(live, pair, qtbot)


def test_shapes_that_move_are_followed(
    viewer: ViewerModel, make_scores: MakeScores, qtbot: Any
) -> None:
    truth, prediction = add(viewer, (64, 80))
    square = np.array([[10, 10], [10, 29], [29, 29], [29, 10]])
    shapes = viewer.add_shapes([square])
    live = make_scores()
    live._form.scope.setCurrentIndex(3)

    def area() -> int:
        report = None if live.scores is None else live.scores.report
        return 0 if report is None else report.overlap.n_scored

    qtbot.waitUntil(lambda: area() == 400, timeout=5000)
    table = count(truth.data[10:30, 10:30], prediction.data[10:30, 10:30])
    assert live.scores is not None
    assert live.scores.report is not None
    assert live.scores.report.overlap == live.scores.meaning.score(table).overlap

    shapes.data = [square[:, ::-1] * [1, 2]]
    qtbot.waitUntil(lambda: area() == 20 * 39, timeout=5000)


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2, 1)])
def test_strokes_in_a_turned_view_are_followed(
    viewer: ViewerModel, make_scores: MakeScores, qtbot: Any, order: tuple[int, ...]
) -> None:
    pair = add(viewer, (12, 20, 16))
    viewer.dims.order = order
    live = make_scores()
    expect(live, pair, qtbot)

    with pair[0].block_history():
        pair[0].paint(tuple(int(n) for n in viewer.dims.point), 44)
        # Before the stroke ends, only what was drawn is told.
        expect(live, pair, qtbot)
    assert live.scores is not None
    assert 44 in live.scores.ids


@pytest.mark.parametrize("background", ["empty", "full", "one pixel"])
def test_the_plainest_layers_have_defined_scores(
    viewer: ViewerModel, make_scores: MakeScores, qtbot: Any, background: str
) -> None:
    labels = np.full((1, 1) if background == "one pixel" else (6, 7), 0, np.uint8)
    if background == "full":
        labels += 1
    pair = viewer.add_labels(labels), viewer.add_labels(labels.copy())
    live = make_scores()
    for mode in (0, 1):
        live._form.mode.setCurrentIndex(mode)
        live._form.mode.activated.emit(mode)
        expect(live, pair, qtbot)


def test_ids_beyond_32_bits_are_objects_like_others(
    viewer: ViewerModel, make_scores: MakeScores, qtbot: Any
) -> None:
    labels = np.zeros((6, 7), np.int64)
    labels[1:3, 1:3] = 2**40
    pair = viewer.add_labels(labels), viewer.add_labels(labels.copy())
    live = make_scores()
    expect(live, pair, qtbot)

    pair[1].data[1, 1] = 2**41
    pair[1].refresh()
    expect(live, pair, qtbot)

    assert live.scores is not None
    assert live.scores.ids == (0, 2**40, 2**41)
