"""Objects of a patch, there and back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torchvision.models.detection.roi_heads import project_masks_on_boxes

from napari_segsuite.data.object_boxes import object_boxes
from napari_segsuite.engine.maskrcnn.finding import Found, labels_of
from napari_segsuite.engine.maskrcnn.patches import Crop, Cropper, cut, targets_of
from napari_segsuite.engine.maskrcnn.scenes import Scene


def scene(labels: NDArray[np.int32], classes: list[int] | None = None) -> Scene:
    objects = object_boxes(labels)
    centres = [
        [s + n / 2 for s, n in zip(one.start, one.mask.shape, strict=True)]
        for one in objects.values()
    ]
    return Scene(
        picture=0,
        image=torch.from_numpy(labels > 0)[None].float(),
        labels=torch.from_numpy(labels),
        classes=torch.tensor(classes or [1] * len(objects)),
        areas=torch.tensor([float(one.mask.sum()) for one in objects.values()]),
        centres=np.array(centres).reshape(-1, 2),
    )


def three_objects() -> NDArray[np.int32]:
    """Return a rectangle, an ellipse that touches the rim, and a single pixel."""
    rows, columns = np.indices((60, 80))
    labels = np.zeros((60, 80), np.int32)
    labels[5:30, 3:14] = 1
    labels[((rows - 44) / 15.5) ** 2 + ((columns - 50) / 24.5) ** 2 <= 1] = 2
    labels[20, 70] = 3
    return labels


def test_boxes_are_the_edges_of_pixels() -> None:
    found = targets_of(torch.from_numpy(three_objects()), torch.tensor([2, 1, 2]))
    assert found["boxes"].tolist() == [
        [3, 5, 14, 30],
        [26, 29, 75, 60],
        [70, 20, 71, 21],
    ]
    assert found["labels"].tolist() == [2, 1, 2]
    assert found["masks"].shape == (3, 60, 80)
    assert found["masks"].sum((1, 2)).tolist()[0] == 25 * 11


def test_masks_come_back_with_exactly_their_boxes() -> None:
    labels = three_objects()
    targets = targets_of(torch.from_numpy(labels), torch.tensor([1, 1, 1]))
    order = torch.arange(3)
    small = project_masks_on_boxes(targets["masks"], targets["boxes"], order, 28)
    found = Found(targets["boxes"], torch.ones(3), targets["labels"], small)
    back = labels_of(found, (60, 80), 0.5)
    again = targets_of(torch.from_numpy(back), torch.tensor([1, 1, 1]))
    assert torch.equal(again["boxes"], targets["boxes"])
    # What fills its box comes back as it was; a curved rim almost does.
    assert np.array_equal(back == 1, labels == 1)
    assert np.array_equal(back == 3, labels == 3)
    both = np.count_nonzero((back == 2) & (labels == 2))
    assert both / np.count_nonzero((back == 2) | (labels == 2)) > 0.97


def test_what_is_mostly_cut_off_is_not_sought() -> None:
    labels = np.zeros((20, 20), np.int32)
    labels[0:4, 0:10], labels[10:14, 0:10] = 1, 2
    one = scene(labels)
    # Of the first, a row of four is left, of the second all.
    patch = cut(one, Crop(0, (3, 0), (16, 16)), (16, 16))
    found = targets_of(patch.labels, one.classes, one.areas)
    assert found["boxes"].tolist() == [[0, 0, 10, 1], [0, 7, 10, 11]]
    patch = cut(one, Crop(0, (3, 5), (15, 15)), (15, 15))
    found = targets_of(patch.labels, one.classes, one.areas)
    assert found["boxes"].tolist() == [[0, 7, 5, 11]]


def test_a_patch_without_objects_has_empty_targets() -> None:
    found = targets_of(torch.zeros(8, 8, dtype=torch.int32), torch.zeros(0).long())
    assert found["boxes"].shape == (0, 4)
    assert found["labels"].shape == (0,)
    assert found["masks"].shape == (0, 8, 8)


def test_patches_are_enlarged_and_filled_up() -> None:
    labels = np.zeros((10, 30), np.int32)
    labels[2:4, 10:20] = 1
    one = scene(labels)
    # Twenty rows are asked for, ten are there: half of the patch stays empty.
    patch = cut(one, Crop(0, (0, 5), (20, 20)), (40, 40))
    assert patch.image.shape == (1, 40, 40)
    assert not patch.image[:, 20:].any()
    found = targets_of(patch.labels, one.classes)
    assert found["boxes"].tolist() == [[10, 4, 30, 8]]
    reduced = cut(one, Crop(0, (0, 5), (10, 20)), (5, 10))
    assert targets_of(reduced.labels, one.classes)["boxes"].tolist() == [[2, 1, 7, 2]]


@pytest.mark.parametrize("zoom", [0.5, 1.0, 2.0])
def test_crops_hold_an_object_and_lie_inside(zoom: float) -> None:
    labels = np.zeros((50, 70), np.int32)
    labels[40:45, 60:66] = 1
    empty = scene(np.zeros((50, 70), np.int32))
    one = scene(labels)
    rng = np.random.default_rng(0)
    cropper = Cropper([empty, one], (16, 24), 1.0, rng)
    for _ in range(30):
        crop = cropper.draw(zoom, with_object=True)
        assert crop.scene == 1
        assert crop.extent == (round(16 / zoom), round(24 / zoom))
        patch = cut(one, crop, (16, 24))
        assert patch.labels.any()
        assert crop.corner[0] + crop.extent[0] <= 50
        assert crop.corner[1] + crop.extent[1] <= 70
    drawn = {cropper.draw(zoom, with_object=False).scene for _ in range(30)}
    assert drawn == {0, 1}


def test_rare_classes_are_drawn_as_often() -> None:
    labels = np.arange(100, dtype=np.int32).reshape(10, 10)
    one = scene(np.kron(labels, np.eye(3, dtype=np.int32)), [2] + [1] * 98)
    cropper = Cropper([one], (3, 3), 1.0, np.random.default_rng(0))
    rare = 0
    for _ in range(100):
        crop = cropper.draw(1.0, with_object=True)
        rare += bool((cut(one, crop, (3, 3)).labels == 1).any())
    assert 30 < rare < 80
