"""Cards in words."""

from datetime import UTC, datetime

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.models.summary import describe
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan

EXPECTED = """\
name           nuclei
kind           2D U-Net
made           2026-01-02 03:04 by napari-segsuite 0.1.0
images         YX, 1 channel
pixel size     y 0.5 µm, x 0.25 µm
patch          64 × 64
features       8, 16
normalised by  percentile
weights        {size} MB, {sha}…
classes        1  background  #999999
               2  class 2  #E69F00
trained        1 epoch, 2 s
dice           0.9300
images from    lab 3"""


def test_a_card_in_words(model):
    card = read_card(model).replace(provenance={"images from": "lab 3"})
    expected = EXPECTED.format(
        size=f"{card.weights.size / 1e6:.1f}", sha=card.weights.sha256[:12]
    )
    assert describe(card) == expected


def test_an_unfinished_training_and_how_to_go_on(model):
    card = read_card(model)
    text = describe(card.replace(unfinished=card.weights))
    assert "unfinished     go on with: segsuite train resume MODEL" in text
    assert "unfinished" not in describe(card)


def test_a_score_nobody_knows(model):
    card = read_card(model).replace(scores={"dice": float("nan")}, spacing=None)
    assert "dice           unknown" in describe(card)
    assert "pixel size" not in describe(card)


def test_a_mask_rcnn_in_words(model):
    card = MaskRCNNCard(
        name="nuclei",
        created=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        package_version="0.1.0",
        architecture={},
        weights=read_card(model).weights,
        plan=MaskRCNNPlan(
            backbone="small",
            channels=1,
            normalisation="percentile",
            scale=1.6,
            object_size=20.49,
            anchor_sizes=(16, 32, 64, 128, 256),
            patch_size=(256, 320),
            batch_size=4,
            detections_per_patch=150,
        ),
        classes=(ClassInfo(id=1, name="object", color="#E69F00"),),
        axes="YX",
        scores={"f1": 0.875},
    )
    text = describe(card)
    for line in (
        "kind           Mask R-CNN, small",
        "scale          1.6",
        "object size    20.5 pixels",
        "patch          256 × 320",
        "classes        1  object  #E69F00",
        "f1             0.8750",
    ):
        assert line in text
    assert "licence" not in text
    text = describe(card.replace(source="a.pth"))
    assert "licence        unknown" in text
    assert "from           a.pth" in text


def test_a_unet_says_its_licence_if_it_has_one(model):
    card = read_card(model)
    assert "licence" not in describe(card)
    text = describe(card.replace(licence="CC0", source="a lab"))
    assert "licence        CC0" in text
    assert "from           a lab" in text
