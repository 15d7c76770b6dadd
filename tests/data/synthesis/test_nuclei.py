"""Nuclei of any shape of picture."""

import numpy as np
import pytest

from napari_segsuite.data.synthesis.nuclei import nuclei


@pytest.mark.parametrize(
    ("shape", "spacing"),
    [((64, 80), (0.5, 0.5)), ((10, 64, 64), (2.0, 0.5, 0.5)), ((61, 7), (0.5, 0.5))],
)
def test_shapes(shape, spacing):
    image, labels = nuclei(np.random.default_rng(0), shape, spacing, count=8)
    assert image.shape == labels.shape == shape
    assert image.dtype == labels.dtype == np.uint16


def test_nuclei_are_round_in_micrometre_not_in_pixels():
    rng = np.random.default_rng(0)
    _, labels = nuclei(rng, (40, 100, 100), (1.0, 0.4, 0.4), count=1, radius=6)
    z, y, x = (np.ptp(where) + 1 for where in np.nonzero(labels))
    assert 0.6 < z * 1.0 / (y * 0.4) < 1.6
    assert 0.6 < x / y < 1.6


def test_no_nuclei_at_all():
    image, labels = nuclei(np.random.default_rng(0), (32, 32), (1.0, 1.0), count=0)
    assert not labels.any()
    assert image.min() > 0
