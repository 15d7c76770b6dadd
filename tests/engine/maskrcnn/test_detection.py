"""From an image and a Mask R-CNN to files of objects; also with bad input."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.detection_files import read_detections
from napari_segsuite.data.detections import PasteOptions
from napari_segsuite.data.label_notes import read_notes
from napari_segsuite.data.pasting import paste
from napari_segsuite.data.segmented_files import read_segmented
from napari_segsuite.data.segments import read_segments
from napari_segsuite.engine.maskrcnn.detection import detect
from napari_segsuite.errors import (
    Cancelled,
    InputError,
    ModelFolderError,
    StorageError,
)
from napari_segsuite.jobs.instances import DetectInstances, DetectOptions

CLASSES = (ClassInfo(id=3, name="cell"), ClassInfo(id=8, name="debris"))


@pytest.fixture
def job(random_maskrcnn, save, tmp_path):
    """Return a function that makes a job on an image."""

    def make(image, axes="YX", channels=1, out="out.tif", region=None, **options):
        folder = tmp_path / f"model{channels}"
        options = {"paste": {"min_score": 0.0, "covered": 0.9}, **options}
        return DetectInstances(
            model=folder if folder.exists() else random_maskrcnn(channels),
            image=save("image", image, axes),
            out=tmp_path / out,
            detections=tmp_path / "out.detections.npz",
            region=region,
            options=DetectOptions(device="cpu", **options),
        )

    return make


def noise(*shape):
    return np.random.default_rng(0).integers(0, 255, shape, np.uint8)


def outputs(tmp_path):
    kept = {"scratch", "image.npy", "model1", "model3"}
    return sorted(path.name for path in tmp_path.iterdir() if path.name not in kept)


def test_labels_table_and_detections_agree(job, listener, tmp_path):
    request = job(noise(60, 70))
    result = detect(request, listener)

    assert outputs(tmp_path) == ["out.csv", "out.detections.npz", "out.tif"]
    labels = np.asarray(result.labels.open())
    assert labels.dtype == np.int32
    assert labels.shape == (60, 70)
    found = read_detections(result.detections)
    assert found.classes == result.classes == CLASSES
    pasted, segments = paste(found, request.options.paste)
    np.testing.assert_array_equal(labels, pasted)
    assert result.objects == len(segments) == len(np.unique(labels[labels > 0])) > 0
    table = read_segments(result.table)
    assert list(table) == [one.id for one in segments]
    assert [one.area for one in table.values()] == [one.area for one in segments]
    assert read_notes(result.labels.path).classes == CLASSES
    assert {one.class_id for one in read_segmented(result.labels.path).image.segments}
    assert {info.id for info in read_segmented(result.labels.path).classes} <= {3, 8}


def test_progress_is_told_with_time_left(job, listener):
    detect(job(noise(130, 200), tile_size=96), listener)

    told = listener.of("progress")
    assert len(told) == 4
    assert [one.fraction for one in told] == sorted(one.fraction for one in told)
    assert told[-1].fraction == 1.0
    assert told[0].seconds_left > 0


def test_cancel_leaves_nothing(job, listener, tmp_path):
    listener.cancel_at = "progress"
    with pytest.raises(Cancelled):
        detect(job(noise(130, 200), tile_size=96), listener)

    assert outputs(tmp_path) == []
    assert list(listener.scratch.iterdir()) == []


@pytest.mark.parametrize("name", ["out.tif", "out.csv", "out.detections.npz"])
def test_existing_files_are_refused_before_anything_is_done(
    job, listener, tmp_path, name
):
    (tmp_path / name).write_text("mine")
    with pytest.raises(StorageError, match="exists"):
        detect(job(noise(40, 40)), listener)

    assert outputs(tmp_path) == [name]
    assert listener.events == []


def test_a_file_that_cannot_be_written_takes_the_others_with_it(
    job, listener, tmp_path
):
    with pytest.raises(InputError, match="Rename"):
        detect(job(noise(40, 40), out="out.png"), listener)

    assert outputs(tmp_path) == []


def test_a_stack_is_linked_or_not(job, listener, tmp_path):
    stack = np.repeat(noise(1, 48, 48), 3, axis=0)
    apart = detect(job(stack, "ZYX", link=False, out="apart.npy"), listener)
    (tmp_path / "out.detections.npz").unlink()
    joined = detect(job(stack, "ZYX", out="joined.npy"), listener)

    # All slices are the same: each object has three slices.
    assert apart.objects == 3 * joined.objects > 0
    labels = np.asarray(joined.labels.open())
    assert np.all(labels == labels[0])
    assert all(one.box[0] == (0, 3) for one in read_segments(joined.table).values())


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((1, 40, 50), "ZYX"),
        ((2, 2, 40, 50), "TZYX"),
        ((40, 50, 2), "YXZ"),
        ((1, 1), "YX"),
        ((5, 40), "YX"),
    ],
)
def test_images_of_odd_shapes(job, listener, shape, axes):
    result = detect(job(noise(*shape), axes, out="out.npy"), listener)

    assert np.asarray(result.labels.open()).shape == shape
    assert result.labels.axes == axes


def test_a_part_of_an_image(job, listener):
    region = ((1, 3), (10, 40), (5, 50))
    result = detect(job(noise(4, 50, 60), "ZYX", region=region), listener)

    assert np.asarray(result.labels.open()).shape == (2, 30, 45)


def test_colours(job, listener):
    result = detect(job(noise(40, 50, 3), "YXC", channels=3), listener)

    assert np.asarray(result.labels.open()).shape == (40, 50)


def test_a_model_of_one_channel_sees_colours_in_grey(job, listener, tmp_path):
    colours = noise(40, 50, 3)
    grey = colours.mean(-1).round().astype(np.uint8)
    expected = detect(job(grey, out="grey.tif"), listener)
    expected.detections.unlink()
    assert listener.of("notice") == []

    found = detect(job(colours, "YXC"), listener)

    assert found.objects == expected.objects > 0
    assert np.array_equal(found.labels.open(), expected.labels.open())
    (notice,) = listener.of("notice")
    assert "the colours of image.npy are averaged to grey" in notice.message


def test_nothing_is_found(job, listener):
    paste_options = PasteOptions(min_score=1.0)
    result = detect(job(noise(2, 40, 50), "ZYX", paste=paste_options), listener)

    assert result.objects == 0
    assert not np.asarray(result.labels.open()).any()
    assert read_segments(result.table) == {}


def test_a_flat_image(job, listener):
    detect(job(np.full((40, 40), 7, np.uint16)), listener)


@pytest.mark.parametrize(
    ("image", "axes", "sentence"),
    [
        (np.zeros((0, 40), np.uint8), "YX", "empty"),
        (np.zeros((40, 50, 2), np.uint8), "YXC", "1 channels, but image.npy has 2"),
        (np.zeros((3, 40, 50), np.uint8), "CYX", "1 channels, but image.npy has 3"),
        (np.full((40, 40), np.nan, np.float32), "YX", "not finite"),
        (np.full((40, 40), np.inf, np.float32), "YX", "not finite"),
        (np.zeros((40, 40), np.complex64), "YX", "numbers"),
    ],
)
def test_images_that_cannot_be_used(job, listener, tmp_path, image, axes, sentence):
    with pytest.raises(InputError, match=sentence):
        detect(job(image, axes), listener)

    assert outputs(tmp_path) == []


def test_a_region_outside(job, listener):
    with pytest.raises(InputError, match="region"):
        detect(job(noise(40, 40), region=((0, 50), (0, 40))), listener)


def test_a_model_that_is_not_there(job, listener, tmp_path):
    request = job(noise(40, 40)).replace(model=tmp_path / "nowhere")
    with pytest.raises(ModelFolderError):
        detect(request, listener)


def test_the_model_stays_warm(job, listener, tmp_path):
    request = job(noise(40, 40))
    first = detect(request, listener)
    changes = {
        "out": tmp_path / "again.tif",
        "detections": tmp_path / "again.detections.npz",
    }
    again = detect(request.replace(**changes), listener)

    assert len(listener._kept) == 1
    np.testing.assert_array_equal(first.labels.open(), again.labels.open())
