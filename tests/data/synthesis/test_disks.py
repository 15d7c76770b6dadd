"""Disks are where their labels say."""

import numpy as np

from napari_segsuite.data.synthesis.disks import BACKGROUND, DISK, disks


def test_disks_are_brighter_than_the_ground():
    images, labels = disks(np.random.default_rng(0), count=4, size=96)
    assert images.shape == labels.shape == (4, 96, 96)
    for image, label in zip(images.astype(float), labels, strict=True):
        assert set(np.unique(label)) == {BACKGROUND, DISK}
        assert image[label == DISK].mean() > image[label == BACKGROUND].mean() + 20


def test_seeds_differ():
    first, _ = disks(np.random.default_rng(0), count=1)
    other, _ = disks(np.random.default_rng(1), count=1)
    assert (first != other).any()
