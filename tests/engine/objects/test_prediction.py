"""Objects of images, predicted in tiles, by a network that nobody trained."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import ndimage

from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.label_notes import read_notes
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.segments import read_segments
from napari_segsuite.engine import networks, weights
from napari_segsuite.engine.objects.outputs import CHANNELS
from napari_segsuite.engine.objects.separation import PASSES
from napari_segsuite.engine.predict_unet import predict
from napari_segsuite.errors import Cancelled, InputError, StorageError
from napari_segsuite.jobs.prediction import Predict, PredictOptions, PredictResult
from napari_segsuite.models.card import ModelCard
from napari_segsuite.models.publishing import publish
from napari_segsuite.plan.objects import ObjectReadout
from napari_segsuite.plan.unet import UNetPlan

CLASSES = (
    ClassInfo(id=1, name="background", thing=False),
    ClassInfo(id=7, name="cell"),
)
READOUT = ObjectReadout(foreground=0.5, seed=0.6, smoothing=0.7, min_area=3)
Run = Callable[..., PredictResult]


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes a model with random weights."""

    def make(
        ndim: int, objects: ObjectReadout | None = READOUT, spacing: Any = None
    ) -> Path:
        folder = tmp_path / "model"
        plan = UNetPlan(
            ndim=2 if ndim == 2 else 3,
            channels=1,
            patch_size=(16,) * ndim,
            strides=((1,) * ndim, (2,) * ndim, (2,) * ndim),
            features=(4, 6, 8),
            batch_size=1,
            normalisation="percentile",
            spacing=spacing,
        )
        torch.manual_seed(3)
        outputs = CHANNELS if objects else len(CLASSES)
        network = networks.build(networks.architecture(plan, outputs)).eval()
        with torch.no_grad():
            for name, values in weights.own(network).items():
                if name.startswith(networks.HEAD) and name.endswith("weight"):
                    values *= 40  # Sure of what it says, whatever that is.
        publish(
            folder,
            lambda file: ModelCard(
                name="cells",
                created=datetime.now(UTC),
                package_version="0",
                plan=plan,
                architecture=networks.architecture(plan, outputs),
                classes=CLASSES,
                objects=objects,
                axes="YX",
                weights=file,
            ),
            lambda path: weights.write(weights.snapshot(network), path),
            final=True,
        )
        return folder

    return make


@pytest.fixture
def run(
    tmp_path: Path, listener: Any, save: Callable[..., ArrayRef]
) -> Callable[..., PredictResult]:
    """Return a function that predicts blobs of a shape."""

    def ran(
        model: Path,
        shape: tuple[int, ...],
        axes: str,
        out: str = "found.npy",
        spacing: Spacing | None = None,
        **fields: Any,
    ) -> PredictResult:
        noise = np.random.default_rng(1).normal(size=shape)
        sigma = [2.0 if axis in "YX" else 0.5 for axis in axes]
        image = ndimage.gaussian_filter(noise, sigma).astype(np.float32)
        job = Predict(
            model=model,
            image=save("blobs", image, axes, spacing),
            out=tmp_path / out,
            **fields,
        )
        return predict(job, listener)

    return ran


def labels_of(result: PredictResult) -> np.ndarray:
    return np.asarray(result.labels.open())


def check_table(result: PredictResult) -> None:
    """Compare the table with the labels."""
    labels = labels_of(result)
    assert result.table is not None
    table = read_segments(result.table)
    assert labels.dtype == np.int32
    assert list(table) == list(range(1, labels.max() + 1))
    areas = np.bincount(labels.ravel(), minlength=len(table) + 1)
    boxes = ndimage.find_objects(labels)
    for number, one in table.items():
        assert one.class_id == 7
        assert one.area == areas[number]
        assert one.box == tuple((s.start, s.stop) for s in boxes[number - 1])
        assert one.score is not None
        assert READOUT.foreground < one.score <= 1


