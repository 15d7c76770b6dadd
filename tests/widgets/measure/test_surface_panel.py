"""Surfaces are measured when wanted, follow the painting, and leave without a trace."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_segsuite.metrics import evaluate
from napari_segsuite.widgets.measure.metrics_dock import MetricsDock

pytestmark = pytest.mark.viewer

TRUE = np.zeros((40, 60), np.uint8)
TRUE[5:20, 5:30] = 1
TRUE[25:35, 30:55] = 2
PRED = np.roll(TRUE, 3, axis=1)
SCALE = (0.5, 0.25)


@pytest.fixture
def dock(make_napari_viewer: Callable[..., Any], qtbot: Any) -> MetricsDock:
    viewer = make_napari_viewer(show=True)
    viewer.add_labels(TRUE.copy(), name="truth", scale=SCALE)
    viewer.add_labels(PRED.copy(), name="prediction", scale=SCALE)
    made = MetricsDock(viewer)
    viewer.window.add_dock_widget(made, name="Metrics")
    qtbot.waitUntil(lambda: made.report is not None, timeout=5000)
    return made


def expected(true: Any) -> Any:
    return evaluate(true, PRED, surfaces=True, spacing=SCALE).surfaces


def wait_for(qtbot: Any, dock: MetricsDock, true: Any) -> None:
    def there() -> bool:
        report = dock.report
        return report is not None and report.surfaces == expected(true)

    qtbot.waitUntil(there, timeout=8000)


def heads(dock: MetricsDock) -> list[str]:
    model = dock.tabs.classes
    across = Qt.Orientation.Horizontal
    return [model.headerData(i, across) for i in range(model.columnCount())]


def test_surfaces_come_when_wanted_and_go(
    dock: MetricsDock, qtbot: Any, tmp_path: Any
) -> None:
    plain = heads(dock)
    assert dock.report is not None
    assert dock.report.surfaces is None

    dock.surfaces.box.click()
    wait_for(qtbot, dock, TRUE)
    found = expected(TRUE)

    assert dock.surfaces.cards.text("hausdorff") == "0.750 µm"
    assert dock.surfaces.cards.text("boundary_f1") == f"{found.mean('boundary_f1'):.3f}"
    assert "HD 95 [µm]" in heads(dock)
    (contender,) = dock.tabs._contenders()
    assert contender.surfaces is not None
    model = dock.tabs.classes
    column = heads(dock).index("Hausdorff [µm]")
    assert model.data(model.index(1, column)) == "0.750"
    for suffix, word in (("csv", "hausdorff_95"), ("json", "hausdorff_95")):
        dock.export(tmp_path / f"scores.{suffix}")
        assert word in (tmp_path / f"scores.{suffix}").read_text()

    dock.surfaces.box.click()
    assert heads(dock) == plain
    assert dock.report.surfaces is None
    assert not dock.surfaces.cards.isVisible()


def test_surfaces_follow_a_stroke_and_stay_on_screen_meanwhile(
    dock: MetricsDock, qtbot: Any
) -> None:
    dock.surfaces.box.click()
    wait_for(qtbot, dock, TRUE)
    resets: list[str] = []
    dock.tabs.classes.modelReset.connect(lambda: resets.append("reset"))

    truth = dock.form.truth.layer
    truth.brush_size = 8
    truth.paint((30, 20), 2)
    wait_for(qtbot, dock, truth.data)

    assert resets == []
    assert dock.surfaces.cards.isEnabled()


def test_cancel_measures_no_more(dock: MetricsDock, qtbot: Any) -> None:
    dock.surfaces.box.click()
    dock.surfaces.cancel.click()
    qtbot.wait(800)

    assert not dock.surfaces.box.isChecked()
    assert not dock.surfaces.work.busy
    assert dock.report is not None
    assert dock.report.surfaces is None


def test_a_long_measuring_shows_how_far_it_is(dock: MetricsDock) -> None:
    dock.surfaces.work.progressed.emit(0.3, 0.5)
    assert dock.surfaces.waiting.isHidden()

    dock.surfaces.work.progressed.emit(0.4, 1.5)
    assert not dock.surfaces.waiting.isHidden()
    assert dock.surfaces.bar.value() == 400


def test_objects_have_the_surfaces_of_their_pairs(
    dock: MetricsDock, qtbot: Any
) -> None:
    dock.surfaces.box.click()
    wait_for(qtbot, dock, TRUE)
    dock.form.mode.setCurrentIndex(1)
    dock.form.mode.activated.emit(1)

    qtbot.waitUntil(
        lambda: (
            dock.report is not None
            and dock.report.mode == "instances"
            and dock.report.surfaces is not None
        ),
        timeout=8000,
    )
    assert "matched objects" in dock.surfaces.words.text()
    dock.tabs.setCurrentIndex(0)
    assert not any("HD" in head for head in heads(dock))


def test_layers_of_the_dock_are_kept_in_the_journal(
    dock: MetricsDock, qtbot: Any
) -> None:
    net = dock._net
    truth = dock.form.truth.layer
    before = net.revision(truth)
    truth.paint((30, 20), 2)

    qtbot.waitUntil(lambda: net.revision(truth) > before, timeout=3000)
    assert net.flush(5.0)
