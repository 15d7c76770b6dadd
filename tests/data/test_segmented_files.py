"""Label files with their tables."""

import numpy as np
import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.formats import write_labels
from napari_segsuite.data.label_notes import LabelNotes
from napari_segsuite.data.segmented_files import (
    joined_classes,
    read_segmented,
    write_segmented,
)
from napari_segsuite.data.segments import (
    Segment,
    SegmentedImage,
    features,
    read_segments,
    segments_of,
)
from napari_segsuite.errors import InputError

CLASSES = (
    ClassInfo(id=3, name="cell", color="#00ff00"),
    ClassInfo(id=4, name="=yeast,", color="#0000ff", thing=False),
)
LABELS = np.array([[0, 7, 7], [9, 0, 7]], np.int32)


def known():
    return {
        7: Segment(id=7, class_id=3, score=0.1),
        9: Segment(id=9, class_id=4, crowd=True),
    }


def test_what_is_written_is_read(tmp_path):
    image = SegmentedImage("a", LABELS, segments_of(LABELS, known(), 3))
    write_segmented(tmp_path, image, CLASSES, spacing=(0.5, 0.25))
    back = read_segmented(tmp_path / "a.tif")

    assert np.array_equal(back.image.labels, LABELS)
    assert back.image.segments == image.segments
    assert back.classes == CLASSES
    assert (back.axes, back.spacing) == ("YX", (0.5, 0.25))
    assert [one.area for one in back.image.segments] == [3, 1]
    assert [one.box for one in back.image.segments] == [
        ((0, 2), (1, 3)),
        ((1, 2), (0, 1)),
    ]
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0].endswith(",crowd,y_start,y_stop,x_start,x_stop")
    assert lines[1] == "7,3,cell,1,3,0.1,0,0,2,1,3"
    assert lines[2] == '9,4,"=yeast,",0,1,,1,1,2,0,1'
    assert read_segments(tmp_path / "a.csv") == {one.id: one for one in image.segments}


def test_without_a_table_ids_are_classes_only_if_the_file_names_them_all(tmp_path):
    labels = np.array([[3, 4, 0]], np.uint8)
    notes = LabelNotes(classes=CLASSES)
    write_labels(tmp_path / "s.tif", labels, "YX", notes=notes)
    write_labels(tmp_path / "o.tif", labels + 1, "YX", notes=notes)

    semantic = read_segmented(tmp_path / "s.tif").image.segments
    objects = read_segmented(tmp_path / "o.tif")
    assert [one.class_id for one in semantic] == [3, 4]
    assert {one.class_id for one in objects.image.segments} == {1}
    assert [info.name for info in objects.classes] == ["object"]


def test_features_are_columns_that_the_metrics_dock_reads():
    columns = features(segments_of(LABELS, known(), 3), CLASSES)
    assert columns["index"] == [7, 9]
    assert columns["class_id"] == [3, 4]
    assert columns["class"] == ["cell", "=yeast,"]
    assert columns["score"][0] == 0.1
    assert np.isnan(columns["score"][1])


def test_features_hold_boxes_by_axis():
    known_box = Segment(id=1, class_id=3, box=((0, 4), (2, 3)))
    columns = features([known_box, Segment(id=2, class_id=3)], CLASSES, "ZX")
    assert columns["z_stop"][0] == 4
    assert columns["x_start"][0] == 2
    assert np.isnan([columns["z_start"][1], columns["x_stop"][1]]).all()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id\n1\n", "line 2: class_id"),
        ("id,class_id\n1,2\n1,2\n", "line 3: object 1 stands twice"),
        ("id,class_id\n0,2\n", "line 2: id"),
        ("id,class_id,score\n1,2,nan\n", "line 2: score"),
        ("id,class_id,score\n1,2,many\n", "line 2: score"),
        ("id,class_id,y_start,y_stop\n1,2,3,3\n", "line 2: box"),
        ("id,class_id\n1,2\xff\n", "cannot be read as a table"),
    ],
)
def test_broken_tables_are_refused_by_line(tmp_path, text, told):
    (tmp_path / "a.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=told):
        read_segments(tmp_path / "a.csv")


def test_a_table_of_ones_own_needs_two_columns(tmp_path):
    (tmp_path / "a.csv").write_text("index,class_id,note\n5,2,hello\n")
    assert read_segments(tmp_path / "a.csv") == {5: Segment(id=5, class_id=2)}


def test_a_box_that_is_not_whole_is_not_read(tmp_path):
    text = "id,class_id,y_start,y_stop,x_start,x_stop\n5,2,1,2,,3\n"
    (tmp_path / "a.csv").write_text(text)
    assert read_segments(tmp_path / "a.csv")[5].box is None


def test_one_number_for_two_classes_is_refused():
    other = (CLASSES[0].replace(name="bug"),)
    with pytest.raises(InputError, match=r"'cell' .* 'bug'"):
        joined_classes((CLASSES, other))


def test_ids_that_no_file_holds_are_refused():
    with pytest.raises(InputError, match="-1"):
        segments_of(np.array([[-1, 2]]), {}, 1)
