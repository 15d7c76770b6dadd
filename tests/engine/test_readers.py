from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_segsuite.data.frames import Frames
from napari_segsuite.engine.intensity import Scale
from napari_segsuite.engine.readers import ImageReader, LabelReader, Zoom, zoom
from napari_segsuite.errors import InputError

PLAIN = Scale(np.zeros(1, np.float32), np.ones(1, np.float32))
ALL = (slice(0, 2), slice(0, 2))


def test_without_a_wanted_spacing_pixels_stay() -> None:
    assert zoom((0.5, 0.5), None, 2) == Zoom((1.0, 1.0))
    assert zoom(None, (0.5, 0.5), 2) == Zoom((1.0, 1.0))


def test_a_2d_network_looks_at_the_last_axes_of_a_stack() -> None:
    assert zoom((3.0, 0.5, 0.25), (1.0, 1.0), 2) == Zoom((2.0, 4.0))


def test_half_the_resolution_averages_by_interpolation() -> None:
    image = np.array([[0, 2, 1, 1], [0, 2, 1, 1], [4, 4, 0, 0], [4, 4, 0, 0]])
    reader = ImageReader(Frames(image, "YX", 2), PLAIN, Zoom((2.0, 2.0)), "it")
    assert reader.shape == (2, 2)
    assert reader.read(0).tolist() == [[[1, 1], [4, 0]]]


def test_a_window_is_what_the_whole_has_there() -> None:
    image = np.random.default_rng(0).random((9, 13)).astype(np.float32)
    reader = ImageReader(Frames(image, "YX", 2), PLAIN, Zoom((1.3, 0.7)), "it")
    window = (slice(2, 5), slice(6, 17))
    assert reader.read(0, window)[0] == pytest.approx(reader.read(0)[0][window])


def test_labels_take_the_nearest_id() -> None:
    labels = np.array([[1, 1, 2, 2], [1, 1, 2, 2]])
    reader = LabelReader(Frames(labels, "YX", 2), Zoom((0.5, 2.0)))
    read = reader.read(0, (slice(0, 4), slice(0, 2)))
    assert set(np.unique(read)) <= {1, 2}
    assert read.shape == (4, 2)
    assert (read[:, 0] == 1).all()


@pytest.mark.parametrize("step", [0.5, 1.0, 2.0, 1.7])
def test_a_ramp_survives_there_and_back(step: float) -> None:
    ramp = np.tile(np.arange(20, dtype=np.float32), (4, 1)) / 10
    lens = Zoom((1.0, step))
    reader = ImageReader(Frames(ramp, "YX", 2), PLAIN, lens, "it")
    window = (slice(0, 4), slice(6, 14))
    inner = lens.covering(window, reader.shape)
    values = torch.from_numpy(reader.read(0, inner))
    assert lens.back(values, inner, window)[0].numpy() == pytest.approx(
        ramp[window], abs=1e-5
    )


def test_nan_is_refused_by_name() -> None:
    image = np.array([[np.nan, 1.0], [1.0, 1.0]])
    reader = ImageReader(Frames(image, "YX", 2), PLAIN, Zoom((1.0, 1.0)), "a.tif")
    with pytest.raises(InputError, match=r"a\.tif"):
        reader.read(0, ALL)
