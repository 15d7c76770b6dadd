"""Labels go out to every format and come back as they were."""

import json

import numpy as np
import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.segments import Segment, read_segments, write_segments
from napari_segsuite.errors import InputError, StorageError
from napari_segsuite.jobs.base import dump_job, load_job
from napari_segsuite.jobs.exchange import ExportLabels, ImportLabels
from napari_segsuite.runners.inline import InlineRunner

CLASSES = (ClassInfo(id=3, name="cell"), ClassInfo(id=4, name="vessel"))
LABELS = np.zeros((12, 15), np.int32)
LABELS[1:5, 2:9] = 7
LABELS[6:11, 3:6] = 8
LABELS[8, 4] = 0


def run(job):
    with InlineRunner() as runner:
        return runner.submit(job).result()


@pytest.fixture
def export(tmp_path):
    def make(kind, out, labels=LABELS, axes="YX", **fields):
        np.save(tmp_path / "labels.npy", labels)
        table = tmp_path / "known.csv"
        table.unlink(missing_ok=True)
        known = (
            Segment(id=7, class_id=3, score=0.75),
            Segment(id=8, class_id=4, score=0.5),
        )
        write_segments(table, known, CLASSES)
        return ExportLabels(
            labels=ArrayRef(path=tmp_path / "labels.npy", axes=axes),
            image_name="im.png",
            format=kind,
            out=tmp_path / out,
            table=table,
            classes=CLASSES,
            **fields,
        )

    return make


@pytest.mark.parametrize(
    ("kind", "out", "source"),
    [
        ("coco", "a.json", "a.json"),
        ("panoptic", "folder", "folder/panoptic.json"),
        ("imagej", "a.zip", "a.zip"),
    ],
)
def test_what_is_exported_comes_back(export, tmp_path, kind, out, source):
    assert run(export(kind, out)).objects == 2
    job = ImportLabels(
        source=tmp_path / source,
        format=kind,
        out=tmp_path / "in",
        image_name="im.tif",
        shape=(12, 15),
    )
    assert load_job(dump_job(job)) == job
    found = run(job)
    (image,) = found.images
    np.testing.assert_array_equal(image.labels.open(), LABELS)
    assert (image.name, found.objects, found.hidden) == ("im", 2, 0)
    classes = {i: one.class_id for i, one in read_segments(image.table).items()}
    assert classes == {7: 3, 8: 4}
    if kind == "coco":
        assert read_segments(image.table)[7].score == 0.75


def test_stacks_are_for_imagej_alone(export, tmp_path):
    stack = np.stack([LABELS, LABELS])
    for kind, out in (("coco", "a.json"), ("panoptic", "folder")):
        with pytest.raises(InputError, match="know planes only"):
            run(export(kind, out, stack, "ZYX"))
        assert not (tmp_path / out).exists()
    run(export("imagej", "a.zip", stack, "ZYX"))


def test_nothing_is_replaced_unless_it_is_wanted(export, tmp_path):
    (tmp_path / "a.json").write_text("mine")
    with pytest.raises(StorageError, match="exists"):
        run(export("coco", "a.json"))
    assert (tmp_path / "a.json").read_text() == "mine"
    run(export("coco", "a.json", overwrite=True))
    assert len(json.loads((tmp_path / "a.json").read_text())["annotations"]) == 2
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="exists"):
        run(export("panoptic", "folder", overwrite=True))


def test_labels_without_ids_are_refused(export, tmp_path):
    with pytest.raises(InputError, match="nothing to export"):
        run(export("coco", "a.json", np.zeros((4, 4), np.uint8)))
    assert not (tmp_path / "a.json").exists()


def coco_file(tmp_path, *names, shape=(12, 15), annotations=()):
    path = tmp_path / "set.json"
    images = [
        {"id": i, "file_name": name, "height": shape[0], "width": shape[1]}
        for i, name in enumerate(names, start=1)
    ]
    content = {
        "images": images,
        "annotations": list(annotations),
        "categories": [{"id": 1, "name": "cell"}],
    }
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("names", "fields", "sentence"),
    [
        ((), {}, "no image"),
        (("a.png", "b.png"), {"image_name": "c"}, "'c', but of a, b"),
        (("a.png",), {"image_name": "a", "shape": (12, 16)}, "12 × 16"),
        ([f"{i}.png" for i in range(21)], {}, "21 images"),
    ],
)
def test_what_does_not_fit_is_refused_whole(tmp_path, names, fields, sentence):
    job = ImportLabels(
        source=coco_file(tmp_path, *names),
        format="coco",
        out=tmp_path / "in",
        **fields,
    )
    with pytest.raises(InputError, match=sentence):
        run(job)
    assert not (tmp_path / "in").exists()


def test_a_broken_mask_imports_nothing(tmp_path):
    good = {
        "id": 1,
        "image_id": 1,
        "category_id": 1,
        "segmentation": [[1, 1, 5, 1, 5, 5, 1, 5]],
    }
    broken = {**good, "id": 2, "image_id": 2}
    broken["segmentation"] = {"size": [12, 15], "counts": [7, 900]}
    source = coco_file(tmp_path, "a.png", "b.png", annotations=(good, broken))
    with pytest.raises(InputError):
        run(ImportLabels(source=source, format="coco", out=tmp_path / "in"))
    assert not (tmp_path / "in").exists()


def test_rois_need_an_image(export, tmp_path):
    run(export("imagej", "a.zip"))
    job = ImportLabels(source=tmp_path / "a.zip", format="imagej", out=tmp_path / "in")
    with pytest.raises(InputError, match="Open the image"):
        run(job)
