"""The sample data of the menu File ▸ Open Sample: thin faces of `data.samples`."""

from __future__ import annotations

from typing import Any

from napari_segsuite.data.axes import SPATIAL, without_channels
from napari_segsuite.data.classes import table_of
from napari_segsuite.data.samples import Sample, class_truth, make
from napari_segsuite.widgets.layers import METADATA_KEY, class_features

LayerTuple = tuple[Any, dict[str, Any], str]


def fluorescence() -> list[LayerTuple]:
    """Return nuclei in fluorescence, with the class of each pixel."""
    return layers_of("fluorescence")


def nuclei3d() -> list[LayerTuple]:
    """Return a stack of touching nuclei, with the class of each pixel."""
    return layers_of("nuclei3d")


def shapes() -> list[LayerTuple]:
    """Return pictures of noisy disks, with the class of each pixel."""
    return layers_of("shapes")


def ct_volume() -> list[LayerTuple]:
    """Return a CT-like volume, with its organs."""
    return layers_of("ct")


def coins() -> list[LayerTuple]:
    """Return a picture of coins."""
    return layers_of("coins")


def histology() -> list[LayerTuple]:
    """Return a picture of stained tissue."""
    return layers_of("histology")


def layers_of(key: str) -> list[LayerTuple]:
    """Return the layers of a sample: its image, and its truth where it is known.

    The truth is hidden at first and marked as such: it is to score with, not to
    learn from.
    """
    sample = make(key)
    rgb = sample.axes.endswith("C")
    layers: list[LayerTuple] = [
        (sample.image, {"name": key, "rgb": rgb, **_place(sample)}, "image")
    ]
    if sample.truth is not None:
        truth = class_truth(sample)
        classes = sample.classes or table_of((1, 2))
        facts = {"truth": True, "classes": [info.model_dump() for info in classes]}
        options = {
            "name": f"{key} truth",
            "visible": False,
            "features": class_features(classes),
            "metadata": {METADATA_KEY: facts},
            **_place(sample),
        }
        layers.append((truth, options, "labels"))
    return layers


def _place(sample: Sample) -> dict[str, Any]:
    """Return scale, units and axis labels, without channels."""
    axes = without_channels(sample.axes)
    place: dict[str, Any] = {"axis_labels": tuple(axes.lower())}
    if sample.spacing is not None:
        sizes = iter(sample.spacing)
        place["scale"] = [next(sizes) if a in SPATIAL else 1.0 for a in axes]
        place["units"] = ["um" if a in SPATIAL else "pixel" for a in axes]
    return place
