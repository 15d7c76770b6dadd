"""The networks that plans describe."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_segsuite.engine.device import choose
from napari_segsuite.engine.maskrcnn.finding import Found, find, labels_of
from napari_segsuite.engine.maskrcnn.network import architecture, build
from napari_segsuite.engine.maskrcnn.objective import Sampler
from napari_segsuite.errors import ModelFolderError
from napari_segsuite.plan.maskrcnn import Backbone, MaskRCNNPlan


def plan(backbone: Backbone = "small", channels: int = 1) -> MaskRCNNPlan:
    return MaskRCNNPlan(
        backbone=backbone,
        channels=channels,
        normalisation="percentile",
        scale=1,
        object_size=20,
        anchor_sizes=(16, 32, 64, 128, 256),
        patch_size=(64, 64),
        batch_size=1,
        detections_per_patch=7,
    )


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("backbone", ["small", "resnet18", "resnet50", "resnet50_v2"])
def test_every_backbone_sees_every_number_of_channels(
    backbone: Backbone, channels: int
) -> None:
    with torch.device("meta"):
        network = build(architecture(plan(backbone, channels), 2))
    first = next(iter(network.backbone.parameters()))
    assert first.shape[1] == channels
    assert network.roi_heads.box_predictor.cls_score.out_features == 3
    assert network.roi_heads.mask_predictor.mask_fcn_logits.out_channels == 3


def test_images_of_any_size_are_seen_as_they_come() -> None:
    torch.manual_seed(0)
    network = build(architecture(plan(), 2)).eval()
    network.roi_heads.score_thresh = 0.0
    images = [torch.rand(1, 40, 50), torch.rand(1, 70, 33)]
    found = find(network, images, choose("cpu"))
    for image, one in zip(images, found, strict=True):
        assert len(one.boxes) == 7
        assert one.boxes[:, 2].max() <= image.shape[2]
        assert one.boxes[:, 3].max() <= image.shape[1]
        assert one.masks.shape == (7, 28, 28)
        assert set(one.classes.tolist()) <= {1, 2}
        assert torch.equal(one.scores, one.scores.sort(descending=True).values)


def test_the_better_score_has_what_two_want() -> None:
    found = Found(
        boxes=torch.tensor([[0, 0, 4, 4], [2, 0, 8, 4], [0, 0, 4, 5], [8, 0, 9, 1.0]]),
        scores=torch.tensor([0.9, 0.8, 0.7, 0.2]),
        classes=torch.ones(4, dtype=torch.int64),
        masks=torch.ones(4, 28, 28),
    )
    labels = labels_of(found, (5, 10), 0.5)
    # The third lies under the first; the fourth is not sure enough.
    assert labels[0].tolist() == [1, 1, 1, 1, 2, 2, 2, 2, 0, 0]
    assert not labels[4].any()


@pytest.mark.parametrize(
    "change",
    [
        {"class": "os.system"},
        {"arguments": {"backbone": "vgg"}},
        {"arguments": {"anchor_sizes": [1.0]}},
        {"arguments": {"mean": [0.0, 0.0]}},
        {"arguments": {"more": 1}},
    ],
)
def test_what_cannot_be_built_is_refused(change: dict[str, object]) -> None:
    described = architecture(plan(), 1)
    arguments = {**described["arguments"], **change.get("arguments", {})}  # type: ignore[dict-item]
    with pytest.raises(ModelFolderError):
        build({**described, **change, "arguments": arguments})


def test_a_seed_decides_what_is_learned_from() -> None:
    matched = [torch.tensor([1] * 50 + [0] * 200 + [-1] * 9), torch.tensor([0, 2, -1])]
    sampler = Sampler(40, 0.25)
    sampler.seed = 3
    objects, background = sampler(matched)
    assert [int(one.sum()) for one in objects] == [10, 1]
    assert [int(one.sum()) for one in background] == [30, 1]
    assert not objects[0][50:].any()
    assert not background[0][:50].any()
    assert not background[0][250:].any()
    again = sampler(matched)
    assert not torch.equal(again[0][0], objects[0])
    sampler.seed = 3
    assert torch.equal(sampler(matched)[0][0], objects[0])


def test_labels_without_objects_are_empty() -> None:
    none = Found(
        torch.zeros(0, 4), torch.zeros(0), torch.zeros(0).long(), torch.zeros(0, 28, 28)
    )
    assert np.array_equal(labels_of(none, (3, 4), 0.5), np.zeros((3, 4)))
