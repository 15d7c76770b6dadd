from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_segsuite.data.frames import Frames
from napari_segsuite.data.painted import IGNORED, survey
from napari_segsuite.engine.intensity import Scale
from napari_segsuite.engine.objects import regions as module
from napari_segsuite.engine.objects.regions import (
    Annotated,
    ObjectRegion,
    load_regions,
)
from napari_segsuite.engine.objects.targets import UNKNOWN
from napari_segsuite.engine.readers import ImageReader, LabelReader, Zoom
from napari_segsuite.engine.regions import Example
from napari_segsuite.errors import InputError
from napari_segsuite.plan.unet import UNetPlan

# Pixels say where they lie.
PLAIN = Scale(np.zeros(1, np.float32), np.full(1, 1000, np.float32))


def source(labels: NDArray[Any], axes: str, boxes: Any, step: float = 1.0) -> Annotated:
    ndim = 3 if axes.endswith("ZYX") else 2
    lens = Zoom((step,) * ndim)
    frames = Frames(labels, axes, ndim)  # type: ignore[arg-type]
    image = Frames(np.arange(labels.size).reshape(labels.shape), axes, frames.ndim)
    example = Example(
        ImageReader(image, PLAIN, lens, "it"), LabelReader(frames, lens), survey(frames)
    )
    return Annotated(example, boxes, None)


def plan(*patch: int) -> UNetPlan:
    ndim = len(patch)
    return UNetPlan(
        ndim=ndim,
        channels=1,
        patch_size=patch,
        strides=((1,) * ndim,) * 3,
        features=(2, 2, 2),
        batch_size=1,
        normalisation="range",
    )


def load(one: Annotated, *patch: int, pixels: int = 1 << 20) -> list[ObjectRegion]:
    return load_regions([one], plan(*patch), pixels, np.random.default_rng(0))


def test_only_the_boxes_are_learned_from() -> None:
    labels = np.zeros((10, 12), np.uint16)
    labels[2:5, 2:5], labels[2:5, 8:11] = 7, 9
    (region,) = load(source(labels, "YX", (((0, 8), (0, 7)),)), 2, 2)
    known = region.foreground.numpy() != IGNORED
    assert known.sum() == 8 * 7
    assert region.labels.max() == 1
    assert region.boxes.tolist() == [[[2, 2], [4, 4]]]
    assert (region.distance.numpy()[~known] == UNKNOWN).all()


def test_boxes_may_overlap_and_stand_apart() -> None:
    labels = np.zeros((10, 12), np.uint16)
    labels[2:5, 2:5] = 7
    boxes = (((0, 6), (0, 6)), ((3, 8), (3, 7)), ((9, 10), (11, 12)))
    (region,) = load(source(labels, "YX", boxes), 2, 2)
    assert int((region.foreground != IGNORED).sum()) == 36 + 20 - 9 + 1


def test_a_box_of_slices_names_frames() -> None:
    labels = np.zeros((4, 6, 6), np.uint16)
    labels[1, 2, 2], labels[3, 4, 4] = 1, 2
    regions = load(source(labels, "TYX", (((1, 3), (0, 6), (0, 6)),)), 2, 2)
    assert len(regions) == 2
    assert sorted(len(region.boxes) for region in regions) == [0, 1]


def test_slices_of_a_volume_that_are_not_annotated_are_ignored() -> None:
    labels = np.zeros((6, 5, 5), np.uint16)
    labels[2, 2, 2] = 1
    (region,) = load(source(labels, "ZYX", (((2, 3), (0, 5), (0, 5)),)), 1, 2, 2)
    known = (region.foreground.numpy() != IGNORED).any((1, 2))
    first = round(float(region.image[0, 0, 0, 0]) * 1000) // 25
    assert (np.flatnonzero(known) + first).tolist() == [2]


def test_each_pixel_of_a_large_frame_is_in_one_region(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "CELL_PIXELS", 64)
    labels = np.zeros((20, 20), np.uint16)
    labels[3:9, 3:15] = 5
    seen = np.zeros(400, int)
    regions = load(source(labels, "YX", (((0, 20), (0, 20)),)), 4, 4)
    assert len(regions) > 4
    for region in regions:
        places = np.rint(1000 * region.image[0].numpy()).astype(int)
        seen[places[region.foreground.numpy() != IGNORED]] += 1
    assert (seen == 1).all()


def test_pixels_that_the_network_sees_lie_in_the_box() -> None:
    labels = np.zeros((12, 12), np.uint16)
    labels[4:8, 4:8] = 1
    (region,) = load(source(labels, "YX", (((0, 8), (0, 8)),), 2.0), 6, 6)
    assert region.foreground.shape == (6, 6)
    assert int((region.foreground != IGNORED).sum()) == 16


def test_boxes_without_an_object_are_refused() -> None:
    labels = np.zeros((8, 8), np.uint16)
    labels[0, 0] = 1
    with pytest.raises(InputError, match="No object lies in the annotated boxes"):
        load(source(labels, "YX", (((2, 8), (2, 8)),)), 2, 2)


def test_of_too_much_some_is_loaded_with_an_object() -> None:
    labels = np.zeros((30, 8, 8), np.uint16)
    labels[17, 3, 3] = 1
    regions = load(
        source(labels, "TYX", (((0, 30), (0, 8), (0, 8)),)), 2, 2, pixels=128
    )
    assert any(len(region.boxes) for region in regions)
    assert len(regions) <= 3
