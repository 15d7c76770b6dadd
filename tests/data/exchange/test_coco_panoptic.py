"""COCO's panoptic format there and back, and what is wrong with others' files."""

import json

import numpy as np
import pytest
from PIL import Image

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.exchange.coco_panoptic import read_panoptic, write_panoptic
from napari_segsuite.data.segments import Segment, SegmentedImage, segments_of
from napari_segsuite.errors import InputError

CLASSES = (
    ClassInfo(id=1, name="sky", color="#0000ff", thing=False),
    ClassInfo(id=2, name="cell", color="#00ff00"),
)


def labelled(largest=70_000):
    labels = np.zeros((3, 4), np.int32)
    labels[0], labels[1, 1:3], labels[2, 0] = 1, 300, largest
    known = {1: Segment(id=1, class_id=1)}
    return SegmentedImage("a", labels, segments_of(labels, known, 2))


@pytest.fixture
def folder(tmp_path):
    write_panoptic(tmp_path / "out", [("a.tif", labelled())], CLASSES)
    return tmp_path / "out"


def test_labels_come_back_to_the_pixel(folder):
    found = read_panoptic(folder / "panoptic.json")
    (back,) = found.segmented()

    assert np.array_equal(back.labels, labelled().labels)
    assert back.segments == labelled().segments
    assert found.classes == CLASSES


def test_colours_are_ids_as_the_format_says(folder):
    pixels = np.asarray(Image.open(folder / "panoptic" / "a.png"))
    assert pixels[1, 1].tolist() == [300 - 256, 1, 0]
    assert pixels[2, 0].tolist() == [70_000 % 256, 70_000 // 256 % 256, 1]


def test_segments_have_area_and_box(folder):
    (one,) = json.loads((folder / "panoptic.json").read_text())["annotations"]
    assert one["segments_info"][1] == {
        "id": 300,
        "category_id": 2,
        "area": 2,
        "bbox": [1, 1, 2, 1],
        "iscrowd": 0,
    }


def test_more_objects_than_16_bits_hold(tmp_path):
    labels = np.arange(1, 66_001, dtype=np.int32).reshape(220, 300)
    image = SegmentedImage("a", labels, segments_of(labels, {}, 2))
    write_panoptic(tmp_path / "out", [("a.tif", image)], CLASSES)
    (back,) = read_panoptic(tmp_path / "out" / "panoptic.json").segmented()

    assert np.array_equal(back.labels, labels)
    assert len(back.segments) == 66_000


def test_an_id_that_colours_cannot_hold_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="16,777,216"):
        write_panoptic(tmp_path / "out", [("a.tif", labelled(1 << 24))], CLASSES)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_png_is_named(folder):
    (folder / "panoptic" / "a.png").unlink()
    with pytest.raises(InputError, match=r"no file .*a\.png"):
        list(read_panoptic(folder / "panoptic.json").segmented())


def test_a_png_of_another_size_is_refused(folder):
    Image.new("RGB", (9, 9)).save(folder / "panoptic" / "a.png")
    with pytest.raises(InputError, match=r"9 × 9 .* 3 × 4"):
        list(read_panoptic(folder / "panoptic.json").segmented())


def test_a_damaged_png_is_refused(folder):
    (folder / "panoptic" / "a.png").write_bytes(b"\x89PNG nonsense")
    with pytest.raises(InputError, match="cannot be read as PNG"):
        list(read_panoptic(folder / "panoptic.json").segmented())


def test_an_id_of_which_the_file_does_not_speak_is_refused(folder):
    path = folder / "panoptic.json"
    content = json.loads(path.read_text())
    del content["annotations"][0]["segments_info"][1]
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="the id 300"):
        list(read_panoptic(path).segmented())


def test_a_name_in_the_file_is_no_path(folder, tmp_path):
    path = folder / "panoptic.json"
    content = json.loads(path.read_text())
    content["annotations"][0]["file_name"] = "../../secret/a.png"
    path.write_text(json.dumps(content))
    (back,) = read_panoptic(path).segmented()
    assert np.array_equal(back.labels, labelled().labels)


def test_the_folder_of_masks_must_be_there(folder):
    (folder / "panoptic").rename(folder / "masks")
    with pytest.raises(InputError, match="no folder"):
        read_panoptic(folder / "panoptic.json")
    assert read_panoptic(folder / "panoptic.json", folder / "masks").images
