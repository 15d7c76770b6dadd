"""Clicks in a CSV file."""

import pytest

from napari_segsuite.data.prompts.points_csv import read_points
from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.errors import InputError


@pytest.fixture
def points(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "points.csv"
        path.write_text(text, encoding=encoding)
        return path

    return write


def test_clicks_of_an_image(points):
    path = points("object,y,x,label\n2,1.5,3,1\n1,0,0,1\n2,4,5,0\n\n")
    assert read_points(path, "YXC") == {
        2: {
            (): PlanePrompt(clicks=(Click(y=1.5, x=3), Click(y=4, x=5, positive=False)))
        },
        1: {(): PlanePrompt(clicks=(Click(y=0, x=0),))},
    }


def test_clicks_of_a_stack_in_any_order_of_columns(points):
    path = points("Label, X ,y,z,t,object\n1,7,8,3,0,1\n1,7,8,4.0,0,1\n", "utf-8-sig")
    said = PlanePrompt(clicks=(Click(y=8, x=7),))
    assert read_points(path, "TZYX") == {1: {(0, 3): said, (0, 4): said}}


@pytest.mark.parametrize(
    ("axes", "text", "reason"),
    [
        ("YX", "", "lacks object, y, x, label"),
        ("YX", "object,y,x,label\n", "holds no points"),
        ("ZYX", "object,y,x,label\n1,2,3,1\n", "lacks z"),
        ("YX", "object,z,y,x,label\n1,0,2,3,1\n", "'z' too many"),
        ("YX", "object,y,x,x,label\n1,0,2,3,1\n", "names a column twice"),
        ("YX", "object;y;x;label\n1;2;3;1\n", "it is 'object;y;x;label'"),
        ("YX", "object,y,x,label\n1,2,3\n", "line 2: 4 fields are needed.* are 3"),
        ("YX", "object,y,x,label\n1,2,drei,1\n", "line 2: x is 'drei', but a number"),
        ("YX", "object,y,x,label\n1,nan,3,1\n", "y is 'nan', but a number"),
        ("YX", "object,y,x,label\n1,inf,3,1\n", "y is 'inf', but a number"),
        ("YX", "object,y,x,label\n0,2,3,1\n", "object is '0', but a whole number"),
        ("YX", "object,y,x,label\n1.5,2,3,1\n", "object is '1.5', but a whole"),
        ("YX", "object,y,x,label\n3e9,2,3,1\n", "object is '3e9', but a whole"),
        ("YX", "object,y,x,label\n1,2,3,2\n", "label is '2', .* from 0 to 1"),
        ("ZYX", "object,z,y,x,label\n1,0.5,2,3,1\n", "z is '0.5', but a whole"),
        ("ZYX", "object,z,y,x,label\n1,-1,2,3,1\n", "z is '-1', but a whole"),
    ],
)
def test_what_cannot_be_used_is_said(points, axes, text, reason):
    with pytest.raises(InputError, match=reason):
        read_points(points(text), axes)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_points(tmp_path / "no.csv", "YX")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x93NUMPY\x01\x00"])
def test_a_file_of_another_kind_is_said(tmp_path, content):
    (tmp_path / "p.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"p\.csv"):
        read_points(tmp_path / "p.csv", "YX")
