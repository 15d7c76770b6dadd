"""The inputs of the dock: guessed until the user chooses, for these layers."""

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_segsuite.metrics import count
from napari_segsuite.widgets.measure.choice import Scorer
from napari_segsuite.widgets.measure.form import MetricsForm

TRUE = np.array([[0, 1, 2, 2]])


@pytest.fixture
def form(viewer: ViewerModel, keep: Any) -> MetricsForm:
    viewer.add_labels(TRUE, name="truth")
    viewer.add_labels(TRUE, name="one")
    viewer.add_labels(TRUE, name="other")
    made = keep(MetricsForm(viewer))
    made.choose_pair()
    return made  # type: ignore[no-any-return]


def test_choices_hold_until_other_layers_are_picked(
    form: MetricsForm, viewer: ViewerModel
) -> None:
    form.mode.setCurrentIndex(1)
    form.mode.activated.emit(1)
    form.unpainted.click()
    assert (form.wish.mode, form.wish.unpainted) == ("instances", True)

    form.pick_prediction(viewer.layers["one"])

    assert (form.wish.mode, form.wish.unpainted) == ("auto", "auto")
    form.choose_pair()
    assert form.prediction.layer is viewer.layers["one"]


def test_rows_that_do_not_matter_are_hidden(form: MetricsForm) -> None:
    form.show()
    form.show_meaning(Scorer().score(count(TRUE, TRUE), form.wish))
    assert not form.background.isHidden()
    assert form.shapes.isHidden()

    form.mode.setCurrentIndex(1)
    form.mode.activated.emit(1)
    form.show_meaning(Scorer().score(count(TRUE, TRUE), form.wish))
    assert form.background.isHidden()
    assert not form.unpainted.isEnabled()


def test_what_cannot_be_chosen_says_why(form: MetricsForm) -> None:
    form.show_meaning(Scorer().score(count(TRUE, TRUE), form.wish))

    for box, row, word in (
        (form.scope, 1, "single slice"),
        (form.scope, 3, "no Shapes layer"),
        (form.mode, 2, "class_id"),
    ):
        entry = box.model().item(row)
        assert not entry.isEnabled()
        assert word in entry.toolTip()


def test_layers_that_draw_a_comparison_are_not_offered(
    form: MetricsForm, viewer: ViewerModel
) -> None:
    drawn = {"segsuite": {"overlay": True}}
    viewer.add_labels(TRUE, name="right and wrong", metadata=drawn)
    viewer.add_shapes(name="outline", metadata=drawn)
    viewer.add_shapes(name="region")
    form.refresh()

    assert form.truth.findText("right and wrong") == -1
    assert [form.shapes.itemText(i) for i in range(form.shapes.count())] == ["region"]
