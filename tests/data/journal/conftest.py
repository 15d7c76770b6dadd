"""What the tests of journals share: painting that can be played back."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segsuite.data.journal.facts import LayerFacts

SHAPE = (300, 520)  # 2 × 3 tiles


@pytest.fixture
def facts():
    return LayerFacts(
        name="cells",
        scale=(0.5, 0.25),
        translate=(0.0, 10.0),
        rotate=((1.0, 0.0), (0.0, 1.0)),
        shear=(0.0,),
        affine=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        units=("micrometer", "micrometer"),
        axis_labels=("y", "x"),
    )


@pytest.fixture
def painting():
    """Return an empty array of 2 × 3 tiles."""
    return np.zeros(SHAPE, np.uint16)


@pytest.fixture
def stroke():
    """Return a function that paints a rectangle and returns its box."""

    def paint(array, rng):
        box = []
        for size in array.shape:
            start = int(rng.integers(size))
            box.append((start, min(size, start + int(rng.integers(1, 200)))))
        window = tuple(slice(*ends) for ends in box)
        array[window] = rng.integers(0, 1000)
        # Not all of one id, so that compressed tiles have various lengths.
        array[window].flat[:: int(rng.integers(2, 9))] += 1
        return tuple(box)

    return paint
