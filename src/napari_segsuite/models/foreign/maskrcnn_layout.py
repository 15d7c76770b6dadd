"""The tensors of torchvision's Mask R-CNN with ResNet-50, as it names and shapes them.

Source: torchvision 0.29, ``models/detection``: ``maskrcnn_resnet50_fpn`` and its second
version. Files of before torchvision 0.13, among them the one for COCO, call some layers
otherwise; what is learned from scratch counts its batches, which is left out here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from napari_segsuite.models.foreign.layouts import Layout
from napari_segsuite.models.foreign.outline import Shape

Sizes = tuple[int, ...]
Named = Iterator[tuple[str, Sizes]]

# By this tensor the network is recognised, and its classes counted.
_LANDMARK = "roi_heads.mask_predictor.mask_fcn_logits.weight"
_BATCHES = "num_batches_tracked"
_FLOATS = frozenset({"F16", "BF16", "F32", "F64"})
_STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
_WIDTH = 256
_ANCHORS = 3
_STATISTICS = ("weight", "bias", "running_mean", "running_var")
# Mean and deviation of ImageNet's colours, which all of torchvision's models take off.
_MEAN, _DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
_ANCHOR_SIZES = [32.0, 64.0, 128.0, 256.0, 512.0]
_DETECTIONS = 100


def maskrcnn_layout(tensors: Mapping[str, Shape]) -> Layout | None:
    """Return the Mask R-CNN of torchvision that tensors belong to.

    Parameters
    ----------
    tensors : mapping of str to Shape
        What a file holds.

    Returns
    -------
    Layout or None
        None if they have nothing in common with it; with `differences` if they
        resemble it, but some are missing, more, or of another shape or type.
    """
    landmark = next((name for name in tensors if name.endswith(_LANDMARK)), None)
    if landmark is None:
        return None
    prefix = landmark.removesuffix(_LANDMARK)
    outputs = (tensors[landmark].sizes or (0,))[0]
    second = f"{prefix}roi_heads.box_head.0.0.weight" in tensors
    wanted = maskrcnn_shapes(outputs, second=second)
    counted = [name for name in tensors if name.endswith(_BATCHES)]
    names = {
        name: next((n for n in _spellings(name, prefix) if n in tensors), prefix + name)
        for name in wanted
    }
    more = tensors.keys() - names.values() - set(counted)
    found = (
        f"{name!r} is missing"
        if names[name] not in tensors
        else _difference(names[name], sizes, tensors[names[name]])
        for name, sizes in wanted.items()
    )
    differences = (
        *(text for text in found if text),
        *(f"{name!r} is more than it has" for name in sorted(more)),
    )
    version = " (v2)" if second else ""
    return Layout(
        kind="maskrcnn",
        title=f"Mask R-CNN, ResNet-50 with a feature pyramid{version}",
        architecture=_architecture(outputs, second=second, counted=bool(counted)),
        names=names,
        differences=differences,
    )


def maskrcnn_shapes(outputs: int, *, second: bool) -> dict[str, Sizes]:
    """Return the shape of each tensor, by name.

    Parameters
    ----------
    outputs : int
        Classes, with background.
    second : bool
        Whether it is the second version, with normalisation everywhere.
    """
    parts = chain(
        _body(),
        _pyramid(second=second),
        _proposals(second=second),
        _boxes(outputs, second=second),
        _masks(outputs, second=second),
    )
    return dict(parts)


def _architecture(outputs: int, *, second: bool, counted: bool) -> dict[str, Any]:
    return {
        "class": "torchvision.models.detection.MaskRCNN",
        "arguments": {
            "backbone": "resnet50_v2" if second else "resnet50",
            "channels": 3,
            "classes": outputs - 1,
            "anchor_sizes": _ANCHOR_SIZES,
            "detections": _DETECTIONS,
            "frozen": True,
            # The first version's weights for COCO were made without an epsilon.
            "epsilon": 1e-5 if second or counted else 0.0,
            "mean": _MEAN,
            "deviation": _DEVIATION,
        },
    }


def _spellings(name: str, prefix: str) -> Iterator[str]:
    """Yield how files may call a tensor: as now, or as before torchvision 0.13."""
    yield prefix + name
    for now, before in (
        ("rpn.head.conv.0.0.", "rpn.head.conv."),
        *(
            (f"roi_heads.mask_head.{i}.0.", f"roi_heads.mask_head.mask_fcn{i + 1}.")
            for i in range(4)
        ),
        *(
            (f"backbone.fpn.{part}_blocks.{i}.0.", f"backbone.fpn.{part}_blocks.{i}.")
            for part in ("inner", "layer")
            for i in range(4)
        ),
    ):
        if name.startswith(now):
            yield prefix + before + name.removeprefix(now)


def _difference(name: str, sizes: Sizes, found: Shape) -> str:
    if found.sizes != sizes:
        return f"{name!r} has the shape {found.sizes} instead of {sizes}"
    return "" if found.dtype in _FLOATS else f"{name!r} has the type {found.dtype}"


def _norm(name: str, width: int) -> Named:
    yield from ((f"{name}.{part}", (width,)) for part in _STATISTICS)


def _pair(name: str, *weight: int) -> Named:
    """Yield a weight and its bias, as long as the weight's first axis."""
    yield f"{name}.weight", weight
    yield f"{name}.bias", weight[:1]


