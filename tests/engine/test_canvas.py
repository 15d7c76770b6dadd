"""Where pieces of an image lie in its labels."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segsuite.data.frames import Frames
from napari_segsuite.engine.canvas import Canvas
from napari_segsuite.errors import InputError

FRAMES = Frames(np.zeros((2, 7, 3, 5), np.uint8), "TYZX", 2)


def test_a_region_of_a_stack_whose_axes_are_out_of_order() -> None:
    canvas = Canvas.of(FRAMES, ((1, 2), (2, 6), (0, 2), (0, 5)))

    assert (canvas.axes, canvas.shape) == ("TYZX", (1, 4, 2, 5))
    assert canvas.window == (slice(2, 6), slice(0, 5))
    assert canvas.indices == [3, 4]
    place = canvas.place(4, (slice(3, 5), slice(1, 2)))
    assert place == (0, slice(1, 3), 1, slice(1, 2))


def test_channels_are_no_axis_of_the_labels() -> None:
    frames = Frames(np.zeros((4, 5, 3), np.uint8), "YXC", 2)
    canvas = Canvas.of(frames, None)
    assert (canvas.axes, canvas.region) == ("YX", ((0, 4), (0, 5)))
    assert canvas.indices == [0]


@pytest.mark.parametrize("region", [((0, 3),), ((0, 2), (0, 7), (0, 3), (4, 4))])
def test_a_region_outside_is_refused(region: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(InputError, match=r"shape is \(2, 7, 3, 5\) \(TYZX\)"):
        Canvas.of(FRAMES, region)
