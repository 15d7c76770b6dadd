"""``segsuite train maskrcnn``, in this process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_segsuite import api
from napari_segsuite.cli.main import main, parse
from napari_segsuite.cli.train_maskrcnn import TrainMaskRCNNCommand
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.segmented_files import OBJECT
from napari_segsuite.data.segments import Segment, table_path, write_segments
from napari_segsuite.engine.maskrcnn import validation
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Return an image of two squares and its labels."""
    labels = np.zeros((32, 32), np.uint8)
    labels[4:12, 4:12], labels[18:28, 18:28] = 1, 2
    np.save(tmp_path / "image.npy", 100 * (labels > 0).astype(np.uint8))
    np.save(tmp_path / "labels.npy", labels)
    return {name: tmp_path / f"{name}.npy" for name in ("image", "labels")}


def words(files: dict[str, Path], out: Path) -> list[str]:
    line = f"train maskrcnn --image {files['image']} --labels {files['labels']}"
    line += f" --out {out} --max-epochs 1 --device cpu --seed 4 --object-size 32"
    return line.split()


def test_a_table_beside_the_labels_says_classes(
    files: dict[str, Path], tmp_path: Path
) -> None:
    command = parse(words(files, tmp_path / "m"))
    assert isinstance(command, TrainMaskRCNNCommand)
    job = command.job()
    assert job.classes == job.object_classes == ()
    assert job.training.seed == 4
    assert job.plan.object_size == 32
    long = ClassInfo(id=7, name="long")
    segments = [Segment(id=1, class_id=7), Segment(id=2, class_id=1)]
    write_segments(table_path(files["labels"]), segments, (OBJECT, long))
    job = command.job()
    assert [info.id for info in job.classes] == [1, 7]
    assert job.classes[0] == OBJECT
    assert job.object_classes == ({1: 7, 2: 1},)


def test_training_makes_a_model_and_says_its_score(
    files: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(validation, "_WINDOWS", 2)
    out = tmp_path / "m"
    assert main(words(files, out)) == 0
    said = capsys.readouterr()
    assert said.out == f"{out}\n"
    assert "A Mask R-CNN with a small backbone" in said.err
    assert "no objects could be held out" in said.err
    card = read_card(out)
    assert isinstance(card, MaskRCNNCard)
    assert card.classes == (OBJECT,)
    assert main(words(files, out)) == 1
    assert "exists already" in capsys.readouterr().err
    assert api.show_model(out) == card


def test_labels_without_objects_end_in_one_line(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(files["labels"], np.zeros((32, 32), np.uint8))
    assert main(words(files, tmp_path / "m")) == 1
    assert "segsuite: There is no object to learn from" in capsys.readouterr().err
