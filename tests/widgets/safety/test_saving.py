import numpy as np
import pytest
from qtpy.QtWidgets import QWidget

from napari_segsuite.data.formats import describe, open_array
from napari_segsuite.data.prompts.record import PromptRecord, read_record
from napari_segsuite.widgets.safety.net import SafetyNet
from napari_segsuite.widgets.safety.saving import Saving


@pytest.fixture
def saving(session, keep):
    return Saving(session, keep(QWidget()))


@pytest.fixture
def told(saving):
    said = []
    saving.told.connect(said.append)
    return said


@pytest.fixture
def layer(viewer, saving):
    ids = np.random.default_rng(0).integers(0, 60000, (3, 20, 30)).astype(np.uint16)
    made = viewer.add_labels(ids, scale=(2, 0.5, 0.25), units="um")
    saving.offer(made)
    return made


@pytest.mark.parametrize("name", ["a.ome.tif", "a.npy", "a.ome.zarr"])
def test_what_was_saved_reads_back_bit_for_bit(
    layer, saving, told, tmp_path, qtbot, name
):
    saving.save(tmp_path / name)
    qtbot.waitUntil(lambda: bool(told))
    assert told[0].startswith("Saved")
    ref = describe(tmp_path / name, labels=True)
    np.testing.assert_array_equal(open_array(ref), layer.data)
    if not name.endswith("npy"):
        assert ref.spacing == (2, 0.5, 0.25)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_is_not_replaced_unasked(layer, saving, told, tmp_path):
    (tmp_path / "a.npy").write_text("precious")
    saving.save(tmp_path / "a.npy")
    assert "exists already" in told[0]
    assert (tmp_path / "a.npy").read_text() == "precious"


def test_a_file_is_replaced_when_asked(layer, saving, told, tmp_path, qtbot):
    (tmp_path / "a.npy").write_text("old")
    saving.save(tmp_path / "a.npy", overwrite=True)
    qtbot.waitUntil(lambda: bool(told))
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), layer.data)


def test_a_failed_save_leaves_the_old_file(layer, saving, told, tmp_path, qtbot):
    (tmp_path / "a.png").write_text("old")
    saving.save(tmp_path / "a.png", overwrite=True)
    qtbot.waitUntil(lambda: bool(told))
    assert "Rename the file" in told[0]
    assert (tmp_path / "a.png").read_text() == "old"


def test_saved_strokes_need_no_journal(layer, saving, told, session, tmp_path, qtbot):
    net = session.shared(SafetyNet)
    net.keep(layer)
    (kept,) = net._kept.values()
    assert kept.journal.facts.unsaved
    saving.save(tmp_path / "a.npy")
    qtbot.waitUntil(lambda: bool(told))
    assert not kept.journal.facts.unsaved


def test_without_a_layer_there_is_nothing_to_save(saving, told, tmp_path):
    saving.offer(None)
    assert not saving.button.isEnabled()
    saving.save(tmp_path / "a.npy")
    assert told == []


def test_the_prompts_of_objects_are_saved_beside_them(
    layer, saving, told, tmp_path, qtbot
):
    record = PromptRecord(
        model="m", model_sha256="0" * 64, image="i", axes="ZYX", shape=(3, 20, 30)
    )
    layer.metadata = {"segsuite": {"prompts": record.model_dump(mode="json")}}
    saving.save(tmp_path / "a.npy")
    qtbot.waitUntil(lambda: bool(told))
    assert read_record(tmp_path / "a.prompts.json") == record
    (tmp_path / "a.npy").unlink()
    saving.save(tmp_path / "a.npy")
    assert "a.prompts.json" in told[1]
    assert not (tmp_path / "a.npy").exists()
