"""Model folders: written so that a whole model is there at every moment."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_segsuite.errors import ModelFolderError, StorageError
from napari_segsuite.models.card import EpochRecord
from napari_segsuite.models.folder import read_card, verify
from napari_segsuite.models.publishing import claim, discard, publish

resource = pytest.importorskip("resource", reason="needs POSIX limits")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_finished_model_is_two_files(model):
    assert names(model) == ["model.json", "weights.safetensors"]
    card = verify(model)
    assert card.name == "nuclei"
    assert card.weights.size == (model / "weights.safetensors").stat().st_size


def test_a_discarded_model_is_gone_but_not_what_others_put_there(model):
    (model / "notes.txt").write_text("mine")
    discard(model)
    assert names(model) == ["notes.txt"]
    (model / "notes.txt").unlink()
    discard(model)
    discard(model)
    assert not model.exists()


def test_colleagues_can_read_it(tmp_path, card_maker, weights_writer):
    before = os.umask(0o022)
    try:
        publish(tmp_path / "m", card_maker, weights_writer, final=True)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "m").iterdir()}
    assert modes == {0o644}


def test_better_checkpoints_replace_each_other(tmp_path, card_maker, weights_writer):
    folder = tmp_path / "deep" / "model"
    for value in (1.0, 2.0, 3.0):
        publish(
            folder, card_maker, lambda p, v=value: weights_writer(p, 64, v), final=False
        )
        card = verify(folder)
        assert names(folder) == ["model.json", card.weights.file]
        assert card.weights.file != "weights.safetensors"
    publish(folder, card_maker, lambda p: weights_writer(p, 64, 3.0), final=True)
    verify(folder)
    assert names(folder) == ["model.json", "weights.safetensors"]


def test_what_a_kill_left_is_tidied(tmp_path, card_maker, weights_writer):
    folder = tmp_path / "model"
    publish(folder, card_maker, weights_writer, final=False)
    (folder / "weights-0123abcd.safetensors").touch()
    (folder / ".segsuite-tmp-0123.safetensors").touch()
    (folder / "notes.txt").touch()
    publish(folder, card_maker, weights_writer, final=True)
    assert names(folder) == ["model.json", "notes.txt", "weights.safetensors"]


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("stage", ["weights", "card"])
def test_a_failure_keeps_the_old_model(
    tmp_path, card_maker, weights_writer, old, final, stage
):
    folder = tmp_path / "model"
    before = None
    if old:
        publish(folder, card_maker, weights_writer, final=False)
        before = {p.name: p.read_bytes() for p in folder.iterdir()}

    def fail(_):
        raise ZeroDivisionError

    maker, writer = (card_maker, fail) if stage == "weights" else (fail, weights_writer)
    with pytest.raises(ZeroDivisionError):
        publish(folder, maker, writer, final=final)
    assert folder.exists() == old
    if old:
        assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
        verify(folder)


@pytest.mark.parametrize("final", [False, True])
def test_a_full_disk_keeps_the_old_model(small_disk, card_maker, weights_writer, final):
    folder = small_disk / "model"
    publish(folder, card_maker, weights_writer, final=False)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    with pytest.raises(StorageError, match="the disk is full"):
        publish(folder, card_maker, lambda p: weights_writer(p, 100_000), final=final)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    verify(folder)


def test_a_disk_with_no_room_for_the_card_keeps_the_old_model(
    small_disk, card_maker, weights_writer
):
    folder = small_disk / "model"
    publish(folder, card_maker, weights_writer, final=False)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    big = {"provenance": {"note": "x" * 300_000}}
    with pytest.raises(StorageError, match="the disk is full"):
        publish(folder, lambda w: card_maker(w, **big), weights_writer, final=False)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_a_file_size_limit_keeps_the_old_model(tmp_path, card_maker, weights_writer):
    folder = tmp_path / "model"
    publish(folder, card_maker, weights_writer, final=False)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(StorageError, match="could not be written"):
            publish(folder, card_maker, lambda p: weights_writer(p, 9000), final=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_not_published(
    tmp_path, card_maker, weights_writer, value
):
    folder = tmp_path / "model"
    publish(folder, card_maker, weights_writer, final=False)
    with pytest.raises(ModelFolderError, match="not finite"):
        publish(folder, card_maker, lambda p: weights_writer(p, 8, value), final=True)
    verify(folder)


def test_a_very_long_history_is_thinned(tmp_path, card_maker, weights_writer):
    history = tuple(
        EpochRecord(epoch=i, step=i, seconds=i, loss=0.5, dice=0.5, f1=0.5)
        for i in range(1, 30_001)
    )
    written = publish(
        tmp_path / "m",
        lambda w: card_maker(w, history=history),
        weights_writer,
        final=True,
    )
    card = read_card(tmp_path / "m")
    assert card == written
    assert (tmp_path / "m" / "model.json").stat().st_size <= 1 << 20
    assert (card.history[0].epoch, card.history[-1].epoch) == (1, 30_000)


# Claiming


def test_a_new_folder_can_be_claimed_and_is_not_made(tmp_path):
    claim(tmp_path / "a" / "b")
    assert names(tmp_path) == []


def test_an_empty_folder_can_be_claimed(tmp_path):
    claim(tmp_path)
    assert names(tmp_path) == []


def test_a_relative_folder_can_be_claimed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    claim(Path("models") / "new")
    assert names(tmp_path) == []


def test_an_existing_folder_or_file_cannot_be_claimed(tmp_path, model):
    with pytest.raises(StorageError, match="exists already"):
        claim(model)
    with pytest.raises(StorageError, match="exists already"):
        claim(model / "model.json")


def test_a_folder_below_a_file_cannot_be_claimed(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="a file, not a folder"):
        claim(tmp_path / "file" / "model")


def test_a_name_that_is_too_long_cannot_be_claimed(tmp_path):
    with pytest.raises(StorageError, match="too long"):
        claim(tmp_path / ("x" * 300))


def test_a_place_that_cannot_be_written_cannot_be_claimed():
    # No one, not even root, makes folders in the kernel's own file system.
    if not Path("/proc/self").exists():
        pytest.skip("there is no /proc to try it on")
    with pytest.raises(StorageError, match="could not be written"):
        claim(Path("/proc/self/model"))


def test_a_read_only_disk_cannot_be_claimed(small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StorageError, match="read-only"):
        claim(small_disk / "model")


# Kills


PUBLISHING = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from conftest import make_card, write_ones
from napari_segsuite.models.publishing import publish
folder = Path(sys.argv[1])
publish(folder, make_card, write_ones, final=False)
print("ready", flush=True)
for i in range(10**6):
    publish(folder, make_card, lambda p: write_ones(p, 20_000, float(i)), final=False)
"""


def test_readers_and_kills_always_find_a_whole_model(tmp_path):
    folder = tmp_path / "model"
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", PUBLISHING, str(folder), str(Path(__file__).parent)],
            stdout=subprocess.PIPE,
        )
        assert child.stdout.readline() == b"ready\n"
        for _ in range(20):
            verify(folder)
        child.kill()
        child.wait()
        child.stdout.close()
        verify(folder)
