"""What the model is shown of an image."""

import numpy as np
import pytest
from napari.layers import Image

from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.widgets.prompt.picture import Picture
from napari_segsuite.widgets.prompt.seen import as_shown, remember, remembered
from napari_segsuite.widgets.prompt.seen_panel import SeenPanel


def picture(shape=(20, 20), axes="YX", **options):
    return Picture((Image(np.random.default_rng(0).random(shape), **options),), axes)


def test_an_untouched_image_is_shown_by_percentiles():
    assert remembered(picture()) == InputMap(channels=(0,))


def test_limits_that_somebody_moved_are_taken():
    one = picture()
    one.image.contrast_limits = (0.2, 0.6)
    assert remembered(one).windows == ((0.2, 0.6),)


@pytest.mark.parametrize(("count", "channels"), [(2, (0, 1)), (5, (0, 1, 2))])
def test_the_first_channels_are_shown(count, channels):
    shown = remembered(picture((count, 20, 20), "CYX"))
    assert shown.channels == channels


def test_colours_are_shown_as_they_are():
    rgb = Picture((Image(np.zeros((9, 9, 4), np.uint8), rgb=True),), "YXC")
    assert remembered(rgb) == InputMap(channels=(0, 1, 2))
    assert as_shown(rgb, (0, 1, 2)) == ()


def test_a_choice_is_remembered_in_the_layer():
    one = picture((3, 20, 20), "CYX")
    chosen = InputMap(channels=(2, 0), windows=((0.1, 0.5), (0.0, 1.0)))
    remember(one, chosen)
    assert remembered(one) == chosen


@pytest.mark.parametrize("damaged", ["no JSON", 3, '{"channels": [7]}'])
def test_damaged_memories_are_left(damaged):
    one = picture((3, 20, 20), "CYX")
    one.image.metadata = {"segsuite": {"seen": damaged}}
    assert remembered(one).channels == (0, 1, 2)


def test_the_panel_maps_channels_to_colours(qapp, keep):
    panel = keep(SeenPanel())
    one = picture((3, 20, 20), "CYX")
    panel.show_picture(one)
    told = []
    panel.changed.connect(lambda: told.append(panel.shown))
    panel.channels[2].setCurrentIndex(0)
    panel.channels[0].setCurrentIndex(3)
    assert told[-1].channels == (2, 1)
    panel.as_shown.click()
    limits = tuple(float(v) for v in one.image.contrast_limits)
    assert told[-1].windows == (limits, limits)
    panel.lows[1].setValue(limits[0] + 0.1)
    assert told[-1].windows[1][0] == pytest.approx(limits[0] + 0.1, abs=1e-3)
    panel.automatic.click()
    assert told[-1].windows == ()
    assert remembered(one) == panel.shown
