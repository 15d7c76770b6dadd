"""Images that were taken worse, worked by hand."""

from __future__ import annotations

import numpy as np
import torch

from napari_segsuite.engine.degradation import Degradation, draw_degradation


def test_gamma_bends_intensities_on_both_sides_of_zero() -> None:
    image = torch.tensor([[[-2.0, -0.5, 0.0, 0.5, 3.0]]])

    after = Degradation(2.0, 0.0, 0.0, 0).apply(image)

    assert torch.allclose(after, torch.tensor([[[-4.0, -0.25, 0.0, 0.25, 9.0]]]))


def test_blur_spreads_a_point_in_its_plane_and_keeps_its_sum() -> None:
    image = torch.zeros(1, 3, 15, 15)
    image[0, 1, 7, 7] = 1.0

    after = Degradation(1.0, 1.0, 0.0, 0).apply(image)

    assert torch.isclose(after.sum(), torch.tensor(1.0), atol=1e-5)
    assert after[0, 1, 7, 8] > 0.05
    assert (after[0, [0, 2]] == 0).all()


def test_noise_is_as_strong_as_drawn_and_a_seed_gives_the_same() -> None:
    image = torch.full((2, 64, 64), 0.5)

    after = Degradation(1.0, 0.0, 0.1, 3).apply(image)

    assert abs(float(after.std()) - 0.1) < 0.005
    assert torch.equal(after, Degradation(1.0, 0.0, 0.1, 3).apply(image))
    assert not torch.equal(after, Degradation(1.0, 0.0, 0.1, 4).apply(image))


def test_most_images_stay_sharp_and_free_of_noise() -> None:
    rng = np.random.default_rng(0)

    drawn = [draw_degradation(rng) for _ in range(400)]

    assert 0.15 < np.mean([one.blur > 0 for one in drawn]) < 0.25
    assert 0.25 < np.mean([one.noise > 0 for one in drawn]) < 0.35
    assert max(one.noise for one in drawn) > 0.15
    assert min(one.gamma for one in drawn) < 0.8 < 1.25 < max(d.gamma for d in drawn)
    assert len({one.seed for one in drawn}) == 400
