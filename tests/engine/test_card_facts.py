"""What cards of trained models have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.engine.card_facts import card_facts
from napari_segsuite.jobs.instances import TrainMaskRCNN
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.kinds import as_trained
from napari_segsuite.models.shipment import SHIPPED

CLASSES = (ClassInfo(id=1, name="nucleus", color="#E69F00"),)


def _refs(count: int) -> tuple[ArrayRef, ...]:
    return tuple(
        ArrayRef(path=Path(f"{i:02}.npy"), axes="YX", spacing=(0.5, 0.5))
        for i in range(count)
    )


@pytest.mark.parametrize("kind", [TrainUNet, TrainMaskRCNN])
def test_a_model_from_nothing_is_the_users_own(kind) -> None:
    refs = _refs(22)
    job = kind(images=refs, labels=refs, out=Path("made"))

    facts = card_facts(job, CLASSES, None, {"loss": "dice"})

    assert facts["name"] == "made"
    assert (facts["axes"], facts["spacing"]) == ("YX", (0.5, 0.5))
    assert facts["classes"] == CLASSES
    assert (facts["licence"], facts["source"]) == ("", "")
    assert facts["created"].tzinfo is not None
    told = facts["provenance"]
    assert (told["seed"], told["loss"]) == ("0", "dice")
    # Twenty names say enough.
    assert told["images"].split(", ")[-1] == "19.npy"
    assert "started from" not in told


def test_what_is_trained_further_keeps_licence_and_source() -> None:
    folder = SHIPPED / "nuclei-unet"
    start = as_trained(read_card(folder), folder)
    job = TrainUNet(
        images=_refs(1),
        labels=_refs(1),
        out=Path("made"),
        name="mine",
        start_from=folder,
        training=TrainingOptions(seed=7),
    )

    facts = card_facts(job, CLASSES, start, {})

    assert facts["name"] == "mine"
    assert (facts["licence"], facts["source"]) == (start.licence, start.source)
    assert facts["provenance"] == {
        "seed": "7",
        "images": "00.npy",
        "started from": "nuclei-unet",
    }
