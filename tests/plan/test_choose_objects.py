from __future__ import annotations

from dataclasses import replace

import pytest

from napari_segsuite.plan.choose_objects import choose_object_plan
from napari_segsuite.plan.fingerprint import Fingerprint
from napari_segsuite.plan.unet import PlanChoices, UNetPlan

FACTS = Fingerprint(
    channels=1,
    plane=(512, 512),
    depth=1,
    slices_painted=1,
    classes_painted=300,
    spacing=None,
    spacings_differ=False,
    low=0.0,
    high=255.0,
    signed=False,
)


def plan(
    width: float = 20.0,
    seconds: float = 60.0,
    choices: PlanChoices | None = None,
    facts: Fingerprint = FACTS,
) -> UNetPlan:
    wanted = choices or PlanChoices()
    return choose_object_plan(facts, width, wanted, 1 << 34, seconds)


def test_wide_objects_need_a_network_that_sees_far() -> None:
    assert len(plan(20.0).features) == 4
    assert len(plan(60.0).features) == 5


def test_a_long_training_has_more_features_and_longer_epochs() -> None:
    assert (plan().features[0], plan().steps_per_epoch) == (16, 20)
    long = plan(seconds=3600.0)
    assert (long.features[0], long.steps_per_epoch) == (32, 100)


@pytest.mark.parametrize("width", [20.0, 60.0])
def test_what_is_fixed_stays(width: float) -> None:
    chosen = plan(width, 3600.0, PlanChoices(levels=3, features=8))
    assert chosen.features == (8, 16, 32)


def test_many_objects_in_a_stack_are_seen_in_3d() -> None:
    deep = replace(FACTS, depth=30, slices_painted=30)
    assert plan(facts=deep).ndim == 3
