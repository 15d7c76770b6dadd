"""Samples for the click model."""

from __future__ import annotations

import numpy as np
import torch
from click_samples import draw_scenes, picture, sample
from scenes import EDGE, scene


def test_a_scene_is_the_same_for_a_seed_and_has_objects() -> None:
    for seed in range(12):
        one, two = (scene(np.random.default_rng(seed)) for _ in range(2))

        assert np.array_equal(one.image, two.image)
        assert one.image.dtype == np.uint8
        assert one.image.shape[1:] == (EDGE, EDGE)
        assert all(labels.shape == (EDGE, EDGE) for labels in one.labels)


def test_objects_of_a_picture_have_boxes_and_crumbs_do_not() -> None:
    labels = np.zeros((40, 40), np.uint16)
    labels[5:11, 8:20] = 3
    labels[30:32, 30:32] = 4

    made = picture("one", np.zeros((1, 40, 40), np.uint8), [labels])

    assert made.boxes == (((3, 5, 8, 11, 20),),)


def test_a_sample_shows_the_object_in_a_crop_of_fixed_size() -> None:
    labels = np.zeros((200, 200), np.uint16)
    labels[80:120, 60:100] = 1
    image = np.where(labels, 220, 20).astype(np.uint8)
    made = picture("one", image[None], [labels])

    samples = [sample(made, np.random.default_rng(seed)) for seed in range(20)]

    for one in (each for each in samples if each is not None):
        assert one.crop.shape == (3, 128, 128)
        assert torch.isfinite(one.crop).all()
        assert one.truth.any()
        inside, outside = one.crop[0][one.truth], one.crop[0][~one.truth]
        if outside.numel():
            assert abs(inside.mean() - outside.mean()) > 0.2


def test_a_sample_at_the_rim_is_shown_zero_beyond_it() -> None:
    labels = np.zeros((60, 60), np.uint16)
    labels[:30, 10:40] = 1
    image = np.where(labels, 220, 20).astype(np.uint8)
    made = picture("one", image[None], [labels])

    drawn = [sample(made, np.random.default_rng(seed)) for seed in range(20)]

    cut = [one for one in drawn if one is not None and not one.covered.all()]
    assert cut
    for one in cut:
        assert not one.shown[:, ~one.covered].any()
        assert one.shown[:, one.covered].equal(one.crop[:, one.covered])
        assert one.crop[:, ~one.covered].abs().max() > 0
        assert not (torch.from_numpy(one.truth) & ~one.covered).any()


def test_the_same_seed_draws_the_same_scenes() -> None:
    first, second = draw_scenes(3, 2), draw_scenes(3, 2)

    assert [one.name for one in first] == [one.name for one in second]
    assert np.array_equal(first[0].image, second[0].image)
