"""Torchvision's Mask R-CNN becomes a model of ours that finds the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torchvision.models.detection import (
    maskrcnn_resnet50_fpn,
    maskrcnn_resnet50_fpn_v2,
)

from napari_segsuite import api
from napari_segsuite.engine.foreign.importing import RECOGNISERS
from napari_segsuite.engine.foreign.maskrcnn_card import maskrcnn_card
from napari_segsuite.engine.maskrcnn import network as networks
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.importing import ImportModel
from napari_segsuite.models.folder import verify
from napari_segsuite.models.foreign.layouts import Layout, recognise
from napari_segsuite.models.foreign.maskrcnn_layout import (
    maskrcnn_layout,
    maskrcnn_shapes,
)
from napari_segsuite.models.foreign.outline import Shape
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard

_OLD = {
    "rpn.head.conv.0.0.": "rpn.head.conv.",
    **{
        f"roi_heads.mask_head.{i}.0.": f"roi_heads.mask_head.mask_fcn{i + 1}."
        for i in range(4)
    },
    **{
        f"backbone.fpn.{part}_blocks.{i}.0.": f"backbone.fpn.{part}_blocks.{i}."
        for part in ("inner", "layer")
        for i in range(4)
    },
}
makers = pytest.mark.parametrize(
    "make", [maskrcnn_resnet50_fpn, maskrcnn_resnet50_fpn_v2], ids=["v1", "v2"]
)


def made(make: Any, classes: int = 5, **options: Any) -> nn.Module:
    """Return torchvision's network with random weights and statistics."""
    torch.manual_seed(0)
    model: nn.Module = make(
        weights=None, weights_backbone=None, num_classes=classes, **options
    )
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.9, 1.1)
    return model.eval()


def shapes(state: dict[str, torch.Tensor]) -> dict[str, Shape]:
    kinds = {torch.float32: "F32", torch.int64: "I64"}
    return {n: Shape(kinds[v.dtype], tuple(v.shape)) for n, v in state.items()}


def old(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return weights as torchvision named them before 0.13, without counts."""
    found = {}
    for name, values in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        start = next((new for new in _OLD if name.startswith(new)), "")
        found[_OLD.get(start, "") + name.removeprefix(start)] = values
    return found


@makers
def test_names_and_shapes_are_those_of_our_network(make: Any) -> None:
    with torch.device("meta"):
        state = make(weights=None, weights_backbone=None, num_classes=5).state_dict()
    layout = maskrcnn_layout(shapes(state))
    assert layout is not None
    assert not layout.differences
    with torch.device("meta"):
        network = networks.build(layout.architecture)
    own = {name: tuple(values.shape) for name, values in network.state_dict().items()}
    assert own == maskrcnn_shapes(5, second=make is maskrcnn_resnet50_fpn_v2)
    assert own.keys() == layout.names.keys()


def test_names_of_before_are_known() -> None:
    with torch.device("meta"):
        state = maskrcnn_resnet50_fpn(weights=None, weights_backbone=None).state_dict()
    layout = maskrcnn_layout(shapes(old(state)))
    assert layout is not None
    assert not layout.differences
    assert layout.names["rpn.head.conv.0.0.weight"] == "rpn.head.conv.weight"
    # Only the weights for COCO are named so, and these have no epsilon.
    assert layout.architecture["arguments"]["epsilon"] == 0
    card = maskrcnn_card(
        layout,
        name="coco",
        created="2026-01-02T00:00:00Z",
        package_version="0",
        weights={"file": "weights.safetensors", "sha256": "0" * 64, "size": 0},
    )
    assert len(card.classes) == 90
    assert card.classes[0].name == "person"
    assert card.classes[11].name == "unused 12"
    assert card.classes[89].name == "toothbrush"


def test_what_differs_is_named(tmp_path: Path) -> None:
    tensors = {
        name: Shape("F32", sizes)
        for name, sizes in maskrcnn_shapes(3, second=False).items()
    }
    del tensors["rpn.head.bbox_pred.bias"]
    tensors["backbone.body.conv1.weight"] = Shape("F32", (64, 1, 7, 7))
    tensors["more"] = Shape("F32", (1,))
    with pytest.raises(InputError, match="it resembles Mask R-CNN") as caught:
        recognise(tmp_path / "a.pth", tensors, RECOGNISERS)
    for text in ("(64, 1, 7, 7)", "'rpn.head.bbox_pred.bias' is missing", "'more'"):
        assert text in str(caught.value)
    assert maskrcnn_layout({"conv.weight": Shape("F32", (1,))}) is None


def test_an_imported_file_finds_what_torchvision_finds(tmp_path: Path) -> None:
    theirs = made(maskrcnn_resnet50_fpn, min_size=96, max_size=96)
    torch.save(theirs.state_dict(), tmp_path / "detector.pth")
    job = ImportModel(
        file=tmp_path / "detector.pth", out=tmp_path / "m", licence="BSD-3-Clause"
    )
    result = api.run(job)
    assert result.title == "Mask R-CNN, ResNet-50 with a feature pyramid"
    stored = verify(tmp_path / "m")
    assert isinstance(stored, MaskRCNNCard)
    assert stored.licence == "BSD-3-Clause"
    assert [info.id for info in stored.classes] == [1, 2, 3, 4]
    card, ours = networks.load(tmp_path / "m")
    assert (card.plan.channels, card.plan.normalisation) == (3, "range")
    image = torch.rand(3, 96, 96, generator=torch.Generator().manual_seed(0))
    # Random weights are sure of nothing; all they say is compared.
    for network in (theirs, ours):
        network.roi_heads.score_thresh = 0.0
    with torch.inference_mode():
        (seen, _), (own, _) = theirs.transform([image]), ours.transform([image])
        torch.testing.assert_close(own.tensors, seen.tensors)
        wanted, found = theirs.backbone(seen.tensors), ours.backbone(seen.tensors)
        for name, values in wanted.items():
            most = float(values.abs().max())
            torch.testing.assert_close(found[name], values, rtol=1e-3, atol=1e-4 * most)
        # From the same features on, they say the same, one by one.
        answers = []
        for network in (theirs, ours):
            proposals, _ = network.rpn(seen, wanted)
            answers.append(network.roi_heads(wanted, proposals, seen.image_sizes)[0][0])
    assert len(answers[0]["boxes"]) == 100
    for name, values in answers[0].items():
        torch.testing.assert_close(answers[1][name], values, rtol=1e-3, atol=0.02)


def test_a_layout_says_its_kind() -> None:
    layout = maskrcnn_layout(
        {n: Shape("F16", s) for n, s in maskrcnn_shapes(2, second=True).items()}
    )
    assert isinstance(layout, Layout)
    assert layout.kind == "maskrcnn"
    assert layout.architecture["arguments"]["backbone"] == "resnet50_v2"
