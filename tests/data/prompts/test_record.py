"""Records survive files, and hostile ones are refused."""

import json

import numpy as np
import pytest

from napari_segsuite.data.prompts.objects import PromptedObject
from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.prompts.record import (
    PromptRecord,
    load_record,
    read_record,
    record_path,
    write_record,
)
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError, StorageError

SQUARE = MaskRuns.of(np.ones((2, 2), bool), (1, 1))


@pytest.fixture
def record():
    said = PlanePrompt(clicks=(Click(y=1, x=2),), box=(0, 0, 3, 3), mask=SQUARE)
    return PromptRecord(
        model="click-2d",
        model_sha256="0" * 64,
        image="cells.tif",
        axes="ZYX",
        shape=(3, 4, 5),
        spacing=(1.0, 0.5, 0.5),
        shown=InputMap(channels=(1,), windows=((0, 10.5),)),
        objects=(
            PromptedObject(
                id=4,
                class_id=2,
                prompts={(1,): said},
                chosen={(1,): 1},
                masks={(1,): SQUARE, (2,): SQUARE},
            ),
        ),
    )


def test_records_survive_files_and_metadata(record, tmp_path):
    path = tmp_path / "cells.prompts.json"
    write_record(path, record)
    assert read_record(path) == record
    assert load_record(record.model_dump(mode="json")) == record
    with pytest.raises(StorageError, match="exists already"):
        write_record(path, record)
    write_record(path, record.replace(objects=()), overwrite=True)
    assert read_record(path).objects == ()


@pytest.mark.parametrize(
    ("labels", "name"),
    [("a.tif", "a"), ("a.b.ome.tif", "a.b"), ("a.nii.gz", "a"), ("a.zarr", "a")],
)
def test_records_lie_beside_labels(tmp_path, labels, name):
    assert record_path(tmp_path / labels) == tmp_path / f"{name}.prompts.json"


def _changed(record, *path, value):
    values = record.model_dump(mode="json")
    part = values
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    return values


OBJECT = ("objects", 0)
HUGE = {"offset": [0, 0], "shape": [2**40, 2**20], "runs": [2**60]}
OUTSIDE = {"offset": [0, -1], "shape": [1, 1], "runs": [0, 1]}


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("format_version",), 2, "has format 2; .* Update"),
        (("format_version",), "1", "format_version"),
        (("model_sha256",), "x", "model_sha256"),
        (("axes",), "YX", "name 2 dimensions"),
        (("axes",), "CYX", "cannot have axes CYX"),
        (("shape",), [3, 0, 5], "cannot have"),
        (("shape",), [3, 4.5, 5], "shape"),
        (("spacing",), [1, 1], "cannot have spacing"),
        (("spacing",), [1, 1, float("nan")], "spacing"),
        (("more",), 1, "more"),
        ((*OBJECT, "id"), "4", "id"),
        ((*OBJECT, "masks", "3"), HUGE, r"no place at plane \(3,\)"),
        ((*OBJECT, "masks", "1"), HUGE, "lies outside"),
        ((*OBJECT, "masks", "1"), OUTSIDE, "lies outside"),
        ((*OBJECT, "masks", "1,1"), OUTSIDE, "no place"),
        ((*OBJECT, "masks", "x"), OUTSIDE, "invalid literal"),
        ((*OBJECT, "prompts", "1", "mask"), HUGE, "lies outside"),
        ((*OBJECT, "prompts", "1", "clicks"), [{"y": 9, "x": 0}], "lies outside"),
        ((*OBJECT, "prompts", "1", "clicks"), [{"y": float("nan"), "x": 0}], "finite"),
        ((*OBJECT, "chosen", "1"), 3, "chosen"),
    ],
)
def test_what_cannot_be_is_refused(record, tmp_path, path, value, reason):
    values = _changed(record, *path, value=value)
    with pytest.raises(InputError, match=reason):
        load_record(values)
    (tmp_path / "r.json").write_text(json.dumps(values))
    with pytest.raises(InputError, match=r"r\.json"):
        read_record(tmp_path / "r.json")


def test_two_objects_of_one_id_are_refused(record):
    values = record.model_dump(mode="json")
    values["objects"] *= 2
    with pytest.raises(InputError, match="same id"):
        load_record(values)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "1", "null", "[" * 100_000, '{"axes": "YX", "axes": "YX"}']
)
def test_other_files_are_refused(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(InputError, match=r"r\.json"):
        read_record(tmp_path / "r.json")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_record(tmp_path / "r.json")


@pytest.mark.parametrize("values", [None, [], {1: 2}, {"a": object()}, np.ones(2)])
def test_other_metadata_is_refused(values):
    with pytest.raises(InputError, match="record of prompts"):
        load_record(values)
