"""Objects: no pixel belongs to two, and together they are the labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from napari_segsuite.data.prompts.objects import (
    PromptedObject,
    free_id,
    paint,
    with_object,
)
from napari_segsuite.data.prompts.overlap import without
from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns


def square(y, x, size=2):
    return MaskRuns.of(np.ones((size, size), bool), (y, x))


def test_objects_survive_json():
    one = PromptedObject(
        id=7,
        class_id=2,
        prompts={(3, 1): PlanePrompt(clicks=(Click(y=1, x=2),)), (0, 0): PlanePrompt()},
        chosen={(3, 1): 2},
        masks={(3, 1): square(1, 2)},
    )
    assert '"3,1"' in one.model_dump_json()
    assert PromptedObject.model_validate_json(one.model_dump_json()) == one
    assert PromptedObject.model_validate(one.model_dump(mode="json")) == one
    flat = PromptedObject(id=1, masks={(): square(0, 0)})
    assert PromptedObject.model_validate_json(flat.model_dump_json()) == flat


@pytest.mark.parametrize(
    "values",
    [
        {"id": 0},
        {"id": 2**31},
        {"id": 1, "class_id": 0},
        {"id": 1, "chosen": {"1": 3}},
        {"id": 1, "masks": {"z": square(0, 0)}},
    ],
)
def test_what_cannot_be_is_refused(values):
    with pytest.raises(ValidationError):
        PromptedObject.model_validate(values)


def test_a_new_object_takes_pixels_from_the_others():
    first = PromptedObject(id=1, masks={(0,): square(0, 0), (1,): square(0, 0)})
    second = PromptedObject(id=2, masks={(0,): square(1, 1)})
    objects = with_object((first,), second)
    assert [one.id for one in objects] == [1, 2]
    assert objects[0].masks[0,].array().tolist() == [[True, True], [True, False]]
    assert objects[0].masks[1,] == square(0, 0)
    assert (objects[0].area, objects[1].area) == (7, 4)


def test_an_object_that_lost_all_pixels_keeps_its_prompts():
    said = {(): PlanePrompt(clicks=(Click(y=0, x=0),))}
    first = PromptedObject(id=1, prompts=said, masks={(): square(0, 0)})
    (left, _) = with_object((first,), PromptedObject(id=2, masks={(): square(0, 0, 3)}))
    assert left == PromptedObject(id=1, prompts=said)


def test_an_object_takes_its_own_place():
    objects = (PromptedObject(id=5), PromptedObject(id=6))
    new = PromptedObject(id=5, masks={(): square(0, 0)})
    assert with_object(objects, new) == (new, objects[1])


def test_ids_are_above_all_others():
    assert free_id(()) == 1
    assert free_id((PromptedObject(id=4), PromptedObject(id=2)), (3, 9)) == 10


@given(
    arrays(bool, (3, 4)),
    arrays(bool, (4, 3)),
    st.tuples(st.integers(-3, 3), st.integers(-3, 3)),
)
def test_masks_without_others(mask, other, offset):
    left = without(MaskRuns.of(mask, (3, 3)), MaskRuns.of(other, offset))
    expected = MaskRuns.of(mask, (3, 3)).on_plane((12, 12))
    expected &= ~MaskRuns.of(other, offset).on_plane((12, 12))
    np.testing.assert_array_equal(left.on_plane((12, 12)), expected)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(-1, 5), st.integers(0, 5))))
def test_painting_objects_is_painting_them_one_by_one(steps):
    expected, objects = np.zeros((2, 6, 6), np.uint8), ()
    for id_, y, x in steps:
        index = (id_ % 2,)
        objects = with_object(
            objects, PromptedObject(id=id_, masks={index: square(y, x)})
        )
        expected[expected == id_] = 0
        expected[index][square(y, x).on_plane((6, 6))] = id_
    labels = np.zeros((2, 6, 6), np.uint8)
    paint(objects, labels)
    np.testing.assert_array_equal(labels, expected)