@pytest.mark.parametrize(
    ("shape", "axes", "ndim", "tile"),
    [
        ((130, 100), "YX", 2, 32),
        ((3, 60, 50), "ZYX", 2, 16),
        ((50, 60, 3), "YXT", 2, 32),
        ((20, 40, 36), "ZYX", 3, 16),
    ],
)
def test_tiles_change_nothing(
    shape: tuple[int, ...],
    axes: str,
    ndim: int,
    tile: int,
    make_model: Callable[..., Path],
    run: Run,
) -> None:
    model = make_model(ndim)
    whole = run(model, shape, axes)
    check_table(whole)
    assert labels_of(whole).max() > 10
    options = PredictOptions(tile_size=tile)
    tiled = run(model, shape, axes, "tiled.npy", options=options)
    assert np.array_equal(labels_of(tiled), labels_of(whole))
    assert tiled.table is not None
    assert whole.table is not None
    assert tiled.table.read_text() == whole.table.read_text()


def test_ids_ascend_from_slice_to_slice(
    make_model: Callable[..., Path], run: Run
) -> None:
    labels = labels_of(run(make_model(2), (40, 44, 3), "YXZ"))
    last = 0
    for index in range(3):
        flat = labels[..., index].ravel()
        ids, first = np.unique(flat, return_index=True)
        ids, first = ids[ids > 0], first[ids > 0]
        assert ids.tolist() == list(range(last + 1, last + 1 + len(ids)))
        assert (np.diff(first) > 0).all()
        last = ids[-1]


