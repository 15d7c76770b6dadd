"""What a Mask R-CNN is planned to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.errors import InputError
from napari_segsuite.plan.choose_maskrcnn import (
    ObjectFingerprint,
    choose_maskrcnn_plan,
    continue_maskrcnn_plan,
    explain_maskrcnn,
    training_bytes,
)
from napari_segsuite.plan.maskrcnn import MaskRCNNChoices

GIB = 1 << 30
NUCLEI = ObjectFingerprint(
    channels=1, plane=(256, 320), width=20.0, crowding=0.002, tomography=False
)
AUTO = MaskRCNNChoices()


def test_on_a_processor_objects_of_twenty_pixels() -> None:
    plan = choose_maskrcnn_plan(NUCLEI, AUTO, 16 * GIB, gpu=False)
    assert plan.backbone == "small"
    assert plan.scale == 1.6
    assert plan.anchor_sizes == (16, 32, 64, 128, 256)
    assert plan.patch_size == (256, 256)
    assert plan.batch_size == 4
    # 256² / 1.6² * 0.002 = 51.2 objects in a patch; three times as many, in fifties.
    assert plan.detections_per_patch == 200
    assert plan.normalisation == "percentile"


def test_on_a_gpu_the_large_network() -> None:
    plan = choose_maskrcnn_plan(NUCLEI, AUTO, 80 * GIB, gpu=True)
    assert plan.backbone == "resnet50_v2"
    # 256 and 320 pixels are 409.6 and 512 at this scale: multiples of 32.
    assert plan.patch_size == (416, 512)


def test_what_people_fix_is_kept() -> None:
    choices = MaskRCNNChoices(backbone="resnet18", object_size=64)
    plan = choose_maskrcnn_plan(NUCLEI, choices, 16 * GIB, gpu=False)
    assert plan.backbone == "resnet18"
    assert plan.object_size == 64
    assert plan.scale == 0.5
    assert plan.patch_size == (128, 160)


def test_computed_tomography_keeps_its_scale() -> None:
    facts = ObjectFingerprint(1, (64, 64), 10.0, 0.001, tomography=True)
    plan = choose_maskrcnn_plan(facts, AUTO, GIB, gpu=False)
    assert plan.normalisation == "hounsfield"


@given(
    width=st.floats(1, 5000),
    plane=st.tuples(st.integers(1, 5000), st.integers(1, 5000)),
    crowding=st.floats(1e-9, 1),
    memory=st.integers(1, 64 * GIB),
    gpu=st.booleans(),
)
def test_every_plan_can_be_carried_out(
    width: float,
    plane: tuple[int, int],
    crowding: float,
    memory: int,
    gpu: bool,
) -> None:
    facts = ObjectFingerprint(1, plane, width, crowding, tomography=False)
    plan = choose_maskrcnn_plan(facts, AUTO, memory, gpu=gpu)
    assert 1 / 32 <= plan.scale <= 4
    assert all(side % 32 == 0 and side >= 32 for side in plan.patch_size)
    assert 100 <= plan.detections_per_patch <= 1000
    smallest = plan.batch_size == 1 and plan.patch_size == (32, 32)
    assert smallest or training_bytes(plan) <= memory / 2
    assert f"{plan.detections_per_patch} objects" in explain_maskrcnn(plan)


def test_further_training_sees_objects_as_before() -> None:
    before = choose_maskrcnn_plan(NUCLEI, AUTO, 16 * GIB, gpu=False)
    facts = ObjectFingerprint(1, (1000, 1000), 80.0, 0.0001, tomography=False)
    plan = continue_maskrcnn_plan(before, facts, AUTO)
    assert plan.scale == 0.4
    assert plan.anchor_sizes == before.anchor_sizes
    assert plan.patch_size == (256, 256)
    assert plan.detections_per_patch == before.detections_per_patch


def test_further_training_cannot_change_the_network() -> None:
    before = choose_maskrcnn_plan(NUCLEI, AUTO, 16 * GIB, gpu=False)
    with pytest.raises(InputError, match="backbone small"):
        continue_maskrcnn_plan(before, NUCLEI, MaskRCNNChoices(backbone="resnet50"))
    colour = ObjectFingerprint(3, (256, 256), 20.0, 0.001, tomography=False)
    with pytest.raises(InputError, match="1 channels, but the images have 3"):
        continue_maskrcnn_plan(before, colour, AUTO)


def test_the_plan_in_words() -> None:
    text = explain_maskrcnn(choose_maskrcnn_plan(NUCLEI, AUTO, 16 * GIB, gpu=False))
    assert "typically 20 pixels wide" in text
    assert "enlarged to 160%" in text
    assert "some 32 pixels wide" in text
    assert "anchors of 16, 32, 64, 128, 256 pixels" in text
