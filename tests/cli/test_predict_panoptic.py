"""``segsuite predict --readout panoptic``: two models, one folder of labels."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_segsuite import api
from napari_segsuite.cli.main import main
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.formats import describe
from napari_segsuite.data.panoptic import MergeOptions
from napari_segsuite.data.segments import read_segments
from napari_segsuite.jobs.prediction import PredictOptions
from napari_segsuite.plan.objects import ObjectReadout

TISSUE = (
    ClassInfo(id=1, name="background", thing=False),
    ClassInfo(id=4, name="cell"),
)
READOUT = ObjectReadout(foreground=0.5, seed=0.6, smoothing=0.7, min_area=3)


@pytest.fixture
def words(random_unet: Callable[..., Path], tmp_path: Path) -> list[str]:
    """Return what is typed, as far as it is always the same."""
    image = np.random.default_rng(1).normal(size=(48, 40)).astype(np.float32)
    np.save(tmp_path / "im.npy", image)
    model = random_unet("tissue", TISSUE)
    return ["predict", "--model", str(model), "--image", str(tmp_path / "im.npy")]


@pytest.mark.slow
def test_it_writes_what_python_returns(
    words: list[str], random_unet: Callable[..., Path], tmp_path: Path
) -> None:
    objects = random_unet("cells", TISSUE, objects=READOUT)
    table = tmp_path / "classes.json"
    table.write_text(json.dumps([info.model_dump() for info in TISSUE]))
    out = tmp_path / "out"
    words += ["--readout", "panoptic", "--objects", str(objects), "--out", str(out)]
    words += ["--classes", str(table), "--merge.stuff-area", "5", "--device", "cpu"]
    assert main(words) == 0
    found = api.predict_panoptic(
        tmp_path / "tissue",
        objects,
        tmp_path / "im.npy",
        options=PredictOptions(device="cpu"),
        merging=MergeOptions(stuff_area=5),
    )
    np.testing.assert_array_equal(
        describe(out / "im.tif", labels=True).open(), found.labels
    )
    assert tuple(read_segments(out / "im.csv").values()) == found.segments
    assert {one.class_id for one in found.segments} <= {1, 4}


@pytest.mark.parametrize(
    "more",
    [
        ["--readout", "panoptic"],
        ["--objects", "cells", "--readout", "semantic"],
        ["--objects", "cells", "--probabilities"],
    ],
)
def test_half_a_wish_is_explained(
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
) -> None:
    assert main([*words, "--out", str(tmp_path / "out"), *more]) == 1
    assert "merged from two models" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
