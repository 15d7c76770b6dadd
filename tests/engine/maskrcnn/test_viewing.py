"""Tiled against untiled, with a detector whose answers are known."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
import torch
from scipy import ndimage
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import project_masks_on_boxes

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.detections import Detections, PasteOptions
from napari_segsuite.data.frames import Frames
from napari_segsuite.data.pasting import paste
from napari_segsuite.engine.canvas import Canvas
from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.intensity import Scale
from napari_segsuite.engine.maskrcnn.merging import merged
from napari_segsuite.engine.maskrcnn.viewing import Viewer, most_detections
from napari_segsuite.engine.maskrcnn.views import views
from napari_segsuite.engine.readers import ImageReader, Zoom
from napari_segsuite.metrics import count
from napari_segsuite.metrics.instances import score_instances
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan

PLAN = MaskRCNNPlan(
    backbone="small",
    channels=1,
    normalisation="range",
    scale=1.0,
    object_size=14.0,
    anchor_sizes=(4, 8, 16, 32, 64),
    patch_size=(64, 64),
    batch_size=1,
    detections_per_patch=50,
)


class Ideal:
    """Sees every object of an image that is its own label image, as far as it sees.

    It has the parts of torchvision's Mask R-CNN, and answers as one that has learned
    perfectly: of an object that its view cuts it sees a part.
    """

    def transform(self, images):
        return ImageList(torch.stack(images), [i.shape[-2:] for i in images]), None

    def backbone(self, values):
        return OrderedDict(all=values)

    def rpn(self, images, features):
        return None, {}

    def roi_heads(self, features, proposals, sizes):
        ids = np.rint(features["all"][0, 0].numpy() * 1000).astype(np.int32)
        boxes, numbers = [], []
        for number, box in enumerate(ndimage.find_objects(ids), start=1):
            if box is not None:
                boxes.append([box[1].start, box[0].start, box[1].stop, box[0].stop])
                numbers.append(number)
        masks = torch.from_numpy(np.stack([ids == i for i in numbers] or [ids > 0]))
        corners = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
        which = torch.arange(len(boxes))
        small = project_masks_on_boxes(masks.to(torch.uint8), corners, which, 56)
        found = {
            "boxes": corners,
            "labels": torch.ones(len(boxes), dtype=torch.int64),
            "scores": 1 - torch.tensor(numbers, dtype=torch.float32) / 10_000,
            "masks": small[:, None],
        }
        return [found], {}


def detected(labels, edge=0, *, plan=PLAN, region=None, axes="YX"):
    # Intensities are clipped at 6: a thousandth of an id each.
    frames = Frames(labels.astype(np.float32) / 1000, axes, 2)
    scale = Scale(np.zeros(1, np.float32), np.ones(1, np.float32))
    step = 1 / plan.scale
    reader = ImageReader(frames, scale, Zoom((step, step)), "image")
    canvas = Canvas.of(frames, region)
    compute = Compute(torch.device("cpu"), None, 2)
    viewer = Viewer(Ideal(), compute, reader, canvas, (1,))
    window = reader.zoom.covering(canvas.window, reader.shape)
    parts = views(window, reader.shape, plan, edge)
    seen = [viewer.seen(view) for view in parts]
    by_plane = {}
    for plane, _, some in viewer.look(parts, canvas.indices):
        by_plane.setdefault(plane, []).extend(some)
    found = [one for some in by_plane.values() for one in merged(some, seen)]
    classes = (ClassInfo(id=1, name="cell"),)
    return Detections.of(found, classes, canvas.axes, canvas.shape), len(parts)


def assert_each_once(labels, found, iou=0.8):
    """Every object is there once, and nothing else."""
    guess, segments = paste(found, PasteOptions(min_score=0.1, min_area=1))
    report = score_instances(count(labels, guess), thresholds=(iou,))
    assert len(found) == len(segments) == len(np.unique(labels[labels > 0]))
    assert report.matches[0].f1 == 1.0


def disks(shape, number, radii, seed=0):
    """Return disks that may touch, but do not overlap."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.int32)
    y, x = np.ogrid[: shape[0], : shape[1]]
    made = 0
    while made < number:
        cy, cx = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
        mask = (y - cy) ** 2 + (x - cx) ** 2 <= rng.uniform(*radii) ** 2
        if mask.any() and not labels[mask].any():
            made += 1
            labels[mask] = made
    return labels


