"""Samples are what they say, and sample_data/ is what the generator makes."""

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from napari_segsuite.data.axes import check_axes, spatial, without_channels
from napari_segsuite.data.formats import describe
from napari_segsuite.data.image_checks import check_pair
from napari_segsuite.data.pairs import expand, pair_by_stem
from napari_segsuite.data.samples import SAMPLES, class_truth, make
from napari_segsuite.errors import InputError

FILES = Path(__file__).parents[2] / "sample_data"


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Fail whatever would download."""

    def refuse(*_args, **_kwargs):
        raise OSError("there is no network here")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.create_connection", refuse)


@pytest.mark.parametrize("entry", SAMPLES, ids=lambda entry: entry.key)
def test_samples_are_described(entry):
    sample = make(entry.key)
    check_axes(sample.axes, sample.image.ndim)
    if sample.spacing is not None:
        assert len(sample.spacing) == len(spatial(sample.axes))
    if sample.truth is None:
        with pytest.raises(InputError, match="Nobody knows"):
            class_truth(sample)
        return
    labels = without_channels(sample.axes)
    sizes = dict(zip(sample.axes, sample.image.shape, strict=True))
    assert sample.truth.shape == tuple(sizes[letter] for letter in labels)
    classes = class_truth(sample)
    assert classes.min() == 1
    known = {info.id for info in sample.classes} or {1, 2}
    assert set(np.unique(classes).tolist()) == known


@pytest.mark.parametrize("entry", SAMPLES, ids=lambda entry: entry.key)
def test_samples_are_the_same_every_time(entry):
    first, again = entry.make(), entry.make()
    np.testing.assert_array_equal(first.image, again.image)


@pytest.mark.parametrize("key", ["fluorescence", "nuclei3d"])
def test_nuclei_are_whole_and_touch(key):
    truth = make(key).truth
    ids = np.unique(truth)
    np.testing.assert_array_equal(ids, np.arange(len(ids)))
    for number, box in enumerate(ndimage.find_objects(truth), start=1):
        assert ndimage.label(truth[box] == number)[1] == 1
    largest = ndimage.maximum_filter(truth, 3)
    touching = (truth > 0) & (largest > truth)
    assert len(np.unique(truth[touching])) > len(ids) / 4


def test_classes_can_be_told_by_brightness_but_not_trivially():
    sample = make("fluorescence")
    inside = sample.image[sample.truth > 0]
    outside = sample.image[sample.truth == 0]
    assert np.median(inside) > 1.5 * np.median(outside)
    # Some nucleus is dimmer than the haze between bright ones.
    assert np.percentile(inside, 2) < np.percentile(outside, 99)


def test_an_unknown_sample_lists_the_known():
    with pytest.raises(InputError, match=r"no sample 'x'.*fluorescence, nuclei3d"):
        make("x")


@pytest.mark.parametrize(
    ("image", "labels", "key"),
    [
        ("fluorescence.tif", "fluorescence_classes.tif", "fluorescence"),
        ("nuclei3d.tif", "nuclei3d_classes.tif", "nuclei3d"),
        ("ct.nii.gz", "ct_labels.nii.gz", "ct"),
    ],
)
def test_the_files_are_what_the_generator_makes(image, labels, key):
    sample = make(key)
    image_ref = describe(FILES / image)
    labels_ref = describe(FILES / labels, labels=True)
    pixels, ids = image_ref.open(), labels_ref.open()
    check_pair(image_ref, labels_ref, (pixels.shape, ids.shape))
    assert image_ref.axes == sample.axes
    assert image_ref.spacing == pytest.approx(sample.spacing)
    np.testing.assert_array_equal(pixels, sample.image)
    np.testing.assert_array_equal(ids, class_truth(sample))


def test_the_shapes_are_pairs():
    pairs, unpaired = pair_by_stem(
        expand([FILES / "shapes" / "images"]), expand([FILES / "shapes" / "labels"])
    )
    assert (len(pairs), unpaired) == (8, ())
    sample = make("shapes")
    for (image, labels), picture, truth in zip(
        pairs, sample.image, sample.truth, strict=True
    ):
        np.testing.assert_array_equal(describe(image).open(), picture)
        np.testing.assert_array_equal(describe(labels, labels=True).open(), truth)


def test_the_files_are_small():
    sizes = [path.stat().st_size for path in FILES.rglob("*") if path.is_file()]
    assert sum(sizes) < 5_000_000
