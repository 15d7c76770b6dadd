"""Two models on one image: the same as each on its own, merged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.panoptic import MergeOptions, merge, things_of
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.segments import read_segments
from napari_segsuite.engine.panoptic import predict
from napari_segsuite.engine.predict_unet import predict as predict_one
from napari_segsuite.errors import Cancelled, InputError, StorageError
from napari_segsuite.jobs.panoptic import PredictPanoptic
from napari_segsuite.jobs.prediction import Predict, PredictOptions
from napari_segsuite.plan.objects import ObjectReadout

READOUT = ObjectReadout(foreground=0.5, seed=0.6, smoothing=0.7, min_area=3)
TISSUE = (
    ClassInfo(id=1, name="background", thing=False),
    ClassInfo(id=4, name="cell"),
)
FOUND = (
    ClassInfo(id=1, name="background", thing=False),
    ClassInfo(id=2, name="Cell"),
)
LIMITS = MergeOptions(least_score=0.0, stuff_area=5)


@pytest.fixture
def job(
    random_unet: Callable[..., Path], save: Callable[..., ArrayRef], tmp_path: Path
) -> PredictPanoptic:
    """A job on noise."""
    image = np.random.default_rng(1).normal(size=(48, 40)).astype(np.float32)
    return PredictPanoptic(
        model=random_unet("tissue", TISSUE),
        objects=random_unet("cells", FOUND, objects=READOUT),
        image=save("image", image, "YX", (0.5, 0.5)),
        out=tmp_path / "out.npy",
        options=PredictOptions(device="cpu"),
        merging=LIMITS,
    )


def test_it_is_what_both_models_say_merged(
    job: PredictPanoptic, listener: Any, tmp_path: Path
) -> None:
    result = predict(job, listener)
    apart = {}
    for folder in (job.model, job.objects):
        one = Predict(
            model=folder,
            image=job.image,
            out=tmp_path / f"{folder.name}.npy",
            options=job.options,
        )
        apart[folder.name] = predict_one(one, listener)
    known = read_segments(apart["cells"].table)
    instances = np.asarray(apart["cells"].labels.open())
    assert len(known) > 3
    named = {i: one.replace(class_id=4) for i, one in known.items()}
    semantic = np.asarray(apart["tissue"].labels.open())
    wanted = merge(semantic, things_of(instances, named, 4), TISSUE, LIMITS)
    np.testing.assert_array_equal(result.labels.open(), wanted.labels)
    assert tuple(read_segments(result.table).values()) == wanted.segments
    assert (result.void, result.dropped) == (wanted.void, len(wanted.dropped))
    assert result.labels.spacing == (0.5, 0.5)
    assert not list(listener.scratch.iterdir())


def test_progress_goes_up_once(job: PredictPanoptic, listener: Any) -> None:
    predict(job, listener)
    told = listener.of("progress")
    fractions = [event.fraction for event in told]
    assert fractions == sorted(fractions)
    assert {event.message.split(":")[0] for event in told} == {
        "Classes",
        "Objects",
        "Segments",
    }


def test_a_mask_rcnn_finds_the_objects_too(
    job: PredictPanoptic, random_maskrcnn: Callable[..., Path], listener: Any
) -> None:
    # Its classes are cell and debris; cell is known, and debris is given its own name.
    classes = (*TISSUE, ClassInfo(id=9, name="debris"))
    job = job.replace(objects=random_maskrcnn(), classes=classes)
    result = predict(job, listener)
    assert result.classes == classes
    assert result.labels.open().shape == (48, 40)
    assert not list(listener.scratch.iterdir())


def test_a_part_of_an_image(job: PredictPanoptic, listener: Any) -> None:
    result = predict(job.replace(region=((8, 40), (0, 24))), listener)
    assert result.labels.open().shape == (32, 24)


@pytest.mark.parametrize(
    ("swap", "sentence"),
    [
        ({"model": "cells"}, "cells learned objects"),
        ({"objects": "tissue"}, "tissue learned classes"),
    ],
)
def test_models_that_cannot_do_their_part_are_refused(
    job: PredictPanoptic, listener: Any, tmp_path: Path, swap: Any, sentence: str
) -> None:
    fields = {name: tmp_path / folder for name, folder in swap.items()}
    with pytest.raises(InputError, match=sentence):
        predict(job.replace(**fields), listener)
    assert not job.out.exists()


def test_cancel_leaves_nothing(job: PredictPanoptic, listener: Any) -> None:
    listener.cancel_at = "progress"
    with pytest.raises(Cancelled):
        predict(job, listener)
    assert not job.out.exists()
    assert not list(listener.scratch.iterdir())


def test_what_exists_is_not_overwritten(job: PredictPanoptic, listener: Any) -> None:
    job.out.with_suffix(".csv").write_text("mine")
    with pytest.raises(StorageError, match="exists"):
        predict(job, listener)
    assert not listener.events
