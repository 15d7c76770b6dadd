"""COCO instances: to the pixel there and back, and broken files refused whole."""

import json

import numpy as np
import pytest
from pycocotools import mask as oracle

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.exchange.coco import read_coco, write_coco
from napari_segsuite.data.exchange.coco_tables import safe_name
from napari_segsuite.data.segments import Segment, SegmentedImage, segments_of
from napari_segsuite.errors import InputError, StorageError

CLASSES = (
    ClassInfo(id=2, name="cell", color="#00ff00"),
    ClassInfo(id=7, name="yeast", color="#0000ff"),
)


def labelled():
    """A square with a hole in which another object lies, and one of two parts."""
    labels = np.zeros((9, 12), np.int32)
    labels[1:6, 1:6] = 40
    labels[2:5, 2:5] = 0
    labels[3, 3] = 5
    labels[0, 9], labels[7:9, 10:12] = 1000, 1000
    known = {
        5: Segment(id=5, class_id=7, score=0.25),
        40: Segment(id=40, class_id=2, score=0.5),
        1000: Segment(id=1000, class_id=2, crowd=True),
    }
    return SegmentedImage("a", labels, segments_of(labels, known, 2))


def content(**changes):
    """A file with one image of 4 × 6 pixels and one object, the pixels (1..2, 2..4)."""
    return {
        "images": [{"id": 3, "file_name": "x/a.png", "width": 6, "height": 4}],
        "categories": [{"id": 2, "name": "cell"}],
        "annotations": [
            {
                "id": 11,
                "image_id": 3,
                "category_id": 2,
                "segmentation": [[2, 1, 5, 1, 5, 3, 2, 3]],
            }
        ],
        **changes,
    }


def annotation(**changes):
    return {**content()["annotations"][0], **changes}


@pytest.fixture
def read(tmp_path):
    """Return a function that writes JSON and reads it as label images."""

    def run(values):
        path = tmp_path / "coco.json"
        text = values if isinstance(values, str) else json.dumps(values)
        path.write_text(text, encoding="utf-8")
        return list(read_coco(path).segmented())

    return run


@pytest.mark.parametrize("shape", ["rle", "polygons"])
def test_labels_come_back_to_the_pixel_with_ids_classes_and_scores(tmp_path, shape):
    image = labelled()
    write_coco(tmp_path / "c.json", [("a.png", image)], CLASSES, shape=shape)
    found = read_coco(tmp_path / "c.json")
    (back,) = found.segmented()

    assert np.array_equal(back.labels, image.labels)
    assert back.segments == image.segments
    assert (back.overlap, back.hidden, back.name) == (0, (), "a")
    assert found.classes == CLASSES


@pytest.mark.parametrize("shape", ["rle", "polygons"])
def test_pycocotools_reads_what_is_written(tmp_path, shape):
    image = labelled()
    write_coco(tmp_path / "c.json", [("a.png", image)], CLASSES, shape=shape)
    height, width = image.labels.shape
    for one in json.loads((tmp_path / "c.json").read_text())["annotations"]:
        code = one["segmentation"]
        if isinstance(code, list):
            code = oracle.merge(oracle.frPyObjects(code, height, width))
        mask = image.labels == one["id"]
        assert np.array_equal(oracle.decode(code).astype(bool), mask)
        assert one["area"] == mask.sum()
        assert one["bbox"] == oracle.toBbox(code).tolist()


def test_ids_that_two_images_share_are_kept_all_the_same(tmp_path):
    images = [("a.png", labelled()), ("b.png", labelled())]
    write_coco(tmp_path / "c.json", images, CLASSES)
    ids = [
        a["id"] for a in json.loads((tmp_path / "c.json").read_text())["annotations"]
    ]

    assert ids == [1, 2, 3, 4, 5, 6]
    for back in read_coco(tmp_path / "c.json").segmented():
        assert np.array_equal(back.labels, labelled().labels)


def test_all_three_ways_to_write_a_mask_mean_the_same(read):
    wanted = np.zeros((4, 6), np.int32)
    wanted[1:3, 2:5] = 11
    counts = [9, 2, 2, 2, 2, 2, 5]
    encoded = oracle.encode(np.asfortranarray((wanted > 0).astype(np.uint8)))
    for code in (
        [[2, 1, 5, 1, 5, 3, 2, 3]],
        {"size": [4, 6], "counts": counts},
        {"size": [4, 6], "counts": encoded["counts"].decode()},
    ):
        (image,) = read(content(annotations=[annotation(segmentation=code)]))
        assert np.array_equal(image.labels, wanted)


