"""A Mask R-CNN finds objects: from Python and from the command line."""

from __future__ import annotations

import numpy as np
import pytest

import napari_segsuite as segsuite

# Torch must be there before any test draws a napari canvas: Mesa's LLVM and
# triton's cannot be loaded the other way round.
import napari_segsuite.engine.maskrcnn.detection
from napari_segsuite.cli.main import DONE, FAILED, main
from napari_segsuite.data.detection_files import read_detections
from napari_segsuite.data.segmented_files import read_segmented

EVERYTHING = segsuite.PasteOptions(min_score=0.0, covered=0.9)


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 255, (60, 70), np.uint8)


def run(*words):
    return main([str(word) for word in words])


def test_from_python(random_maskrcnn, image):
    options = segsuite.DetectOptions(paste=EVERYTHING, device="cpu")
    found = segsuite.detect(random_maskrcnn(), image, options=options)

    assert found.labels.shape == (60, 70)
    ids = np.unique(found.labels[found.labels > 0]).tolist()
    assert [one.id for one in found.segments] == ids != []
    assert found.features()["y_stop"] == [one.box[0][1] for one in found.segments]
    labels, _ = segsuite.paste(found.detections, EVERYTHING)
    np.testing.assert_array_equal(labels, found.labels)
    fewer, _ = segsuite.paste(found.detections, EVERYTHING.replace(min_score=1.0))
    assert not fewer.any()


def test_from_the_command_line(random_maskrcnn, image, tmp_path, capsys):
    np.save(tmp_path / "a.npy", image)
    out = tmp_path / "out"
    words = ("--model", random_maskrcnn(), "--image", tmp_path / "a.npy", "--out", out)
    options = ("--min-score", 1e-6, "--covered", 0.9, "--device", "cpu")

    assert run("predict", *words, *options) == DONE
    assert capsys.readouterr().out.strip() == str(out / "a.tif")
    assert sorted(path.name for path in out.iterdir()) == [
        "a.csv",
        "a.detections.npz",
        "a.tif",
    ]
    found = read_segmented(out / "a.tif")
    assert {info.name for info in found.classes} <= {"cell", "debris"}
    assert len(found.image.segments) > 0
    assert len(read_detections(out / "a.detections.npz")) >= len(found.image.segments)


@pytest.mark.parametrize("option", [("--readout", "semantic"), ("--probabilities",)])
def test_what_a_mask_rcnn_cannot_give(random_maskrcnn, image, tmp_path, capsys, option):
    np.save(tmp_path / "a.npy", image)
    out = tmp_path / "out"
    words = ("--model", random_maskrcnn(), "--image", tmp_path / "a.npy", "--out", out)

    assert run("predict", *words, *option) == FAILED
    assert "is a Mask R-CNN" in capsys.readouterr().err
    assert not out.exists()
