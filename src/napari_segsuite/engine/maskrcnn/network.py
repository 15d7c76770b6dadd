"""The network of a plan: torchvision's Mask R-CNN on one of four backbones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from torch import nn
from torchvision.models import resnet18, resnet50
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import (
    FastRCNNConvFCHead,
    FastRCNNPredictor,
    TwoMLPHead,
)
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.rpn import RPNHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import FrozenBatchNorm2d

from napari_segsuite.engine import weights
from napari_segsuite.engine.maskrcnn.small_backbone import SmallBackbone
from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.folder import read_verified
from napari_segsuite.models.kinds import as_maskrcnn
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan

CLASS = "torchvision.models.detection.MaskRCNN"
"""How cards call the network."""

LEVELS = 5
"""Levels of the feature pyramid: strides 4, 8, 16, 32 and 64."""

RATIOS = (0.5, 1.0, 2.0)
"""Height by width of the anchors of each level."""

STRIDE = 32
"""Sides of what the backbone sees are filled up to multiples of this."""

_CPU = torch.device("cpu")
_STAGES = {f"layer{i + 1}": str(i) for i in range(4)}
# Proposals per patch; torchvision's 2,000 are made for photographs of 800 x 1333.
_PROPOSALS_TRAIN = 600
_PROPOSALS_TEST = 1000
_PROPOSALS_PER_DETECTION = 4
_LEAST_SCORE = 0.05
_OVERLAP = 0.5
# The small one learns from fewer boxes: most of its time goes into masks.
_SMALL_WIDTH = 64
_SMALL_BOXES = 96
_SMALL_MASK_LAYERS = (64, 64, 64)
_SMALL_BOX_FEATURES = 512


def architecture(plan: MaskRCNNPlan, classes: int) -> dict[str, Any]:
    """Return the network of a plan as a model card describes it.

    Parameters
    ----------
    plan : MaskRCNNPlan
        The plan.
    classes : int
        Classes of objects, without background.
    """
    return {
        "class": CLASS,
        "arguments": {
            "backbone": plan.backbone,
            "channels": plan.channels,
            "classes": classes,
            "anchor_sizes": list(plan.anchor_sizes),
            "detections": plan.detections_per_patch,
            "frozen": False,
            "epsilon": 1e-5,
            "mean": [0.0] * plan.channels,
            "deviation": [1.0] * plan.channels,
        },
    }


def build(described: Mapping[str, Any]) -> MaskRCNN:
    """Build the network that `architecture` described, with random weights.

    Parameters
    ----------
    described : mapping
        ``{"class": ..., "arguments": {...}}``. With ``frozen``, batch normalisation
        keeps its statistics and scales, as in torchvision's models of COCO; ``mean``
        and ``deviation`` per channel are taken off images before they are seen.

    Returns
    -------
    MaskRCNN
        From a list of float32 images (channels, y, x) to torchvision's dictionaries of
        boxes, labels, scores and masks; images are not resized.

    Raises
    ------
    ModelFolderError
        If the class is not ours, or the arguments do not fit it.
    """
    name = described.get("class")
    if name != CLASS:
        msg = (
            f"The model has a network of the class {name!r}; this version of "
            f"napari-segsuite knows {CLASS}. Update napari-segsuite."
        )
        raise ModelFolderError(msg)
    try:
        return _build(**described["arguments"])
    except (TypeError, ValueError, KeyError, AttributeError, RuntimeError) as error:
        msg = (
            f"The network that the model describes cannot be built ({error}). Get a "
            "fresh copy of the model, or train it again."
        )
        raise ModelFolderError(msg) from error


def load(folder: Path, device: torch.device = _CPU) -> tuple[MaskRCNNCard, MaskRCNN]:
    """Load a Mask R-CNN from its folder, verified.

    Returns
    -------
    MaskRCNNCard
        The card.
    MaskRCNN
        Its network, in evaluation mode, on the device.

    Raises
    ------
    ModelFolderError
        If the folder is damaged, holds another kind of model, or the weights do not
        fit the network.
    """
    stored = read_verified(folder)
    card = as_maskrcnn(stored.card, folder)
    network = build(card.architecture)
    try:
        weights.put(read_tensors(stored.weights), weights.own(network))
    except (ValueError, SafetensorError) as error:
        msg = (
            f"The weights in {folder} do not fit the network that its card describes "
            f"({error}). Get a fresh copy of the model, or train it again."
        )
        raise ModelFolderError(msg) from error
    return card, place(network.eval(), device)


def place(network: MaskRCNN, device: torch.device) -> MaskRCNN:
    """Move a network to a device, in the layout that is fastest; return it."""
    network.to(device)
    network.to(memory_format=torch.channels_last)
    return network


class AsItComes(GeneralizedRCNNTransform):  # type: ignore[misc]
    """Batches images without resizing them: `MaskRCNNPlan.scale` did that before."""

    def resize(
        self, image: torch.Tensor, target: dict[str, torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor] | None]:
        """Return both as they are."""
        return image, target


def _build(
    *,
    backbone: str,
    channels: int,
    classes: int,
    anchor_sizes: list[float],
    detections: int,
    frozen: bool,
    epsilon: float,
    mean: list[float],
    deviation: list[float],
) -> MaskRCNN:
    if len(anchor_sizes) != LEVELS:
        msg = f"{len(anchor_sizes)} sizes of anchors for {LEVELS} levels"
        raise ValueError(msg)
    if len(mean) != channels or len(deviation) != channels:
        msg = f"{channels} channels need as many means and deviations"
        raise ValueError(msg)
    norm = partial(FrozenBatchNorm2d if frozen else nn.BatchNorm2d, eps=epsilon)
    proposals = max(_PROPOSALS_TEST, _PROPOSALS_PER_DETECTION * detections)
    features = _pyramid(backbone, channels, norm)
    network = MaskRCNN(
        features,
        image_mean=mean,
        image_std=deviation,
        rpn_anchor_generator=AnchorGenerator(
            tuple((size,) for size in anchor_sizes), (RATIOS,) * LEVELS
        ),
        rpn_pre_nms_top_n_train=_PROPOSALS_TRAIN,
        rpn_post_nms_top_n_train=_PROPOSALS_TRAIN,
        rpn_pre_nms_top_n_test=proposals,
        rpn_post_nms_top_n_test=proposals,
        box_score_thresh=_LEAST_SCORE,
        box_nms_thresh=_OVERLAP,
        box_detections_per_img=detections,
        **_heads(backbone, features.out_channels, classes + 1, norm),
    )
    network.transform = AsItComes(0, 0, mean, deviation, size_divisible=STRIDE)
    return network


def _pyramid(
    backbone: str, channels: int, norm: Callable[..., nn.Module]
) -> BackboneWithFPN:
    if backbone == "small":
        body: nn.Module = SmallBackbone(channels, norm)
        return BackboneWithFPN(
            body, _STAGES, list(SmallBackbone.features), _SMALL_WIDTH, norm_layer=norm
        )
    if backbone == "resnet18":
        body, widths = resnet18(weights=None, norm_layer=norm), [64, 128, 256, 512]
    elif backbone in ("resnet50", "resnet50_v2"):
        body, widths = resnet50(weights=None, norm_layer=norm), [256, 512, 1024, 2048]
    else:
        msg = f"no backbone is called {backbone!r}"
        raise ValueError(msg)
    if channels != 3:
        body.conv1 = nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False)
        nn.init.kaiming_normal_(body.conv1.weight, mode="fan_out", nonlinearity="relu")
    # Torchvision's first version has no normalisation in its pyramid.
    inner = norm if backbone == "resnet50_v2" else None
    return BackboneWithFPN(body, _STAGES, widths, 256, norm_layer=inner)


def _heads(
    backbone: str, width: int, outputs: int, norm: Callable[..., nn.Module]
) -> dict[str, Any]:
    """Return the arguments of `MaskRCNN` that say what its heads are."""
    anchors = len(RATIOS)
    if backbone == "small":
        layers = _SMALL_MASK_LAYERS
        return {
            "rpn_head": RPNHead(width, anchors),
            "box_head": TwoMLPHead(width * 7**2, _SMALL_BOX_FEATURES),
            "box_predictor": FastRCNNPredictor(_SMALL_BOX_FEATURES, outputs),
            "box_batch_size_per_image": _SMALL_BOXES,
            "mask_head": MaskRCNNHeads(width, layers, 1),
            "mask_predictor": MaskRCNNPredictor(layers[-1], layers[-1], outputs),
        }
    if backbone == "resnet50_v2":
        return {
            "num_classes": outputs,
            "rpn_head": RPNHead(width, anchors, conv_depth=2),
            "box_head": FastRCNNConvFCHead(
                (width, 7, 7), [256] * 4, [1024], norm_layer=norm
            ),
            "mask_head": MaskRCNNHeads(width, [256] * 4, 1, norm_layer=norm),
        }
    return {"num_classes": outputs}
