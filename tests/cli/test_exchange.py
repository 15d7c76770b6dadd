"""Export, import and merge on the command line."""

import json

import numpy as np
import pytest

from napari_segsuite.cli.main import DONE, FAILED, main
from napari_segsuite.data.formats import describe, write_labels
from napari_segsuite.data.segments import read_segments


@pytest.fixture
def folder(tmp_path):
    """A folder with images and labels of two pictures."""
    for sub in ("images", "labels"):
        (tmp_path / sub).mkdir()
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        labels = rng.integers(0, 4, (12, 15)).astype(np.int32) * 100
        write_labels(tmp_path / "labels" / f"{name}.tif", labels, "YX")
        np.save(tmp_path / "images" / f"{name}.npy", rng.random((12, 15)))
    return tmp_path


def pixels(path):
    return np.asarray(describe(path, labels=True).open())


def same(one, other):
    return all(
        np.array_equal(pixels(one / f"{name}.tif"), pixels(other / f"{name}.tif"))
        for name in ("a", "b")
    )


def run(*words):
    return main([str(word) for word in words])


@pytest.mark.parametrize("shape", ["rle", "polygons"])
def test_coco_there_and_back(folder, capsys, shape):
    file, images = folder / "c.json", folder / "images"
    labels = folder / "labels"
    words = ("--out", file, "--image", images, "--shape", shape)
    assert run("export", "coco", "--labels", labels, *words) == DONE
    content = json.loads(file.read_text())
    assert [one["file_name"] for one in content["images"]] == ["a.npy", "b.npy"]

    words = ("--out", folder / "back", "--image", images)
    assert run("import", "coco", "--file", file, *words) == DONE
    assert same(labels, folder / "back")
    assert "2 images, 6 objects." in capsys.readouterr().err


def test_panoptic_there_and_back(folder):
    labels = folder / "labels"
    out = folder / "out"
    assert run("export", "coco-panoptic", "--labels", labels, "--out", out) == DONE
    file = out / "panoptic.json"
    words = ("--file", file, "--out", folder / "back")
    assert run("import", "coco-panoptic", *words) == DONE
    assert same(labels, folder / "back")


def test_imagej_there_and_back(folder):
    labels, rois = folder / "labels", folder / "rois"
    assert run("export", "imagej", "--labels", labels, "--out", rois) == DONE
    assert sorted(path.name for path in rois.iterdir()) == ["a.zip", "b.zip"]
    words = ("--file", rois, "--image", folder / "images", "--out", folder / "back")
    assert run("import", "imagej", *words) == DONE
    assert same(labels, folder / "back")


def test_nothing_is_half_imported(folder, capsys):
    file = folder / "c.json"
    run("export", "coco", "--labels", folder / "labels", "--out", file)
    content = json.loads(file.read_text())
    content["annotations"][-1]["segmentation"]["counts"] = "broken"
    file.write_text(json.dumps(content))
    before = sorted(folder.iterdir())

    words = ("--file", file, "--out", folder / "back")
    assert run("import", "coco", *words) == FAILED
    assert "annotation 6 of image “b”" in capsys.readouterr().err
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("missing", [True, False])
def test_images_must_be_there_and_of_the_size_that_is_said(folder, capsys, missing):
    file = folder / "c.json"
    run("export", "coco", "--labels", folder / "labels", "--out", file)
    image = folder / "images" / "b.npy"
    image.unlink()
    if not missing:
        np.save(image, np.zeros((5, 15)))
    words = ("--image", folder / "images", "--out", folder / "back")
    assert run("import", "coco", "--file", file, *words) == FAILED
    told = capsys.readouterr().err
    assert ("not there: b" if missing else "12 × 15") in told
    assert not (folder / "back").exists()


def test_stacks_are_for_imagej(folder, capsys):
    stack = folder / "z.tif"
    write_labels(stack, np.ones((3, 4, 5), np.uint8), "ZYX")
    words = ("--labels", stack, "--out", folder / "c.json")
    assert run("export", "coco", *words) == FAILED
    assert "ROIs of ImageJ" in capsys.readouterr().err


def test_merge_writes_labels_and_a_table_that_evaluate_understands(folder, capsys):
    semantic = folder / "semantic.tif"
    write_labels(semantic, np.repeat([[1, 2]], 12, 0).repeat([7, 8], 1), "YX")
    classes = folder / "classes.json"
    kinds = (("sky", False), ("ground", False), ("cell", True))
    table = [{"id": n, "name": k, "thing": t} for n, (k, t) in enumerate(kinds, 1)]
    classes.write_text(json.dumps(table))
    out = folder / "panoptic.tif"
    words = ("--instances", folder / "labels" / "a.tif", "--classes", classes)
    limit = ("--out", out, "--stuff-area", 0)
    assert run("merge", "--semantic", semantic, *words, *limit) == DONE

    objects = pixels(folder / "labels" / "a.tif")
    merged = pixels(out)
    assert np.array_equal(merged // 1000 == 3, objects > 0)
    found = read_segments(folder / "panoptic.csv")
    assert sorted(found) == [1, 2, 3001, 3002, 3003]
    assert sum(one.area for one in found.values()) == merged.size
    pair = ("--truth", out, "--prediction", out, "--mode", "panoptic")
    assert run("evaluate", *pair) == DONE
    assert "1.0000" in capsys.readouterr().out
    assert run("merge", "--semantic", semantic, *words, *limit) == FAILED


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "cannot be read as a class table"),
        ('[{"id": 0, "name": "a"}]', "is no class table"),
        ('[{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]', "two classes have one id"),
        ('[{"id": 1, "name": "a", "thing": false}]', "0 classes are things"),
    ],
)
def test_a_class_table_that_will_not_do(folder, capsys, text, told):
    classes = folder / "classes.json"
    classes.write_text(text)
    labels = folder / "labels"
    words = ("--instances", labels, "--classes", classes, "--out", folder / "out")
    assert run("merge", "--semantic", labels, *words) == FAILED
    assert told in capsys.readouterr().err
