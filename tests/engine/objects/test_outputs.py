from __future__ import annotations

from typing import Any

import pytest
import torch

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.engine.objects.outputs import MEANINGS, maps_of, meanings
from napari_segsuite.models.card import ModelCard
from napari_segsuite.plan.objects import ObjectReadout


def test_maps_are_probability_and_distance() -> None:
    logits = torch.tensor([[0.0, 3.0], [0.0, 0.0], [0.0, -100.0]])
    foreground, distance = maps_of(logits)
    assert foreground.tolist() == pytest.approx([0.5, 0.0474], abs=1e-4)
    assert distance.tolist() == pytest.approx([0.5, 0.0])


def card(things: list[bool], objects: ObjectReadout | None = None) -> Any:
    classes = tuple(
        ClassInfo(id=3 * i + 1, name=f"c{i}", thing=thing)
        for i, thing in enumerate(things)
    )
    return ModelCard.model_construct(classes=classes, objects=objects)


@pytest.mark.parametrize(
    ("things", "wanted"),
    [
        ([False, True], ("background", "object")),
        ([True, False], ("object", "background")),
        ([False, True, True], ("background", "class 4", "class 7")),
        ([False, False, True], ("class 1", "class 4", "object")),
    ],
)
def test_classes_mean_what_there_is_one_of(
    things: list[bool], wanted: tuple[str, ...]
) -> None:
    assert meanings(card(things)) == wanted


def test_a_model_that_learned_objects_has_all_channels() -> None:
    assert meanings(card([False, True], ObjectReadout())) == MEANINGS
