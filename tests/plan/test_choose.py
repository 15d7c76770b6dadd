from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from napari_segsuite.errors import InputError
from napari_segsuite.plan.choose import (
    choose_plan,
    explain,
    total_stride,
    training_bytes,
)
from napari_segsuite.plan.fingerprint import Fingerprint
from napari_segsuite.plan.unet import PlanChoices

PLANE = Fingerprint(
    channels=1,
    plane=(500, 600),
    depth=1,
    slices_painted=1,
    classes_painted=2,
    spacing=None,
    spacings_differ=False,
    low=0.0,
    high=255.0,
    signed=False,
)
STACK = dataclasses.replace(
    PLANE, depth=30, plane=(60, 100), slices_painted=10, spacing=(1.0, 1.0, 1.0)
)
MUCH = 2**34


def plan_of(facts: Fingerprint, memory: int = MUCH, **choices: Any) -> Any:
    return choose_plan(facts, PlanChoices(**choices), memory)


def test_a_plane_gets_a_2d_network() -> None:
    plan = plan_of(PLANE)
    assert plan.ndim == 2
    assert plan.patch_size == (128, 128)
    assert plan.strides == ((1, 1), (2, 2), (2, 2))
    assert len(plan.features) == 3
    assert plan.normalisation == "percentile"
    assert plan.spacing is None


def test_patches_are_no_larger_than_the_image_but_a_multiple_of_the_stride() -> None:
    facts = dataclasses.replace(PLANE, plane=(1, 61))
    assert plan_of(facts).patch_size == (4, 64)


def test_a_stack_painted_in_many_slices_gets_a_3d_network() -> None:
    plan = plan_of(STACK)
    assert plan.ndim == 3
    assert plan.strides == ((1, 1, 1), (2, 2, 2), (2, 2, 2))
    assert all(n % 4 == 0 for n in plan.patch_size)


@pytest.mark.parametrize(
    "change",
    [
        {"slices_painted": 2},
        {"depth": 5},
        {"spacing": (10.0, 1.0, 1.0)},
        {"classes_painted": 3},
    ],
    ids=["one slice painted", "few slices", "thick slices", "many classes"],
)
def test_other_stacks_are_seen_slice_by_slice(change: dict[str, Any]) -> None:
    assert plan_of(dataclasses.replace(STACK, **change)).ndim == 2


def test_thick_slices_are_halved_later_than_their_pixels() -> None:
    facts = dataclasses.replace(STACK, spacing=(3.0, 1.0, 1.0))
    assert plan_of(facts).strides == ((1, 1, 1), (1, 2, 2), (2, 2, 2))


def test_a_choice_is_kept() -> None:
    plan = plan_of(
        STACK,
        dimensions="2d",
        patch_size=32,
        levels=4,
        features=8,
        batch_size=7,
        normalisation="zscore",
    )
    assert plan.ndim == 2
    assert plan.patch_size == (32, 32)
    assert plan.features == (8, 16, 32, 64)
    assert plan.batch_size == 7
    assert plan.normalisation == "zscore"


def test_3d_without_z_is_refused() -> None:
    with pytest.raises(InputError, match="needs stacks of several slices"):
        plan_of(PLANE, dimensions="3d")


def test_spacing_is_common_where_images_differ() -> None:
    facts = dataclasses.replace(PLANE, spacing=(0.4, 0.4), spacings_differ=True)
    assert plan_of(facts).spacing == (0.4, 0.4)
    assert plan_of(facts, spacing=0.8).spacing == (0.8, 0.8)
    assert plan_of(dataclasses.replace(facts, spacings_differ=False)).spacing is None


def test_a_spacing_for_images_without_one_is_refused() -> None:
    with pytest.raises(InputError, match="not every image says how large"):
        plan_of(PLANE, spacing=0.5)


def test_air_below_zero_means_hounsfield_units() -> None:
    ct = dataclasses.replace(STACK, low=-1024.0, high=1800.0, signed=True)
    assert plan_of(ct).normalisation == "hounsfield"
    assert plan_of(dataclasses.replace(ct, low=-20.0)).normalisation == "percentile"


def test_little_memory_makes_a_small_step() -> None:
    memory = 20 * 2**20
    plan = plan_of(PLANE, memory)
    assert training_bytes(plan) <= memory / 2
    assert plan.batch_size == 1
    fixed = plan_of(PLANE, memory, patch_size=128, batch_size=4)
    assert fixed.patch_size == (128, 128)
    assert fixed.batch_size == 4


def test_total_stride_multiplies_along_each_axis() -> None:
    assert total_stride(((1, 1, 1), (1, 2, 2), (2, 2, 2))) == (2, 4, 4)


def test_the_plan_is_explained_in_words() -> None:
    text = explain(plan_of(PLANE))
    assert "3 levels" in text
    assert "single slices (2D) of 1 channel" in text
    assert "4 patches of 128 × 128 pixels" in text


def test_too_few_levels_are_refused() -> None:
    with pytest.raises(InputError, match="at least 3 levels, but 2"):
        plan_of(PLANE, levels=2)
