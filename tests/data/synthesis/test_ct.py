"""The CT-like volume has the densities of its organs."""

import numpy as np
import pytest

from napari_segsuite.data.synthesis.ct import CLASSES, ct


def test_densities():
    image, labels = ct(np.random.default_rng(0))
    assert image.dtype == np.int16
    means = {info.name: image[labels == info.id].mean() for info in CLASSES}
    assert means["lung"] < -600
    assert means["liver"] == pytest.approx(110, abs=30)
    assert means["kidney"] == pytest.approx(175, abs=40)
    assert means["spine"] > 230
    assert means["aorta"] == pytest.approx(220, abs=50)
    assert image.min() >= -1024
