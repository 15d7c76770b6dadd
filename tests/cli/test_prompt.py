"""``segsuite prompt``: points in, labels and a record out."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_segsuite.cli.main import main, parse
from napari_segsuite.cli.prompt_files import prompt_files
from napari_segsuite.data.formats import describe
from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.data.prompts.record import read_record
from napari_segsuite.errors import InputError


@pytest.fixture
def plane() -> np.ndarray:
    """Return two bars, of 15 and of 8 pixels."""
    plane = np.zeros((12, 16), np.uint8)
    plane[2:5, 2:7] = 200
    plane[8:10, 8:12] = 200
    return plane


@pytest.fixture
def prompt(flood_model, tmp_path, monkeypatch):
    """Return what runs the command in the temporary folder."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> int:
        return main(["prompt", "--model", str(flood_model), "--device", "cpu", *words])

    return run


BOTH = "object,y,x,label\n7,3,3,1\n2,8,9,1\n7,2,2,0\n"


def test_points_become_labels_with_a_record(prompt, plane, tmp_path, capsys):
    tifffile.imwrite(
        "cells.tif",
        plane,
        ome=True,
        metadata={"axes": "YX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.25},
    )
    Path("clicks.csv").write_text(BOTH)
    words = ("--image", "cells.tif", "--points", "clicks.csv", "--out", "out.tif")
    assert prompt(*words) == 0
    said = capsys.readouterr()
    assert said.out == "out.tif\n"
    assert "2 objects." in said.err
    ref = describe(Path("out.tif"), labels=True)
    assert (ref.axes, ref.spacing) == ("YX", (0.25, 0.5))
    labels = np.asarray(ref.open())
    assert (labels.dtype, np.bincount(labels.ravel()).tolist()) == (
        np.uint8,
        [192 - 11 - 8, 0, 8, 0, 0, 0, 0, 11],
    )
    record = read_record(tmp_path / "out.prompts.json")
    assert sorted(one.id for one in record.objects) == [2, 7]
    assert prompt(*words) == 1
    assert "out.tif exists already" in capsys.readouterr().err


def test_folders_are_paired_by_name(prompt, plane, capsys):
    for folder in ("images", "points"):
        Path(folder).mkdir()
    for name in "ab":
        np.save(f"images/{name}.npy", plane)
        Path(f"points/{name}.csv").write_text(BOTH)
    Path("points/b.csv").write_text("object,y,x,label\n3,99,0,1\n")
    words = ("--image", "images", "--points", "points", "--out", "out")
    assert prompt(*words) == 1
    said = capsys.readouterr()
    assert Path(said.out.strip()) == Path("out/a.tif")
    assert "Object 3: The click at y 99, x 0 lies outside" in said.err
    assert "1 of 2 images failed: images/b.npy" in said.err
    assert {path.name for path in Path("out").iterdir()} == {"a.tif", "a.prompts.json"}


def test_objects_are_followed_through_a_stack(prompt, plane):
    stack = np.stack([np.stack([plane] * 3 + [plane * 0])] * 2)
    np.save("stack.npy", stack)
    Path("p.csv").write_text("object,t,z,y,x,label\n1,1,0,3,3,1\n2,0,2,8,9,1\n")
    words = ("--image", "stack.npy", "--axes", "TZYX", "--points", "p.csv")
    words += ("--pixel-size", "2", "0.5", "0.5")
    assert prompt(*words, "--out", "planes.tif") == 0
    labels = np.asarray(describe(Path("planes.tif")).open())
    counts = [
        [np.bincount(p.ravel(), minlength=3)[1:].tolist() for p in v] for v in labels
    ]
    none = [0, 0]
    assert counts == [[none, none, [0, 8], none], [[15, 0], none, none, none]]
    assert prompt(*words, "--out", "followed.tif", "--follow") == 0
    ref = describe(Path("followed.tif"))
    assert ref.spacing == (2.0, 0.5, 0.5)
    labels = np.asarray(ref.open())
    counts = [
        [np.bincount(p.ravel(), minlength=3)[1:].tolist() for p in v] for v in labels
    ]
    assert counts == [[[0, 8]] * 3 + [none], [[15, 0]] * 3 + [none]]
    assert prompt(*words, "--out", "none.tif", "--follow", "--first", "3") == 1
    assert not Path("none.tif").exists()


def test_a_record_is_replayed(prompt, plane, flood_model):
    np.save("cells.npy", plane)
    Path("clicks.csv").write_text(BOTH)
    assert (
        prompt("--image", "cells.npy", "--points", "clicks.csv", "--out", "a.tif") == 0
    )
    words = ["--image", "cells.npy", "--record", "a.prompts.json"]
    # Without a model, the masks are those of the record.
    assert main(["prompt", *words, "--out", "b.tif"]) == 0
    assert Path("b.prompts.json").read_text() == Path("a.prompts.json").read_text()
    np.save("cells.npy", plane // 200 * 90)
    np.save("cells.npy", np.where(np.indices(plane.shape)[0] < 6, plane, 0))
    assert prompt(*words, "--out", "c.tif") == 0
    first = np.asarray(describe(Path("b.tif")).open())
    anew = np.asarray(describe(Path("c.tif")).open())
    np.testing.assert_array_equal(anew, np.where(first == 7, 7, 0))


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        ((), 2, "either --points or --record"),
        (("--points", "p.csv", "--record", "r.json"), 2, "either --points or"),
        (("--points", "no.csv"), 1, "no file or folder no.csv"),
        (("--points", "p.csv", "--agreement", "2"), 2, "--agreement"),
        (("--points", "p.csv", "--follow"), 1, "cannot be followed along T"),
        (("--record", "p.csv"), 1, "p.csv holds no record"),
    ],
)
def test_what_cannot_be_is_said(prompt, plane, capsys, words, code, reason):
    np.save("cells.npy", plane)
    Path("p.csv").write_text(BOTH)
    assert prompt("--image", "cells.npy", "--out", "out.tif", *words) == code
    assert reason in " ".join(capsys.readouterr().err.split())
    assert not list(Path().glob("out*"))