def test_where_objects_overlap_the_better_score_wins_then_the_earlier(read):
    square = {"segmentation": [[0, 0, 3, 0, 3, 3, 0, 3]]}
    (image,) = read(
        content(
            annotations=[
                annotation(id=1, score=0.2, **square),
                annotation(id=2, score=0.9, segmentation=[[2, 2, 5, 2, 5, 4, 2, 4]]),
                annotation(id=3, score=0.2, **square),
            ]
        )
    )
    assert image.labels[2, 2] == 2
    assert image.labels[0, 0] == 1
    assert image.overlap == 1 + 9
    assert image.hidden == (3,)
    assert [(s.id, s.area) for s in image.segments] == [(1, 8), (2, 6)]


def test_objects_without_ids_are_numbered_and_it_is_said(tmp_path):
    path = tmp_path / "c.json"
    path.write_text(json.dumps(content(annotations=[annotation(id=0)])))
    found = read_coco(path)
    assert found.numbered
    assert next(found.segmented()).segments[0].id == 1


def test_ids_of_any_size_that_labels_hold(read):
    ids = (65_536, 16_777_216, 2**31 - 1)
    (image,) = read(
        content(
            annotations=[
                annotation(id=id_, segmentation=[[x, 0, x + 1, 0, x + 1, 1, x, 1]])
                for x, id_ in enumerate(ids)
            ]
        )
    )
    assert image.labels[0].tolist() == [*ids, 0, 0, 0]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"annotations": [annotation(image_id=9)]}, "images .* not list: 9"),
        ({"annotations": [annotation(category_id=9)]}, "categories .* not list: 9"),
        ({"annotations": [annotation(), annotation()]}, "11 stands 2 times"),
        ({"annotations": [annotation(id=2**31)]}, "2147483648 has an id"),
        ({"annotations": [annotation(segmentation=None)]}, "neither polygons nor"),
        ({"annotations": [annotation(segmentation=[[1, 2, 3]])]}, "three or more"),
        ({"annotations": [annotation(segmentation=[[1e99] * 6])]}, "far outside"),
        (
            {"annotations": [annotation(segmentation={"size": [6, 4], "counts": []})]},
            "6 × 4 .* has 4 × 6",
        ),
        (
            {"annotations": [annotation(segmentation={"size": [4, 6], "counts": "é"})]},
            "annotation 11 of image “a” .* broken",
        ),
        ({"images": [{"id": 3, "file_name": "a", "width": 0, "height": 4}]}, "width"),
        (
            {"images": [{"id": 3, "file_name": "a", "width": 10**6, "height": 10**6}]},
            "are the most",
        ),
        ({"categories": [{"id": 0, "name": "zero"}]}, "in “categories”, 0.id"),
        ({"annotations": None}, "in “annotations”"),
    ],
)
def test_broken_files_are_refused_in_a_sentence(read, changes, told):
    with pytest.raises(InputError, match=told):
        read(content(**changes))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "cannot be read as JSON"),
        ("[]", "Export the whole data set"),
        ('{"images": NaN}', "no finite number"),
        ('{"images": 1e999}', "no finite number"),
        ('{"a": 1, "a": 2}', "stands twice"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 10_000 + "}", "cannot be read as JSON"),
    ],
)
def test_hostile_json_is_refused_in_a_sentence(read, text, told):
    with pytest.raises(InputError, match=told):
        read(text)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b/cell 1.ome.tif", "cell 1"),
        ("../../etc/passwd", "passwd"),
        (r"C:\images\x.png", "x"),
        ("..", "image"),
        ("a\0b<>:.png", "a_b___"),
    ],
)
def test_names_are_never_paths(name, safe):
    assert safe_name(name) == safe


def test_two_images_of_one_name_stay_two(read):
    images = [
        {"id": n, "file_name": name, "width": 2, "height": 2}
        for n, name in ((1, "x/A.png"), (2, "y/a.png"))
    ]
    found = read(content(images=images, annotations=[]))
    assert [image.name for image in found] == ["A-1", "a-2"]


def test_an_existing_file_stays(tmp_path):
    path = tmp_path / "c.json"
    path.write_text("mine")
    with pytest.raises(StorageError, match="exists already"):
        write_coco(path, [("a.png", labelled())], CLASSES)
    assert path.read_text() == "mine"
