"""The Mask R-CNN that ships inside, on nuclei from the package's own generator."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from napari_segsuite.data.synthesis.nuclei import nuclei
from napari_segsuite.engine import weights
from napari_segsuite.engine.maskrcnn.detection import detect
from napari_segsuite.engine.maskrcnn.network import load
from napari_segsuite.jobs.instances import DetectInstances, DetectOptions
from napari_segsuite.metrics import count, score_instances
from napari_segsuite.models.folder import verify
from napari_segsuite.models.library import Library
from napari_segsuite.models.shipment import SHIPPED, is_shipped

FOLDER = SHIPPED / "nuclei-maskrcnn"


def test_it_is_small_and_says_where_it_comes_from() -> None:
    card = verify(FOLDER)

    assert card.kind == "maskrcnn"
    assert card.weights.size < 10_000_000
    assert card.licence.startswith("BSD-3-Clause")
    assert {"data", "recipe", "limits"} <= card.provenance.keys()
    assert card.scores["test AP at IoU 0.5, fluorescence"] > 0.8
    assert card.unfinished is None


def test_it_is_in_every_library_and_full_precision_in_memory(tmp_path: Any) -> None:
    folder = Library(tmp_path).find("nuclei-maskrcnn")
    _, network = load(folder)

    assert is_shipped(folder)
    own = weights.own(network).values()
    assert {v.dtype for v in own if v.is_floating_point()} == {torch.float32}


def test_it_finds_nuclei(save: Any, listener: Any, tmp_path: Any) -> None:
    image, truth = nuclei(
        np.random.default_rng(5), (160, 160), (1.0, 1.0), count=20, radius=8.0
    )
    job = DetectInstances(
        model=FOLDER,
        image=save("image", image, "YX"),
        out=tmp_path / "found.npy",
        detections=tmp_path / "found.npz",
        options=DetectOptions(device="cpu"),
    )

    found = np.asarray(detect(job, listener).labels.open())

    match = score_instances(count(truth, found), thresholds=(0.5,)).matches[0]
    assert match.f1 > 0.7
