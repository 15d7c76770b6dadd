"""Merging two labels files, with an answer worked by hand."""

import numpy as np
import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.panoptic import MergeOptions
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.segments import Segment, read_segments, write_segments
from napari_segsuite.errors import InputError, StorageError
from napari_segsuite.jobs.base import dump_job, load_job
from napari_segsuite.jobs.panoptic import MergePanoptic, PredictPanoptic
from napari_segsuite.runners.inline import InlineRunner

CLASSES = (
    ClassInfo(id=1, name="background", thing=False),
    ClassInfo(id=2, name="cell"),
)
SEMANTIC = np.array([[1, 1, 1, 1, 2, 2], [1, 1, 1, 1, 2, 2]], np.uint8)
OBJECTS = np.array([[0, 0, 5, 5, 5, 9], [0, 0, 0, 0, 5, 9]], np.int32)


@pytest.fixture
def make(tmp_path):
    def job(semantic=SEMANTIC, objects=OBJECTS, **fields):
        refs = {}
        for name, array in (("semantic", semantic), ("instances", objects)):
            np.save(tmp_path / f"{name}.npy", array)
            refs[name] = ArrayRef(path=tmp_path / f"{name}.npy", axes="YX")
        return MergePanoptic(
            **refs,
            **{
                "classes": CLASSES,
                "out": tmp_path / "out.npy",
                "options": MergeOptions(stuff_area=2),
                **fields,
            },
        )

    return job


def carry_out(job):
    with InlineRunner() as runner:
        return runner.submit(job).result()


def test_the_merge_is_as_worked_by_hand(make, tmp_path):
    named = (ClassInfo(id=3, name="Cell"),)
    table = tmp_path / "objects.csv"
    known = (Segment(id=5, class_id=3, score=0.9), Segment(id=9, class_id=3, score=0.3))
    write_segments(table, known, named)
    result = carry_out(make(table=table, object_classes=named))
    # Object 9 is below the least score: its pixels are cells without object, so void.
    wanted = [[1, 1, 2001, 2001, 2001, 0], [1, 1, 1, 1, 2001, 0]]
    np.testing.assert_array_equal(result.labels.open(), wanted)
    assert (result.segments, result.dropped, result.void) == (2, 1, 2)
    found = read_segments(result.table)
    assert [(s.id, s.class_id, s.area, s.score) for s in found.values()] == [
        (1, 1, 6, None),
        (2001, 2, 4, 0.9),
    ]


def test_objects_of_which_nothing_is_known_are_of_the_only_thing(make):
    result = carry_out(make())
    assert sorted(np.unique(result.labels.open())) == [1, 2001, 2002]


def test_what_does_not_fit_is_refused_and_nothing_written(make, tmp_path):
    with pytest.raises(InputError, match=r"shape \(2, 6\).*\(2, 5\)"):
        carry_out(make(objects=OBJECTS[:, :5]))
    with pytest.raises(InputError, match="stuff"):
        carry_out(make(object_class=1))
    with pytest.raises(InputError, match="there is class 7"):
        carry_out(make(semantic=np.full((2, 6), 7, np.uint8)))
    assert not (tmp_path / "out.npy").exists()
    assert not (tmp_path / "out.csv").exists()


def test_what_exists_is_not_overwritten(make, tmp_path):
    (tmp_path / "out.csv").write_text("mine")
    with pytest.raises(StorageError, match="exists"):
        carry_out(make())
    assert (tmp_path / "out.csv").read_text() == "mine"


def test_both_jobs_survive_json(make, tmp_path):
    image = ArrayRef(path=tmp_path / "a.tif", axes="YX")
    predict = PredictPanoptic(
        model=tmp_path / "m",
        objects=tmp_path / "o",
        image=image,
        out=tmp_path / "l.tif",
        classes=CLASSES,
    )
    for job in (make(), predict):
        assert load_job(dump_job(job)) == job