def _convolution(name: str, *weight: int, norm: bool) -> Named:
    """Yield a convolution with a bias, or with the normalisation that has one."""
    if norm:
        yield f"{name}.0.weight", weight
        yield from _norm(f"{name}.1", weight[0])
    else:
        yield from _pair(f"{name}.0", *weight)


def _body() -> Named:
    root = "backbone.body"
    yield f"{root}.conv1.weight", (64, 3, 7, 7)
    yield from _norm(f"{root}.bn1", 64)
    inputs = 64
    for stage, (width, blocks) in enumerate(_STAGES, start=1):
        for block in range(blocks):
            name = f"{root}.layer{stage}.{block}"
            shapes = ((width, inputs, 1, 1), (width, width, 3, 3))
            for k, shape in enumerate((*shapes, (4 * width, width, 1, 1)), start=1):
                yield f"{name}.conv{k}.weight", shape
                yield from _norm(f"{name}.bn{k}", shape[0])
            if not block:
                yield f"{name}.downsample.0.weight", (4 * width, inputs, 1, 1)
                yield from _norm(f"{name}.downsample.1", 4 * width)
            inputs = 4 * width


def _pyramid(*, second: bool) -> Named:
    root = "backbone.fpn"
    for i, (width, _) in enumerate(_STAGES):
        inner, layer = f"{root}.inner_blocks.{i}", f"{root}.layer_blocks.{i}"
        yield from _convolution(inner, _WIDTH, 4 * width, 1, 1, norm=second)
        yield from _convolution(layer, _WIDTH, _WIDTH, 3, 3, norm=second)


def _proposals(*, second: bool) -> Named:
    for i in range(2 if second else 1):
        yield from _pair(f"rpn.head.conv.{i}.0", _WIDTH, _WIDTH, 3, 3)
    yield from _pair("rpn.head.cls_logits", _ANCHORS, _WIDTH, 1, 1)
    yield from _pair("rpn.head.bbox_pred", 4 * _ANCHORS, _WIDTH, 1, 1)


def _boxes(outputs: int, *, second: bool) -> Named:
    root, flat = "roi_heads.box_head", 7 * 7 * _WIDTH
    if second:
        for i in range(4):
            yield from _convolution(f"{root}.{i}", _WIDTH, _WIDTH, 3, 3, norm=True)
        yield from _pair(f"{root}.5", 1024, flat)
    else:
        yield from _pair(f"{root}.fc6", 1024, flat)
        yield from _pair(f"{root}.fc7", 1024, 1024)
    yield from _pair("roi_heads.box_predictor.cls_score", outputs, 1024)
    yield from _pair("roi_heads.box_predictor.bbox_pred", 4 * outputs, 1024)


def _masks(outputs: int, *, second: bool) -> Named:
    root, predictor = "roi_heads.mask_head", "roi_heads.mask_predictor"
    for i in range(4):
        yield from _convolution(f"{root}.{i}", _WIDTH, _WIDTH, 3, 3, norm=second)
    yield from _pair(f"{predictor}.conv5_mask", _WIDTH, _WIDTH, 2, 2)
    yield from _pair(f"{predictor}.mask_fcn_logits", outputs, _WIDTH, 1, 1)
