"""The dock "Import and export": what goes out comes back as it was."""

import json

import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.segments import Segment, features
from napari_segsuite.runners.inline import InlineRunner
from napari_segsuite.widgets.activity import State
from napari_segsuite.widgets.exchange.exchange_dock import ExchangeDock
from napari_segsuite.widgets.layer_classes import declare
from napari_segsuite.widgets.layers import is_result
from napari_segsuite.widgets.session import Session

LABELS = np.zeros((12, 15), np.int32)
LABELS[1:5, 2:9] = 7
LABELS[6:11, 3:6] = 8


@pytest.fixture
def session(viewer, runner, qapp):
    """Return a session in which files are really exchanged."""
    made = Session(viewer, runner=runner, interactive=InlineRunner())
    yield made
    made.close()


@pytest.fixture
def dock(viewer, session, keep):
    return keep(ExchangeDock(viewer, session))


def add_layers(viewer, labels=LABELS):
    image = viewer.add_image(
        np.zeros(labels.shape), name="im", scale=(2,) * labels.ndim
    )
    layer = viewer.add_labels(
        labels.copy(),
        name="cells",
        features=features(
            [Segment(id=7, class_id=3, score=0.75), Segment(id=8, class_id=4)],
            [ClassInfo(id=3, name="cell"), ClassInfo(id=4, name="vessel")],
        ),
    )
    return image, layer


def ended(dock, qtbot):
    qtbot.waitUntil(lambda: not dock.work.busy)
    return dock.work.state is State.FINISHED


@pytest.mark.parametrize(
    ("kind", "out", "source", "readout"),
    [
        ("COCO instances", "a.json", "a.json", "instances"),
        ("COCO panoptic", "a", "a/panoptic.json", "panoptic"),
        ("ImageJ ROIs", "a.zip", "a.zip", "instances"),
    ],
)
def test_what_goes_out_comes_back(
    viewer, dock, qtbot, tmp_path, kind, out, source, readout
):
    add_layers(viewer)
    dock.format.setCurrentText(kind)
    dock.export_to(tmp_path / out)
    assert ended(dock, qtbot), dock.status.text
    assert "2 objects written" in dock.status.text
    dock.import_file(tmp_path / source)
    assert ended(dock, qtbot), dock.status.text
    layer = viewer.layers[-1]
    np.testing.assert_array_equal(layer.data, LABELS)
    np.testing.assert_allclose(layer.scale, (2, 2))
    assert list(layer.features["index"]) == [7, 8]
    assert list(layer.features["class_id"]) == [3, 4]
    assert layer.metadata["segsuite"]["readout"] == readout
    assert not is_result(layer)
    assert layer.name.startswith("im ")


def test_a_painting_goes_out_with_its_classes(viewer, dock, qtbot, tmp_path):
    painting = viewer.add_labels(np.array([[1, 1, 2], [0, 2, 2]], np.uint8), name="p")
    classes = (
        ClassInfo(id=1, name="sky", thing=False),
        ClassInfo(id=2, name="bird"),
    )
    declare(painting, classes)
    dock.export_to(tmp_path / "a.json")
    assert ended(dock, qtbot), dock.status.text
    content = json.loads((tmp_path / "a.json").read_text())
    assert [one["name"] for one in content["categories"]] == ["sky", "bird"]
    assert [one["category_id"] for one in content["annotations"]] == [1, 2]


def test_of_a_stack_the_slice_shown_goes_out(viewer, dock, qtbot, tmp_path):
    stack = np.stack([LABELS, np.where(LABELS == 8, 0, LABELS)])
    add_layers(viewer, stack)
    viewer.dims.set_point(0, 1)
    assert dock.part.currentText() == "slice shown"
    dock.export_to(tmp_path / "a.json")
    assert ended(dock, qtbot), dock.status.text
    assert len(json.loads((tmp_path / "a.json").read_text())["annotations"]) == 1
    dock.part.setCurrentText("whole layer")
    dock.export_to(tmp_path / "b.json")
    assert not ended(dock, qtbot)
    assert "know planes only" in dock.status.text


def test_nothing_is_overwritten_unasked(viewer, dock, qtbot, tmp_path, monkeypatch):
    add_layers(viewer)
    file = tmp_path / "a.json"
    file.write_text("mine")
    answers = iter([str(tmp_path / "a"), str(file)])
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_args: (next(answers), "")
    )
    # The dialog asked about “a”, not about “a.json”.
    dock.export_button.click()
    assert not ended(dock, qtbot)
    assert "exists" in dock.status.text
    assert file.read_text() == "mine"
    dock.export_button.click()
    assert ended(dock, qtbot), dock.status.text
    assert len(json.loads(file.read_text())["annotations"]) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "cannot be read"),
        (json.dumps({"images": [], "annotations": [], "categories": []}), "no image"),
        (
            json.dumps(
                {
                    "images": [
                        {"id": 1, "file_name": "im.png", "height": 9, "width": 15}
                    ],
                    "annotations": [],
                    "categories": [],
                }
            ),
            "9 × 15",
        ),
    ],
)
def test_a_file_that_does_not_fit_brings_nothing(
    viewer, dock, qtbot, tmp_path, text, sentence
):
    add_layers(viewer)
    (tmp_path / "a.json").write_text(text)
    dock.import_file(tmp_path / "a.json")
    assert not ended(dock, qtbot)
    assert sentence in dock.status.text
    assert len(viewer.layers) == 2


def test_every_image_of_a_file_needs_none_open(viewer, dock, qtbot, tmp_path):
    images = [
        {"id": i, "file_name": f"{name}.png", "height": 4, "width": 5}
        for i, name in enumerate("ab", start=1)
    ]
    content = {"images": images, "annotations": [], "categories": []}
    (tmp_path / "set.json").write_text(json.dumps(content))
    dock.import_file(tmp_path / "set.json")
    assert ended(dock, qtbot), dock.status.text
    assert [layer.name for layer in viewer.layers] == ["a set", "b set"]
    assert all(layer.data.shape == (4, 5) for layer in viewer.layers)


def test_what_cannot_be_pressed_says_why(viewer, dock):
    dock.format.setCurrentText("ImageJ ROIs")
    assert not dock.import_button.isEnabled()
    assert "Open the image" in dock.import_button.toolTip()
    assert not dock.export_button.isEnabled()
    assert "no Labels layer" in dock.export_button.toolTip()
