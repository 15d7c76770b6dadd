"""The versions of images that networks learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from nuclei_set import Nuclei, read_split
from nuclei_variants import averaged, mixed, plain, store, versions


def picture(kind: str, image: np.ndarray) -> Nuclei:
    labels = np.arange(image.shape[0] * image.shape[1], dtype=np.uint16)
    return Nuclei("a", kind, image, labels.reshape(image.shape[:2]))


def test_grey_is_the_mean_and_mixes_are_weighed() -> None:
    image = np.array([[[0, 30, 90], [255, 255, 255]]], np.uint8)

    assert averaged(image).tolist() == [[40, 255]]
    assert mixed(image, np.array([0.2, 0.6, 0.2])).tolist() == [[36, 255]]
    assert averaged(image[..., 0]).tolist() == [[0, 255]]


def test_histology_comes_plain_in_colours_and_inverted() -> None:
    ramp = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    found = {one.name: one for one in versions([picture("histology", ramp)], 0)}

    assert list(found) == ["a-plain", "a-colour", "a-inverted"]
    assert found["a-plain"].image.tolist() == (ramp[..., 1]).tolist()
    assert (np.diff(found["a-colour"].image.astype(int)) > 0).all()
    assert (np.diff(found["a-inverted"].image.astype(int)) < 0).all()
    assert {one.drawing for one in found.values()} == {"a-labels"}


def test_a_third_of_fluorescence_is_inverted_too() -> None:
    images = [picture("fluorescence", np.full((2, 2), 9, np.uint8))] * 300
    found = list(versions(images, 0))

    inverted = [one for one in found if one.name == "a-inverted"]
    assert 70 < len(inverted) < 130
    assert all((one.image == 246).all() for one in inverted)
    assert len(found) == 300 + len(inverted)
    assert [one.name for one in versions(images, 0)] == [one.name for one in found]


def test_brightfield_is_cut_without_losing_a_pixel() -> None:
    image = np.random.default_rng(0).integers(0, 255, (600, 500), np.uint8)
    found = list(versions([picture("brightfield", image)], 0))

    upper, lower = (one for one in found if one.name.endswith("plain"))
    assert (upper.name, lower.name) == ("a-00-plain", "a-10-plain")
    assert np.array_equal(np.concatenate([upper.image, lower.image]), image)
    assert upper.image.shape == upper.labels.shape == (300, 500)
    assert sum(one.name.endswith("inverted") for one in found) == 2


def test_versions_are_stored_once_and_share_their_labels(
    nuclei: Path, tmp_path: Path
) -> None:
    pictures = read_split(nuclei, "train")
    assert [one.kind for one in pictures[:2]] == ["fluorescence", "histology"]
    assert read_split(nuclei, "test") == []

    images, labels = store(plain(pictures), tmp_path / "data")
    before = images[0].path.stat().st_mtime_ns
    again, _ = store(plain(pictures), tmp_path / "data")

    assert images == again
    assert images[0].path.stat().st_mtime_ns == before
    assert np.array_equal(labels[1].open(), pictures[1].labels)
    _, shared = store(versions(pictures[1:2], 0), tmp_path / "data")
    assert len(shared) == 3
    assert len(set(shared)) == 1
