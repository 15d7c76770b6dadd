from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage

from napari_segsuite.engine.held_out import hold_out
from napari_segsuite.engine.regions import Region


def region(target: np.ndarray) -> Region:
    return Region(
        torch.zeros(1, *target.shape), torch.from_numpy(target.astype(np.int64))
    )


def strokes(count: int) -> np.ndarray:
    """Strokes of 12 pixels, of two classes in turn."""
    target = np.full((4 * count, 20), -1)
    for i in range(count):
        target[4 * i, 4:16] = i % 2
    return target


def test_whole_strokes_are_held_out() -> None:
    target = strokes(80)
    (mask,) = hold_out([region(target)], np.random.default_rng(0))
    share = [mask.numpy()[target == k].mean() for k in (0, 1)]
    assert all(0.05 <= s <= 0.15 for s in share)
    found, count = ndimage.label(target >= 0)
    held = ndimage.mean(mask.numpy(), found, range(1, count + 1))
    assert set(held.tolist()) == {0.0, 1.0}


def test_unpainted_pixels_are_never_held_out() -> None:
    target = strokes(80)
    (mask,) = hold_out([region(target)], np.random.default_rng(0))
    assert not mask.numpy()[target < 0].any()


def test_little_paint_is_kept_for_training() -> None:
    masks = hold_out([region(strokes(6))], np.random.default_rng(0))
    assert not masks[0].any()


def test_dense_labels_are_held_out_in_blocks() -> None:
    target = np.zeros((128, 128))
    target[:, 64:] = 1
    masks = hold_out([region(target)], np.random.default_rng(0))
    assert 0.05 < masks[0].float().mean() < 0.15
    assert masks[0][:, :64].any()
    assert masks[0][:, 64:].any()
