"""ImageJ's ROI sets there and back, and ROIs that are no objects."""

import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from roifile import ROI_TYPE, ImagejRoi

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.exchange.imagej import read_rois, write_rois
from napari_segsuite.data.segments import Segment, SegmentedImage, segments_of
from napari_segsuite.errors import InputError

CLASSES = (ClassInfo(id=3, name="cell", color="#10ff20"),)


def labelled(shape=(8, 10)):
    labels = np.zeros(shape, np.int32)
    labels[..., 1:5, 1:6] = 70_001
    labels[..., 2:4, 2:4] = 0
    labels[..., 6, 9] = 4
    return SegmentedImage("a", labels, segments_of(labels, {}, 3))


def write_zip(path, *rois):
    with zipfile.ZipFile(path, "w") as file:
        for number, roi in enumerate(rois):
            file.writestr(f"{number}.roi", roi.tobytes())


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((8, 10), "YX"),
        ((2, 8, 10), "ZYX"),
        ((3, 8, 10), "TYX"),
        ((2, 3, 8, 10), "TZYX"),
    ],
)
def test_labels_come_back_to_the_pixel(tmp_path, shape, axes):
    image = labelled(shape)
    write_rois(tmp_path / "r.zip", image, axes, CLASSES)
    back, classes = read_rois(tmp_path / "r.zip", "a", shape, axes)

    assert np.array_equal(back.labels, image.labels)
    assert back.segments == image.segments
    assert [info.id for info in classes] == [3]


def test_the_file_says_what_imagej_needs(tmp_path):
    write_rois(tmp_path / "r.zip", labelled((2, 8, 10)), "ZYX", CLASSES)
    rois = ImagejRoi.fromfile(tmp_path / "r.zip")

    assert [roi.name for roi in rois] == [
        "object 4 z 0",
        "object 70001 z 0",
        "object 4 z 1",
        "object 70001 z 1",
    ]
    assert [roi.position for roi in rois] == [1, 1, 2, 2]
    assert {roi.group for roi in rois} == {3}
    assert rois[0].stroke_color == b"\xff\x10\xff\x20"
    assert rois[0].coordinates().tolist() == [[9, 6], [10, 6], [10, 7], [9, 7]]


def test_rois_of_imagej_are_numbered_and_the_earlier_one_wins(tmp_path):
    write_zip(
        tmp_path / "r.zip",
        ImagejRoi(roitype=ROI_TYPE.RECT, top=0, left=0, bottom=2, right=3, name="0001"),
        ImagejRoi(roitype=ROI_TYPE.RECT, top=1, left=2, bottom=4, right=4, name="0002"),
    )
    image, classes = read_rois(tmp_path / "r.zip", "a", (5, 5), "YX")

    assert image.labels[0].tolist() == [1, 1, 1, 0, 0]
    assert image.labels[1].tolist() == [1, 1, 1, 2, 0]
    assert image.overlap == 1
    assert [info.name for info in classes] == ["object"]


def test_an_oval_is_round(tmp_path):
    write_zip(
        tmp_path / "r.zip",
        ImagejRoi(roitype=ROI_TYPE.OVAL, top=0, left=0, bottom=20, right=20),
    )
    image, _ = read_rois(tmp_path / "r.zip", "a", (20, 20), "YX")
    assert np.count_nonzero(image.labels) == pytest.approx(np.pi * 100, rel=0.02)
    assert image.labels[0, 0] == 0


@pytest.mark.parametrize(
    ("roi", "shape", "axes", "told"),
    [
        (ImagejRoi(roitype=ROI_TYPE.LINE, name="ruler"), (5, 5), "YX", "ruler.*a line"),
        (
            ImagejRoi(roitype=ROI_TYPE.RECT, top=7, left=7, bottom=9, right=9),
            (5, 5),
            "YX",
            "no pixel of the image",
        ),
        (
            ImagejRoi(roitype=ROI_TYPE.RECT, bottom=2, right=2),
            (3, 5, 5),
            "ZYX",
            "on no plane of Z",
        ),
        (
            ImagejRoi(roitype=ROI_TYPE.RECT, bottom=2, right=2, position=4),
            (3, 5, 5),
            "ZYX",
            "on plane 4 of Z, which has 3",
        ),
    ],
)
def test_what_is_no_object_is_refused(tmp_path, roi, shape, axes, told):
    write_zip(tmp_path / "r.zip", roi)
    with pytest.raises(InputError, match=told):
        read_rois(tmp_path / "r.zip", "a", shape, axes)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_damage_is_read_or_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    write_rois(folder / "good.zip", labelled(), "YX", CLASSES)
    with zipfile.ZipFile(folder / "good.zip") as file:
        roi = bytearray(file.read(file.namelist()[-1]))
    for _ in range(data.draw(st.integers(1, 4))):
        roi[data.draw(st.integers(0, len(roi) - 1))] = data.draw(st.integers(0, 255))
    path = folder / "bad.roi"
    path.write_bytes(bytes(roi))
    try:
        image, _ = read_rois(path, "a", (8, 10), "YX")
    except InputError:
        return
    assert all(one.area for one in image.segments)


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    (tmp_path / "r.zip").write_bytes(b"PK nonsense")
    with pytest.raises(InputError, match="cannot be read as ROIs"):
        read_rois(tmp_path / "r.zip", "a", (5, 5), "YX")


def test_the_id_zero_in_a_name_is_refused(tmp_path):
    roi = ImagejRoi(roitype=ROI_TYPE.RECT, bottom=2, right=2, name="object 0")
    write_zip(tmp_path / "r.zip", roi)
    with pytest.raises(InputError, match="cannot have the id 0"):
        read_rois(tmp_path / "r.zip", "a", (5, 5), "YX")


def test_segments_keep_their_class(tmp_path):
    image = labelled()
    known = {4: Segment(id=4, class_id=300)}
    image = SegmentedImage("a", image.labels, segments_of(image.labels, known, 3))
    write_rois(tmp_path / "r.zip", image, "YX", CLASSES)
    back, _ = read_rois(tmp_path / "r.zip", "a", (8, 10), "YX")
    assert {one.id: one.class_id for one in back.segments} == {4: 300, 70_001: 3}
