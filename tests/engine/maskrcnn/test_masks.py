"""Masks over boxes, brought to pixels: what torchvision made comes back as it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.models.detection.roi_heads import project_masks_on_boxes

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.detections import Detection, Detections, PasteOptions, runs_of
from napari_segsuite.data.object_boxes import id_extents
from napari_segsuite.data.pasting import paste
from napari_segsuite.engine.maskrcnn.masks import pixels_of

SHAPE = (64, 80)
WINDOW = (slice(0, 64), slice(0, 80))


def target(mask, cells=28):
    """Return the box of a true mask, and what the network would learn of it."""
    rows, columns = np.nonzero(mask)
    box = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
    y0, x0, y1, x1 = (float(n) for n in box)
    found = project_masks_on_boxes(
        torch.from_numpy(mask.astype(np.uint8))[None],
        torch.tensor([[x0, y0, x1, y1]]),
        torch.tensor([0]),
        cells,
    )
    return (y0, x0, y1, x1), found[0].numpy()


def ellipse(centre, radii):
    y, x = np.ogrid[: SHAPE[0], : SHAPE[1]]
    return ((y - centre[0]) / radii[0]) ** 2 + ((x - centre[1]) / radii[1]) ** 2 <= 1


def back(mask, **options):
    box, small = target(mask, **options)
    (y, x), part = pixels_of(small, box, (1.0, 1.0), WINDOW)
    full = np.zeros(SHAPE, bool)
    full[y : y + part.shape[0], x : x + part.shape[1]] = part
    return full


@pytest.mark.parametrize(
    "mask",
    [
        ellipse((20, 30), (0.1, 0.1)),
        ellipse((20, 30), (1, 1)),
        ellipse((20.5, 30.5), (2, 5)),
        ellipse((0, 0), (5, 5)),
        ellipse((63, 79), (9, 4)),
        ellipse((30.5, 40.5), (6, 9)),
        np.ones(SHAPE, bool),
    ],
    ids=["pixel", "cross", "small", "corner", "far corner", "cell", "everything"],
)
def test_a_true_mask_comes_back_as_it_was(mask):
    np.testing.assert_array_equal(back(mask), mask)


def test_a_mask_much_larger_than_the_grid_comes_back_nearly():
    mask = ellipse((32, 40), (30, 36))
    found = back(mask)

    assert np.count_nonzero(found & mask) / np.count_nonzero(found | mask) > 0.98


def test_boxes_are_exact_after_paste():
    masks = [
        ellipse((9, 12), (6, 8)),
        ellipse((30, 40), (3, 11)),
        ellipse((50, 9), (1, 1)),
    ]
    found = []
    for mask in masks:
        box, small = target(mask)
        start, part = pixels_of(small, box, (1.0, 1.0), WINDOW)
        found.append(Detection(0, box, 0.9, 1, start, part.shape, runs_of(part)))
    classes = (ClassInfo(id=1, name="cell"),)
    detections = Detections.of(found, classes, "YX", SHAPE)

    labels, segments = paste(detections, PasteOptions())
    assert len(segments) == 3
    for one, box in zip(segments, detections.boxes.tolist(), strict=True):
        (y0, y1), (x0, x1) = one.box
        assert (y0, x0, y1, x1) == tuple(box)
        assert id_extents(labels)[one.id] == one.box


def test_an_image_that_was_reduced_gets_full_resolution():
    # The network saw 32 x 40 pixels; the object was 10 x 6 of them.
    full = np.ones((28, 28), np.float32)

    start, part = pixels_of(full, (4, 5, 14, 11), (2.0, 2.0), WINDOW)
    assert start == (8, 10)
    assert part.shape == (20, 12)
    assert part.all()


def test_an_image_that_was_enlarged():
    start, part = pixels_of(
        np.ones((28, 28), np.float32), (4, 8, 12, 20), (0.5, 0.5), WINDOW
    )

    assert (start, part.shape) == ((2, 4), (4, 6))


def test_what_lies_beyond_the_window_is_cut_off():
    full = np.ones((28, 28), np.float32)
    window = (slice(10, 20), slice(10, 20))

    start, part = pixels_of(full, (5.0, 8.0, 15.0, 40.0), (1.0, 1.0), window)
    assert (start, part.shape) == ((0, 0), (5, 10))
    start, part = pixels_of(full, (30.0, 30.0, 40.0, 40.0), (1.0, 1.0), window)
    assert part.size == 0


def test_a_mask_that_is_nowhere_a_half_has_no_pixels():
    nothing = np.full((28, 28), 0.4, np.float32)

    assert pixels_of(nothing, (4, 4, 20, 20), (1.0, 1.0), WINDOW)[1].size == 0


def test_a_box_without_width_has_no_pixels():
    full = np.ones((28, 28), np.float32)

    assert pixels_of(full, (4.0, 4.0, 4.0, 9.0), (1.0, 1.0), WINDOW)[1].size == 0
