"""The card of a Mask R-CNN that torchvision's package made."""

from __future__ import annotations

from typing import Any

from torchvision.models.detection import MaskRCNN_ResNet50_FPN_Weights

from napari_segsuite.data.classes import ClassTable, table_of
from napari_segsuite.models.foreign.layouts import Layout
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan

# Torchvision shows its networks photographs whose shorter side has 800 pixels; those of
# COCO have some 480, and objects in them are typically as wide as this.
_SCALE = 1.6
_OBJECT_SIZE = 64.0
_PATCH = (512, 512)
_BATCH = 2


def maskrcnn_card(layout: Layout, **facts: Any) -> MaskRCNNCard:
    """Return the card of imported weights.

    Parameters
    ----------
    layout : Layout
        The network.
    **facts
        The other fields of the card: name, created, package_version, weights, licence,
        source, provenance.
    """
    arguments = layout.architecture["arguments"]
    return MaskRCNNCard(
        architecture=dict(layout.architecture),
        plan=MaskRCNNPlan(
            backbone=arguments["backbone"],
            channels=arguments["channels"],
            normalisation="range",
            scale=_SCALE,
            object_size=_OBJECT_SIZE,
            anchor_sizes=tuple(arguments["anchor_sizes"]),
            patch_size=_PATCH,
            batch_size=_BATCH,
            detections_per_patch=arguments["detections"],
        ),
        classes=_classes(arguments["classes"]),
        axes="YXC",
        **facts,
    )


def _classes(count: int) -> ClassTable:
    """Return so many classes; with as many as COCO has, they are COCO's."""
    names: list[str] = MaskRCNN_ResNet50_FPN_Weights.COCO_V1.meta["categories"]
    if count != len(names) - 1:
        names = ["background", *(f"class {i}" for i in range(1, count + 1))]
    # COCO leaves numbers out; the network has outputs for them all the same.
    return tuple(
        info.replace(name=f"unused {info.id}" if name == "N/A" else name)
        for info, name in zip(table_of(range(1, count + 1)), names[1:], strict=True)
    )
