"""The ``segsuite`` command on files and folders, as users run it.

The main path runs the installed command; what else there is runs in this process,
which spares loading torch each time.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

# Torch must be there before any test draws a napari canvas: Mesa's LLVM and
# triton's cannot be loaded the other way round.
import napari_segsuite.engine.predict_unet
import napari_segsuite.engine.train_unet  # noqa: F401
from napari_segsuite.cli.main import main
from napari_segsuite.data.formats import describe

SEGSUITE = str(Path(sys.executable).with_name("segsuite"))
QUICK = ("--max-epochs", "2", "--device", "cpu", "--levels", "3", "--features", "8")


def _segsuite(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SEGSUITE, *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Ended]


@pytest.fixture
def run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Return what runs a command in `folder`, in this process."""
    monkeypatch.chdir(folder)

    def run_here(*words: object) -> Ended:
        code = main([str(word) for word in words])
        written = capsys.readouterr()
        return Ended(code, written.out, written.err)

    return run_here


def _disk(centre: tuple[int, int]) -> np.ndarray:
    y, x = np.mgrid[:96, :96]
    return (y - centre[0]) ** 2 + (x - centre[1]) ** 2 < 20**2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with images, painted and true labels, and a trained model."""
    folder = tmp_path_factory.mktemp("cells")
    rng = np.random.default_rng(0)
    for name in ("images", "painted", "truth"):
        (folder / name).mkdir()
    for name, centre in {"a": (40, 40), "b": (60, 50)}.items():
        disk = _disk(centre)
        truth = np.where(disk, 2, 1).astype(np.uint8)
        painted = np.where(rng.random(disk.shape) < 0.1, truth, 0).astype(np.uint8)
        np.save(folder / f"images/{name}.npy", 100 * disk + rng.normal(0, 10, (96, 96)))
        np.save(folder / f"painted/{name}.npy", painted)
        np.save(folder / f"truth/{name}.npy", truth)
    words = ("--image", "images", "--labels", "painted", "--out", "model")
    done = _segsuite("train", "unet", *words, *QUICK, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "model\n"
    return folder


def test_training_leaves_a_model_that_can_be_shown(run: Run, folder: Path) -> None:
    done = run("models", "show", "model")

    assert done.returncode == 0
    assert "background" in done.stdout
    assert sorted(p.name for p in (folder / "model").iterdir()) == [
        "model.json",
        "weights.safetensors",
    ]


def test_training_refuses_a_folder_that_exists(run: Run, folder: Path) -> None:
    before = (folder / "model" / "model.json").read_bytes()

    words = ("--image", "images", "--labels", "painted", "--out", "model")
    done = run("train", "unet", *words, *QUICK)

    assert done.returncode == 1
    assert "model exists already" in done.stderr.splitlines()[-1]
    assert (folder / "model" / "model.json").read_bytes() == before


def test_training_goes_on_from_a_model(run: Run, folder: Path, tmp_path: Path) -> None:
    words = ("--image", "images", "--labels", "painted", "--out", tmp_path / "new")
    done = run(
        "train",
        "unet",
        *words,
        "--start-from",
        "model",
        *QUICK[:4],
    )

    assert done.returncode == 0, done.stderr


def test_a_folder_is_predicted_and_scored(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "predicted"
    words = ("--model", "model", "--image", "images", "--out", out)
    predicted = _segsuite("predict", *words, "--device", "cpu", cwd=folder)
    scored = _segsuite(
        "evaluate",
        *("--truth", "truth", "--prediction", out, "--json", tmp_path / "scores.json"),
        cwd=folder,
    )

    assert predicted.returncode == 0, predicted.stderr
    assert predicted.stdout.split() == [str(out / "a.tif"), str(out / "b.tif")]
    labels = np.asarray(describe(out / "a.tif", labels=True).open())
    assert labels.shape == (96, 96)
    assert set(np.unique(labels)) <= {1, 2}
    assert scored.returncode == 0, scored.stderr
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert len(scores["files"]) == 2
    assert 0 <= scores["pixel_accuracy"] <= 1


def test_one_bad_image_does_not_keep_the_others(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    images = tmp_path / "images"
    shutil.copytree(folder / "images", images)
    (images / "a.npy").write_bytes(b"this is no array")
    out = tmp_path / "predicted"

    words = ("--model", "model", "--image", images, "--out", out, "--device", "cpu")
    done = run("predict", *words)

    assert done.returncode == 1
    assert [path.name for path in out.iterdir()] == ["b.tif"]
    last = done.stderr.splitlines()[-1]
    assert last.startswith("segsuite: 1 of 2 images failed: ")
    assert "a.npy" in last
    assert "b.npy" not in last


def test_probabilities_are_written_apart_from_the_labels(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "predicted"
    words = ("--model", "model", "--image", "images/a.npy", "--out", out)

    done = run("predict", *words, "--probabilities")

    assert done.returncode == 0, done.stderr
    probabilities = np.load(out / "probabilities" / "a.npy", allow_pickle=False)
    assert probabilities.shape == (2, 96, 96)
    np.testing.assert_allclose(probabilities.sum(0, dtype=float), 1, atol=0.01)


def test_a_job_saved_as_json_is_run(run: Run, folder: Path, tmp_path: Path) -> None:
    job = {
        "kind": "predict",
        "model": "model",
        "image": {"path": "images/a.npy", "axes": "YX"},
        "out": str(tmp_path / "a.tif"),
        "options": {"device": "cpu"},
    }
    (tmp_path / "job.json").write_text(json.dumps(job))

    done = run("run", tmp_path / "job.json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["labels"]["path"] == str(tmp_path / "a.tif")
    assert (tmp_path / "a.tif").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no json", "is not JSON"),
        ("[1, 2]", "holds no job"),
        ('{"kind": "dance"}', "known kinds are"),
        ('{"kind": "predict", "model": "m", "speed": 3}', "image: Field required"),
    ],
)
def test_a_job_that_is_none_is_refused(
    run: Run, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "job.json").write_text(text)

    done = run("run", tmp_path / "job.json")

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("predict --model none --image images --out x", "none"),
        ("predict --model model --image nowhere --out x", "nowhere"),
        ("train unet --image images --labels nowhere --out x", "nowhere"),
        ("train unet --image images --labels painted/a.npy --out x", "b.npy"),
        ("evaluate --truth truth --prediction nowhere", "nowhere"),
        ("models show none", "none"),
        ("run nowhere.json", "nowhere.json"),
    ],
)
def test_bad_input_is_one_clear_line(
    run: Run, folder: Path, words: str, said: str
) -> None:
    done = run(*words.split())

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert said in done.stderr
    assert not (folder / "x").exists()


def test_the_demo_leaves_a_picture_with_the_numbers(run: Run, tmp_path: Path) -> None:
    done = run("demo", "--out", tmp_path / "demo", *QUICK[:4])

    assert done.returncode == 0, done.stderr
    assert "nucleus" in done.stdout
    report = json.loads((tmp_path / "demo" / "report.json").read_text())
    assert 0.5 < report["mean_dice"] <= 1
    with Image.open(tmp_path / "demo" / "demo.png") as picture:
        assert picture.width > 4 * 400


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_interrupting_a_training_keeps_the_best_model(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    words = ("--image", "images", "--labels", "painted", "--out", out)
    training = subprocess.Popen(
        [
            *(SEGSUITE, "train", "unet", *map(str, words)),
            *("--max-seconds", "600", "--device", "cpu", "--levels", "3"),
        ],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not (out / "model.json").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    training.send_signal(signal.SIGINT)
    _, err = training.communicate(timeout=60)

    assert training.returncode == 130, err
    assert str(out) in err.splitlines()[-1]
    assert _segsuite("models", "show", out, cwd=folder).returncode == 0