@pytest.mark.parametrize("edge", [0, 96, 260, 300])
def test_crowded_disks_are_the_same_tiled_and_untiled(edge):
    labels = disks((300, 420), 250, (4, 11))

    found, many = detected(labels, edge)
    assert many == {0: 1, 96: 12, 260: 12, 300: 3}[edge]
    assert_each_once(labels, found)


def test_tiled_and_untiled_have_a_panoptic_quality_of_one():
    labels = disks((300, 420), 250, (4, 11), seed=1)
    guesses = [paste(detected(labels, edge)[0])[0] for edge in (0, 96)]

    report = score_instances(count(*guesses), thresholds=(0.5,))
    assert report.matches[0].panoptic_quality >= 0.99


def test_one_pixel_objects_on_the_borders_of_cores():
    labels = np.zeros((128, 200), np.int32)
    for number, x in enumerate(range(30, 170, 2), start=1):
        labels[5 + number, x] = number

    found, many = detected(labels, 96)
    assert many > 1
    assert_each_once(labels, found, iou=1.0)


def test_objects_larger_than_views_are_joined():
    labels = np.zeros((260, 260), np.int32)
    labels[10:30, 5:255] = 1
    labels[40:250, 100:130] = 2
    labels[60:80, 10:40] = 3

    found, many = detected(labels, 96)
    assert many == 9
    assert_each_once(labels, found, iou=0.9)


def test_an_object_as_large_as_the_image():
    labels = np.ones((200, 230), np.int32)

    found, many = detected(labels, 96)
    assert many > 1
    assert_each_once(labels, found, iou=0.99)


def test_nothing_to_be_found():
    found, _ = detected(np.zeros((130, 210), np.int32), 96)

    assert len(found) == 0


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_objects_of_images_that_are_scaled(scale):
    labels = disks((240, 300), 40, (14, 20), seed=2)
    plan = PLAN.replace(scale=scale, object_size=30)

    # Linear interpolation mixes the ids of neighbours: keep them apart.
    for number in range(1, labels.max() + 1):
        labels[ndimage.binary_dilation(labels == number, iterations=3)] = number
    apart = np.where(labels == ndimage.maximum_filter(labels, 9), labels, 0)
    found, _ = detected(apart, 192, plan=plan)
    guess, _ = paste(found, PasteOptions(min_score=0.1, min_area=60))
    report = score_instances(count(apart, guess), thresholds=(0.5,))
    assert report.mean_matched_iou > 0.9


def test_a_region_holds_what_lies_in_it_only():
    labels = disks((200, 300), 80, (5, 9), seed=3)

    found, _ = detected(labels, 96, region=((40, 150), (70, 260)))
    assert found.shape == (110, 190)
    guess, _ = paste(found, PasteOptions(min_score=0.1, min_area=1))
    part = labels[40:150, 70:260]
    assert np.mean((guess > 0) == (part > 0)) > 0.995
    # Those that reach over the rim are there too, once.
    assert len(np.unique(guess)) >= len(np.unique(part)) - 1


@pytest.mark.parametrize(
    ("axes", "shape"), [("ZYX", (3, 130, 140)), ("TZYX", (2, 2, 130, 140))]
)
def test_stacks_plane_by_plane(axes, shape):
    labels = np.zeros(shape, np.int32)
    for number, place in enumerate(np.ndindex(shape[:-2])):
        labels[place] = disks(shape[-2:], 10 + number, (5, 9), seed=number)

    found, _ = detected(labels, 96, axes=axes)
    assert np.bincount(found.frames).tolist() == [
        10 + number for number in range(np.prod(shape[:-2]))
    ]
    guess, _ = paste(found, PasteOptions(min_score=0.1))
    assert np.mean((guess > 0) == (labels > 0)) > 0.995


def test_a_part_of_a_stack():
    labels = np.stack([disks((60, 70), 3 + n, (5, 9), seed=n) for n in range(4)])

    found, _ = detected(labels, region=((1, 3), (0, 60), (0, 70)), axes="ZYX")
    assert found.shape == (2, 60, 70)
    assert np.bincount(found.frames).tolist() == [4, 5]


def test_large_views_hold_more_objects():
    small = views((slice(0, 64), slice(0, 64)), (64, 64), PLAN)
    large = views((slice(0, 128), slice(0, 128)), (128, 128), PLAN)

    assert most_detections(small, PLAN) == 50
    assert most_detections(large, PLAN) == 200
