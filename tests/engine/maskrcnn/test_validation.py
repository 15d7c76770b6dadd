"""What is held out of training, and how it is scored."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from napari_segsuite.data.object_boxes import object_boxes
from napari_segsuite.engine.maskrcnn.scenes import Scene, _scene
from napari_segsuite.engine.maskrcnn.validation import Validation, hold_out
from napari_segsuite.plan.choose_maskrcnn import (
    ObjectFingerprint,
    choose_maskrcnn_plan,
)
from napari_segsuite.plan.maskrcnn import MaskRCNNChoices

FACTS = ObjectFingerprint(1, (64, 64), 8.0, 0.01, tomography=False)
PLAN = choose_maskrcnn_plan(FACTS, MaskRCNNChoices(), 1 << 34, gpu=False)


def made(labels: NDArray[np.int32], picture: int = 0) -> Scene:
    objects = object_boxes(labels)
    image = torch.from_numpy(labels > 0)[None].float()
    return _scene(picture, image, objects, dict.fromkeys(objects, 1))


def some(count: int, shape: tuple[int, int] = (20, 20)) -> NDArray[np.int32]:
    labels = np.zeros(shape, np.int32)
    for i in range(count):
        labels[4 * i + 1 : 4 * i + 3, 2:6] = i + 1
    return labels


def test_whole_images_are_held_out() -> None:
    scenes = [made(some(2), picture=i // 2) for i in range(20)]
    seen, held_out = hold_out(scenes, np.random.default_rng(0))
    assert len(held_out) == 2
    (picture,) = {scene.picture for scene in held_out}
    assert picture not in {scene.picture for scene in seen}
    assert len(seen) == 18


def test_of_a_stack_the_last_planes() -> None:
    scenes = [made(some(2)) for _ in range(6)] + [made(some(0))]
    seen, held_out = hold_out(scenes, np.random.default_rng(0))
    assert held_out == [scenes[5]]
    assert len(seen) == 6


def test_of_a_single_plane_its_end() -> None:
    labels = some(40, (170, 20))
    seen, held_out = hold_out([made(labels)], np.random.default_rng(0))
    assert seen[0].labels.shape == (136, 20)
    assert held_out[0].labels.shape == (34, 20)
    assert len(seen[0].areas) == 34
    assert len(held_out[0].areas) == 6
    # Numbers start anew, in step with classes, areas and centres.
    assert held_out[0].labels.unique().tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert held_out[0].centres[0].tolist() == [2.0, 4.0]


def test_too_few_objects_are_all_seen() -> None:
    seen, held_out = hold_out([made(some(4))], np.random.default_rng(0))
    assert len(seen[0].areas) == 4
    assert held_out == []
    validation = Validation(held_out, PLAN, np.random.default_rng(0))
    assert validation.is_empty
    assert math.isnan(validation.f1(None, None))  # type: ignore[arg-type]
