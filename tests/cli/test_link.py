"""Linking on the command line."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segsuite.cli.main import DONE, FAILED, main
from napari_segsuite.data.formats import describe, write_labels
from napari_segsuite.data.segments import read_segments


@pytest.fixture
def folder(tmp_path):
    """Two stacks in which an object has another id in each slice."""
    labels = np.zeros((3, 6, 8), np.int32)
    labels[0, 1:5, 1:5] = 4
    labels[1, 1:5, 2:6] = 9
    labels[2, 1:5, 2:6] = 2
    labels[2, 0, 7] = 3
    for name in ("a", "b"):
        write_labels(tmp_path / "in" / f"{name}.tif", labels, "ZYX", (2.0, 0.5, 0.5))
    return tmp_path


@pytest.fixture(autouse=True)
def inputs(tmp_path):
    (tmp_path / "in").mkdir()


def run(*words):
    return main([str(word) for word in words])


def test_a_file(folder, capsys):
    out = folder / "linked" / "a.tif"
    assert run("link", "--labels", folder / "in" / "a.tif", "--out", out) == DONE

    ref = describe(out, labels=True)
    labels = np.asarray(ref.open())
    assert (ref.axes, ref.spacing) == ("ZYX", (2.0, 0.5, 0.5))
    assert labels[:, 2, 3].tolist() == [1, 1, 1]
    segments = read_segments(out.with_suffix(".csv"))
    assert [(one.area, one.box) for one in segments.values()] == [
        (48, ((0, 3), (1, 5), (1, 6))),
        (1, ((2, 3), (0, 1), (7, 8))),
    ]
    assert capsys.readouterr().out.strip() == str(out)


def test_a_folder_with_classes(folder):
    (folder / "in" / "a.csv").write_text(
        "id,class_id,score\n4,7,0.5\n9,7,0.9\n2,7,0.7\n3,5,0.2\n"
    )
    words = ("--labels", folder / "in", "--out", folder / "linked")
    assert run("link", *words) == DONE

    segments = read_segments(folder / "linked" / "a.csv")
    assert [one.class_id for one in segments.values()] == [7, 5]
    assert segments[1].score == pytest.approx(0.7)
    assert (folder / "linked" / "b.tif").exists()


def test_options_reach_the_linking(folder):
    out = folder / "a.tif"
    words = ("--labels", folder / "in" / "a.tif", "--out", out, "--min-overlap", 0.9)
    assert run("link", *words) == DONE

    # 12 of 16 pixels are not enough between the first two slices.
    assert len(read_segments(folder / "a.csv")) == 3


def test_a_plane_is_refused(folder, capsys):
    write_labels(folder / "plane.tif", np.ones((4, 4), np.int32), "YX")
    words = ("--labels", folder / "plane.tif", "--out", folder / "out.tif")

    assert run("link", *words) == FAILED
    assert "Z or T axis" in capsys.readouterr().err
    assert not (folder / "out.tif").exists()


def test_an_existing_table_is_left_as_it_is(folder, capsys):
    (folder / "out.csv").write_text("mine")
    words = ("--labels", folder / "in" / "a.tif", "--out", folder / "out.tif")

    assert run("link", *words) == FAILED
    assert "exists" in capsys.readouterr().err
    assert not (folder / "out.tif").exists()
    assert (folder / "out.csv").read_text() == "mine"


def test_several_files_need_a_folder(folder, capsys):
    words = ("--labels", folder / "in", "--out", folder / "out.tif")

    assert run("link", *words) == FAILED
    assert "must be a folder" in capsys.readouterr().err
