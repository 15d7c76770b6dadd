from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_segsuite.data.frames import Frames
from napari_segsuite.data.painted import check_painting, survey
from napari_segsuite.engine import regions as module
from napari_segsuite.engine.intensity import Scale
from napari_segsuite.engine.readers import ImageReader, LabelReader, Zoom
from napari_segsuite.engine.regions import Example, load_regions
from napari_segsuite.plan.unet import UNetPlan

PLAN = UNetPlan(
    ndim=2,
    channels=1,
    patch_size=(4, 4),
    strides=((1, 1), (2, 2)),
    features=(4, 8),
    batch_size=1,
    normalisation="range",
)
SAME = Zoom((1.0, 1.0))


def example(labels: NDArray[np.uint8], axes: str = "YX") -> Example:
    image = np.arange(labels.size, dtype=np.float32).reshape(labels.shape)
    scale = Scale(np.zeros(1, np.float32), np.full(1, labels.size, np.float32))
    frames = Frames(labels, axes, 2)
    return Example(
        ImageReader(Frames(image, axes, 2), scale, SAME, "it"),
        LabelReader(frames, SAME),
        survey(frames),
    )


def load(
    one: Example, *, background: bool = False, pixels: int = 10**6
) -> list[module.Region]:
    painted = check_painting(one.survey, unpainted_is_background=background)
    rng = np.random.default_rng(0)
    return load_regions([one], PLAN, painted, painted.ids, pixels, rng)


def test_the_painted_box_is_loaded_with_a_patch_around_it() -> None:
    labels = np.zeros((40, 40), np.uint8)
    labels[10, 20:23], labels[11, 20] = 1, 3
    (region,) = load(example(labels))
    assert region.target.shape == (4 + 2 + 4, 4 + 3 + 4)
    assert region.target[4, 4:7].tolist() == [0, 0, 0]
    assert region.target[5, 4:7].tolist() == [1, -1, -1]
    assert (region.target >= 0).sum() == 4
    assert region.image[0, 4, 4] == pytest.approx((10 * 40 + 20) / 1600)


def test_unpainted_background_needs_the_whole_frame() -> None:
    labels = np.zeros((9, 7), np.uint8)
    labels[4, 4] = 2
    (region,) = load(example(labels), background=True)
    assert region.target.shape == (9, 7)
    assert (region.target >= 0).all()
    assert region.target[4, 4] != region.target[0, 0]


def test_frames_without_paint_are_not_loaded() -> None:
    labels = np.zeros((5, 8, 8), np.uint8)
    labels[3, 2, 2:4] = [1, 2]
    assert len(load(example(labels, "TYX"))) == 1


def test_unpainted_slices_of_a_volume_are_ignored() -> None:
    """One painted slice: a network for volumes learns from its pixels alone."""
    labels = np.zeros((7, 8, 8), np.uint8)
    labels[3, 2, 2:5] = [1, 2, 2]
    volumes = PLAN.replace(ndim=3, patch_size=(4, 4, 4), strides=((1, 1, 1), (2, 2, 2)))
    frames = Frames(labels, "ZYX", 3)
    image = Frames(np.ones(labels.shape, np.float32), "ZYX", 3)
    scale = Scale(np.zeros(1, np.float32), np.ones(1, np.float32))
    same = Zoom((1.0, 1.0, 1.0))
    one = Example(
        ImageReader(image, scale, same, "it"), LabelReader(frames, same), survey(frames)
    )
    painted = check_painting(one.survey)
    rng = np.random.default_rng(0)
    (region,) = load_regions([one], volumes, painted, painted.ids, 10**6, rng)
    assert (region.target >= 0).sum() == 3
    assert len(set(np.nonzero(np.asarray(region.target) >= 0)[0].tolist())) == 1


def test_an_image_smaller_than_a_patch_is_continued() -> None:
    (region,) = load(example(np.array([[1, 2, 0]], np.uint8)))
    assert region.target.tolist() == [[0, 1, -1, -1]] + [[-1] * 4] * 3
    assert region.image[0, 3].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3])


def test_large_boxes_are_cut_and_each_pixel_is_kept_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "CELL_PIXELS", 100)
    labels = np.ones((30, 30), np.uint8)
    labels[:, 15:] = 2
    found = load(example(labels))
    assert len(found) > 4
    assert sum(int((r.target >= 0).sum()) for r in found) == 900


def test_a_small_budget_still_has_every_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CELL_PIXELS", 100)
    labels = np.ones((60, 60), np.uint8)
    labels[59, 59] = 2
    found = load(example(labels), pixels=1)
    assert len(found) == 2
    assert {int(i) for r in found for i in np.unique(r.target)} == {-1, 0, 1}
