from __future__ import annotations

import numpy as np
import pytest

from napari_segsuite.data.frames import Frames
from napari_segsuite.data.painted import survey
from napari_segsuite.errors import InputError
from napari_segsuite.plan.fingerprint import fingerprint


def test_a_stack_tells_depth_paint_and_spacing() -> None:
    image = np.zeros((5, 8, 9), np.int16)
    image[0, 0, 0], image[4, 7, 8] = -3, 40
    labels = np.zeros((5, 8, 9), np.uint8)
    labels[1, 2, 2] = labels[3, 2, 2] = 1
    facts = fingerprint(
        [Frames(image, "ZYX", 2)],
        survey(Frames(labels, "ZYX", 2)),
        [(2.0, 0.5, 0.25)],
    )
    assert facts.plane == (8, 9)
    assert facts.depth == 5
    assert facts.slices_painted == 2
    assert facts.spacing == (2.0, 0.5, 0.25)
    assert not facts.spacings_differ
    assert (facts.low, facts.high, facts.signed) == (-3.0, 40.0, True)


def test_one_image_without_spacing_leaves_it_unknown() -> None:
    frames = Frames(np.zeros((4, 4), np.uint8), "YX", 2)
    labels = survey(Frames(np.ones((4, 4), np.uint8), "YX", 2))
    facts = fingerprint([frames, frames], labels, [(1.0, 1.0), None])
    assert facts.spacing is None
    assert not facts.spacings_differ


def test_spacings_that_differ_are_seen() -> None:
    frames = Frames(np.zeros((4, 4), np.uint8), "YX", 2)
    labels = survey(Frames(np.ones((4, 4), np.uint8), "YX", 2))
    facts = fingerprint([frames, frames], labels, [(1.0, 1.0), (2.0, 2.0)])
    assert facts.spacing == (1.5, 1.5)
    assert facts.spacings_differ


def test_images_of_different_channels_are_refused() -> None:
    grey = Frames(np.zeros((4, 4), np.uint8), "YX", 2)
    rgb = Frames(np.zeros((4, 4, 3), np.uint8), "YXC", 2)
    labels = survey(Frames(np.ones((4, 4), np.uint8), "YX", 2))
    with pytest.raises(
        InputError, match="same number of channels, but these have 1, 3"
    ):
        fingerprint([grey, rgb], labels, [None, None])
