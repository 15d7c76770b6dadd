from typing import Literal

import pytest
from pydantic import Field

from napari_segsuite._model import Model
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.prediction import PredictOptions
from napari_segsuite.jobs.training import TrainingOptions
from napari_segsuite.plan.unet import PlanChoices
from napari_segsuite.widgets.forms import Form, label_of


class Example(Model):
    kind: Literal["a", "b"] = "b"
    """A kind."""
    size: int = Field(default=0, ge=0, le=64, multiple_of=8)
    """A size; 0 chooses."""
    rate: float = Field(default=0.01, gt=0.0, le=1.0)
    """A rate."""
    on: bool = True
    """A switch."""
    text: str = ""
    """A text."""


@pytest.mark.parametrize(
    "model", [Example, TrainingOptions, PlanChoices, PredictOptions]
)
def test_a_form_gives_back_what_it_was_given(keep, qapp, model):
    form = Form(model())
    keep(form.native)
    assert form.value == model()


def test_what_the_user_enters_is_in_the_value(keep, qapp):
    form = Form(Example())
    keep(form.native)
    for name, value in (("kind", "a"), ("size", 16), ("on", False), ("text", "x")):
        form.widget(name).value = value
    form.widget("rate").value = 0.125
    assert form.value == Example(kind="a", size=16, rate=0.125, on=False, text="x")


def test_every_field_says_what_it_is_for(keep, qapp):
    form = Form(Example())
    keep(form.native)
    assert form.widget("rate").tooltip == "A rate."


def test_zero_is_shown_as_auto_where_the_field_says_so(keep, qapp):
    form = Form(Example())
    keep(form.native)
    assert form.widget("size").native.text() == "auto"


def test_bounds_and_steps_are_those_of_the_field(keep, qapp):
    form = Form(Example())
    keep(form.native)
    size = form.widget("size")
    assert (size.min, size.max, size.step) == (0, 64, 8)


def test_a_value_that_does_not_fit_is_named(keep, qapp):
    form = Form(Example())
    keep(form.native)
    form.widget("size").value = 9
    with pytest.raises(InputError, match=r"size.*multiple of 8, got 9"):
        _ = form.value


def test_fields_that_are_not_shown_keep_their_values(keep, qapp):
    form = Form(Example(size=24), ["kind"])
    keep(form.native)
    assert form.value.size == 24


def test_a_change_is_told(keep, qapp):
    form = Form(Example())
    keep(form.native)
    told = []
    form.changed.connect(lambda: told.append(form.value.on))
    form.widget("on").value = False
    assert told == [False]


def test_names_are_shown_as_words():
    assert label_of("max_seconds") == "Max seconds"
