"""One training per model folder, and what a killed one leaves."""

import os
import subprocess
import sys

import pytest

from napari_segsuite.data.atomic import unfinished_prefix
from napari_segsuite.errors import StorageError
from napari_segsuite.models.folder import verify
from napari_segsuite.models.publishing import FINAL_WEIGHTS, clear_up
from napari_segsuite.models.training_lock import LOCK, sole_training

HOLDING = """
import sys, time
from pathlib import Path
from napari_segsuite.models.training_lock import sole_training
with sole_training(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_second_training_is_refused_and_the_next_is_not(tmp_path):
    folder = tmp_path / "new" / "model"
    with sole_training(folder):
        assert names(folder) == [LOCK]
        with (
            pytest.raises(StorageError, match="being trained by another job"),
            sole_training(folder),
        ):
            pytest.fail("not reached")
        assert names(folder) == [LOCK]
    assert not folder.exists()
    with sole_training(folder):
        (folder / "model.json").touch()
    assert names(folder) == ["model.json"]


def test_the_lock_goes_with_the_process(tmp_path):
    folder = tmp_path / "model"
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(folder)], stdout=subprocess.PIPE
    )
    assert child.stdout.readline().strip() == b"held"
    with pytest.raises(StorageError), sole_training(folder):
        pytest.fail("not reached")
    child.kill()
    child.wait()
    child.stdout.close()
    assert names(folder) == [LOCK]
    with sole_training(folder):
        pass
    assert not folder.exists()


def leave(folder):
    """Leave what a killed training leaves."""
    litter = [
        LOCK,
        "weights-0123abcd.safetensors",
        "train-0123abcd.safetensors",
        f"{unfinished_prefix(os.getpid())}0123.json",
    ]
    for name in litter:
        (folder / name).touch()
    return sorted(litter)


def test_what_a_killed_training_left_is_cleared_and_the_model_stays(model):
    before = names(model)
    leave(model)
    clear_up(model)
    assert names(model) == before
    verify(model)


def test_a_training_killed_before_its_first_model_leaves_no_folder(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    leave(folder)
    (folder / FINAL_WEIGHTS).touch()
    clear_up(folder)
    assert not folder.exists()


def test_folders_that_nobody_trained_are_left_alone(tmp_path):
    left = leave(tmp_path)
    (tmp_path / LOCK).unlink()
    (tmp_path / FINAL_WEIGHTS).touch()
    clear_up(tmp_path)
    assert names(tmp_path) == sorted({*left, FINAL_WEIGHTS} - {LOCK})


def test_nothing_is_cleared_while_somebody_trains(model):
    with sole_training(model):
        left = names(model)
        leave(model)
        clear_up(model)
        assert len(names(model)) == len(left) + 3
