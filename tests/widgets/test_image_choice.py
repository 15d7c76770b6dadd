"""One choice of image, channels and axes, on a viewer without a window."""

import numpy as np
import pytest
from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import QApplication, QWidget

from napari_segsuite.errors import InputError
from napari_segsuite.widgets.dock import form
from napari_segsuite.widgets.image_choice import ImageChoice


@pytest.fixture
def panel(keep, qapp):
    return keep(QWidget())


@pytest.fixture
def choice(viewer, panel):
    return ImageChoice(viewer, panel)


@pytest.fixture
def told(choice):
    """Return what the choice was whenever it said that it had changed."""
    seen = []
    choice.changed.connect(
        lambda: seen.append(
            (choice.image.layer, choice.axes.text(), len(choice.channels.ticked))
        )
    )
    return seen


def tick(choice, row):
    choice.channels.item(row).setCheckState(Qt.CheckState.Checked)


def test_without_an_image_it_says_what_to_do(choice):
    assert choice.axes.text() == ""
    with pytest.raises(InputError, match="Open an image first"):
        choice.chosen()


def test_an_image_that_is_there_already_is_chosen(viewer, panel):
    stack = viewer.add_image(np.zeros((5, 20, 30)))
    found = ImageChoice(viewer, panel).chosen()
    assert (found.layer, found.images) == (stack, (stack,))
    assert (found.axes, found.channels) == ("ZYX", 1)


def test_an_image_and_its_axes_come_as_one_change(viewer, choice, told):
    flat = viewer.add_image(np.zeros((20, 30)))
    stack = viewer.add_image(np.zeros((5, 20, 30)))
    assert told == [(flat, "YX", 0)]
    choice.image.choose(stack)
    assert told[1:] == [(stack, "ZYX", 0)]


def test_ticked_layers_are_channels_in_the_order_of_the_list(viewer, choice, told):
    first, second = (viewer.add_image(np.zeros((20, 30))) for _ in range(2))
    choice.image.choose(second)
    tick(choice, 0)
    assert told[-1] == (second, "YX", 1)
    found = choice.chosen()
    assert found.layer is second
    assert found.images == (first, second)
    assert (found.axes, found.channels) == ("YX", 2)


def test_ticks_end_with_the_image_that_they_fitted(viewer, choice, told):
    viewer.add_image(np.zeros((20, 30)))
    viewer.add_image(np.zeros((20, 30)))
    stack = viewer.add_image(np.zeros((5, 20, 30)))
    tick(choice, 0)
    told.clear()
    choice.image.choose(stack)
    assert told == [(stack, "ZYX", 0)]
    assert choice.channels.isHidden()


@pytest.mark.parametrize(
    ("typed", "axes"), [("TYX", "TYX"), (" cyx ", "CYX"), ("", "ZYX")]
)
def test_typed_axes_are_taken(viewer, choice, told, typed, axes):
    stack = viewer.add_image(np.zeros((3, 8, 9)))
    choice.axes.setText(typed)
    assert told[-1] == (stack, typed, 0)
    assert choice.axes_of(stack) == axes
    found = choice.chosen()
    assert (found.axes, found.channels) == (axes, 3 if "C" in axes else 1)


def test_typed_axes_end_with_their_image(viewer, choice):
    viewer.add_image(np.zeros((5, 20, 30)))
    choice.axes.setText("TYX")
    choice.image.choose(viewer.add_image(np.zeros((6, 20, 30))))
    assert choice.chosen().axes == "ZYX"


def test_axes_that_do_not_fit_are_refused(viewer, choice):
    viewer.add_image(np.zeros((20, 30)))
    choice.axes.setText("ZYX")
    with pytest.raises(InputError, match="ZYX"):
        choice.chosen()


def test_axes_that_cannot_be_guessed_stay_empty(viewer, choice, told):
    image = viewer.add_image(np.zeros((1, 1, 1, 1, 4, 5)))
    assert told == [(image, "", 0)]
    with pytest.raises(InputError, match="6 dimensions"):
        choice.chosen()


def test_the_last_image_leaves_nothing(viewer, choice, told):
    image = viewer.add_image(np.zeros((20, 30)))
    viewer.layers.remove(image)
    assert told[1:] == [(None, "", 0)]
    with pytest.raises(InputError, match="Open an image first"):
        choice.chosen()


def test_results_and_labels_are_not_offered(viewer, choice):
    viewer.add_labels(np.zeros((20, 30), np.uint8))
    viewer.add_image(np.zeros((20, 30)), metadata={"segsuite": {"model": "cells"}})
    assert choice.image.layer is None
    image = viewer.add_image(np.zeros((20, 30)))
    assert choice.chosen().images == (image,)
    assert choice.channels.count() == 0


def test_its_widgets_open_no_windows_of_their_own(viewer, panel):
    for _ in range(2):
        viewer.add_image(np.zeros((20, 30)))
    choice = ImageChoice(viewer, panel)
    panel.show()
    assert choice.channels.isVisible()
    assert not choice.channels.isWindow()
    # Laid out nowhere, they would lie over the panel.
    assert not choice.axes.isVisible()


def test_a_form_says_what_the_fields_are_for(choice, panel):
    fields = form()
    choice.add_image(fields, "The image to predict.")
    choice.add_axes(fields)
    panel.setLayout(fields)
    assert fields.labelForField(choice.image).text() == "Image"
    assert choice.image.parent() is choice.channels.parent() is panel
    assert fields.labelForField(choice.axes).toolTip() == choice.axes.toolTip()
    assert "Z depth" in choice.axes.toolTip()


def test_it_ends_with_its_panel(viewer, panel, choice, told):
    panel.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    viewer.add_image(np.zeros((20, 30)))
    assert told == []