def test_the_file_knows_its_class_and_the_result_too(
    make_model: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    result = run(make_model(2), (50, 60), "YX", "found.tif", spacing=(0.5, 0.25))
    assert result.classes == CLASSES[1:]
    assert read_notes(result.labels.path).classes == CLASSES[1:]
    assert result.labels.spacing == (0.5, 0.25)
    assert result.table == tmp_path / "found.csv"
    lines = result.table.read_text().splitlines()
    assert lines[0].endswith("score,crowd,y_start,y_stop,x_start,x_stop")
    assert ",cell,1," in lines[1]


def test_an_image_of_another_spacing_is_predicted_at_the_models(
    make_model: Callable[..., Path], run: Run
) -> None:
    model = make_model(2, spacing=(1.0, 1.0))
    whole = run(model, (70, 90), "YX", spacing=(0.5, 0.5))
    check_table(whole)
    tiled = run(
        model,
        (70, 90),
        "YX",
        "tiled.npy",
        spacing=(0.5, 0.5),
        options=PredictOptions(tile_size=32),
    )
    both, one = labels_of(whole) > 0, labels_of(tiled) > 0
    assert labels_of(whole).shape == (70, 90)
    assert (both == one).mean() > 0.999
    assert labels_of(whole).max() == labels_of(tiled).max()


def test_a_region_is_predicted_alone(make_model: Callable[..., Path], run: Run) -> None:
    region = ((1, 3), (5, 42), (7, 60))
    result = run(make_model(2), (4, 50, 60), "ZYX", region=region)
    assert labels_of(result).shape == (2, 37, 53)
    check_table(result)


def test_probabilities_are_those_of_the_object(
    make_model: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    soft = tmp_path / "soft.npy"
    result = run(make_model(2), (2, 40, 44), "ZYX", probabilities=soft)
    assert result.probabilities is not None
    found = np.asarray(result.probabilities.open())
    assert found.shape == (1, 2, 40, 44)
    labels = labels_of(result)
    assert (found[0][labels > 0] > READOUT.foreground).all()
    assert result.table is not None
    for number, one in read_segments(result.table).items():
        mean = found[0][labels == number].astype(float).mean()
        assert one.score == pytest.approx(mean, abs=1e-4)


def test_classes_of_pixels_can_be_read_out_too(
    make_model: Callable[..., Path], run: Run
) -> None:
    model = make_model(2)
    options = PredictOptions(readout="semantic")
    classes = run(model, (50, 60), "YX", "classes.npy", options=options)
    assert (classes.table, classes.classes) == (None, CLASSES)
    loose = PredictOptions(min_area=1)
    objects = labels_of(run(model, (50, 60), "YX", options=loose))
    # Objects are read from numbers of 16 bits.
    assert (labels_of(classes) == np.where(objects > 0, 7, 1)).mean() > 0.995


def test_thresholds_can_be_set(make_model: Callable[..., Path], run: Run) -> None:
    model = make_model(2)
    usual_result = run(model, (50, 60), "YX")
    usual = labels_of(usual_result)
    strict = PredictOptions(object_threshold=0.9)
    fewer = labels_of(run(model, (50, 60), "YX", "strict.npy", options=strict))
    assert 0 < (fewer > 0).sum() < (usual > 0).sum()
    none = run(
        model, (50, 60), "YX", "none.npy", options=PredictOptions(min_area=10**6)
    )
    assert not labels_of(none).any()
    assert none.table is not None
    assert len(none.table.read_text().splitlines()) == 1
    assert usual_result.table is not None
    scores = [one.score for one in read_segments(usual_result.table).values()]
    middle = float(np.median([score for score in scores if score is not None]))
    sure = PredictOptions(min_score=middle)
    result = run(model, (50, 60), "YX", "sure.npy", options=sure)
    assert 0 < labels_of(result).max() < len(scores)


def test_who_asks_for_fainter_objects_gets_them(
    make_model: Callable[..., Path], run: Run
) -> None:
    model = make_model(2, READOUT.replace(min_score=0.99))
    assert not labels_of(run(model, (50, 60), "YX")).any()
    faint = PredictOptions(object_threshold=0.5)
    assert labels_of(run(model, (50, 60), "YX", "faint.npy", options=faint)).any()


def test_a_model_of_classes_has_no_objects(
    make_model: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    model = make_model(2, objects=None)
    with pytest.raises(InputError, match="Train a model on objects"):
        run(model, (8, 8), "YX", options=PredictOptions(readout="instances"))
    assert run(model, (8, 8), "YX").table is None
    assert not (tmp_path / "found.csv").exists()


def test_an_existing_table_is_kept(
    make_model: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    (tmp_path / "found.csv").write_text("precious")
    with pytest.raises(StorageError, match=r"found\.csv exists already"):
        run(make_model(2), (8, 8), "YX")
    assert (tmp_path / "found.csv").read_text() == "precious"
    assert not (tmp_path / "found.npy").exists()


def test_labels_that_cannot_be_written_leave_no_table(
    make_model: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="Rename the file"):
        run(make_model(2), (8, 8), "YX", "found.bmp")
    assert not (tmp_path / "found.csv").exists()


@pytest.mark.parametrize("events", [1, 5])
def test_cancel_leaves_nothing(
    events: int,
    make_model: Callable[..., Path],
    run: Run,
    listener: Any,
    tmp_path: Path,
) -> None:
    model = make_model(2)
    before = {path.name for path in tmp_path.iterdir()} | {"blobs.npy"}
    taken = listener.check_cancelled

    def check() -> None:
        if len(listener.events) >= events:
            listener.cancel_at = "progress"
        taken()

    listener.check_cancelled = check
    with pytest.raises(Cancelled):
        run(model, (64, 64), "YX", options=PredictOptions(tile_size=32))
    assert {path.name for path in tmp_path.iterdir()} == before
    assert list(listener.scratch.iterdir()) == []


def test_progress_rises_to_the_end(
    make_model: Callable[..., Path], run: Run, listener: Any
) -> None:
    run(make_model(2), (2, 64, 64), "ZYX", options=PredictOptions(tile_size=32))
    told = listener.of("progress")
    fractions = [one.fraction for one in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)
    assert len(told) == 2 * (4 + PASSES)
    assert told[-1].message == "Objects of frame 2 of 2"