def test_what_the_model_sees_is_said() -> None:
    words = "--image i.tif --points p.csv --out o.tif --channels 1 0"
    command = parse(["prompt", *words.split(), "--windows", "0", "100", "5", "9.5"])
    assert command.shown == InputMap(channels=(1, 0), windows=((0, 100), (5, 9.5)))


def test_ctrl_c_ends_with_130_and_leaves_nothing(prompt, plane, monkeypatch, capsys):
    import segsuite_flood

    np.save("cells.npy", plane)
    Path("p.csv").write_text(BOTH)
    monkeypatch.setattr(
        segsuite_flood.FloodModel,
        "segment",
        lambda *_: signal.raise_signal(signal.SIGINT),
    )
    words = ("--image", "cells.npy", "--points", "p.csv", "--out", "o.tif")
    assert prompt(*words) == 130
    assert "cancelled" in capsys.readouterr().err
    assert not list(Path().glob("o.*"))


def test_an_unknown_kind_of_model_is_refused(
    plane, tmp_path, monkeypatch, capsys, flood_model
):
    monkeypatch.chdir(tmp_path)
    np.save("cells.npy", plane)
    Path("p.csv").write_text(BOTH)
    card = (flood_model / "model.json").read_text().replace('"click"', '"yolo"')
    (flood_model / "model.json").write_text(card)
    words = ["--image", "cells.npy", "--points", "p.csv", "--out", "o.tif"]
    assert main(["prompt", "--model", str(flood_model), *words]) == 1
    assert "of the kind 'yolo'" in capsys.readouterr().err


def test_files_are_paired_or_complained_about(tmp_path):
    for name in ("i/a.tif", "i/b.png", "r/a.prompts.json", "r/b.prompts.json", "r/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    images, records = [tmp_path / "i"], [tmp_path / "r"]
    found = prompt_files(images, records, ".prompts.json", tmp_path / "o")
    assert [(f.image.name, f.said.name, f.out) for f in found] == [
        ("a.tif", "a.prompts.json", tmp_path / "o" / "a.tif"),
        ("b.png", "b.prompts.json", tmp_path / "o" / "b.tif"),
    ]
    with pytest.raises(InputError, match="--out must be a folder"):
        prompt_files(images, records, ".prompts.json", tmp_path / "o.tif")
    with pytest.raises(InputError, match=r"no file that ends in \.csv"):
        prompt_files(images, records, ".csv", tmp_path / "o")
    (tmp_path / "r" / "b.prompts.json").unlink()
    with pytest.raises(InputError, match=r"no partner: .*b\.png"):
        prompt_files(images, records, ".prompts.json", tmp_path / "o")
    one = prompt_files([tmp_path / "i" / "b.png"], records, ".prompts.json", tmp_path)
    assert one[0].out == tmp_path / "b.tif"
