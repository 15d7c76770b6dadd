"""The panoptic work of a viewer: two models, or two layers, become one layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from napari.layers import Image, Labels
from numpy.typing import NDArray

from napari_segsuite.data.axes import without_channels
from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.panoptic import MergeOptions
from napari_segsuite.data.segments import Segment, write_segments
from napari_segsuite.jobs.panoptic import (
    MergePanoptic,
    PanopticResult,
    PredictPanoptic,
)
from napari_segsuite.jobs.prediction import PredictOptions
from napari_segsuite.runners.base import Runner
from napari_segsuite.widgets.activity import Activity
from napari_segsuite.widgets.layer_segments import (
    known_segments,
    labels_axes,
    segment_table,
)
from napari_segsuite.widgets.object_layers import objects_result
from napari_segsuite.widgets.panoptic.models_part import Chosen
from napari_segsuite.widgets.results import take_labels, take_segments
from napari_segsuite.widgets.snapshots import copy, image_source, labels_source, refer


@dataclass(frozen=True)
class ModelsRequest:
    """Two models on an image."""

    chosen: Chosen
    """The models, and what they are run on."""
    classes: ClassTable
    """The classes, things and stuff."""
    object_class: int | None
    """The class of all objects; None: as they say."""
    options: PredictOptions
    """How to predict."""
    merging: MergeOptions
    """The limits of the merge."""


@dataclass(frozen=True)
class LayersRequest:
    """Two layers of one image."""

    semantic: Labels
    """Its ids are classes."""
    instances: Labels
    """Its ids are objects."""
    classes: ClassTable
    """The classes, things and stuff."""
    object_class: int | None
    """The class of all objects; None: as they say."""
    merging: MergeOptions
    """The limits of the merge."""


@dataclass(frozen=True)
class _Place:
    """Where the result belongs."""

    like: Image | Labels
    axes: str
    offset: tuple[int, ...]
    name: str
    provenance: dict[str, Any]


class PanopticWork(Activity):
    """The one panoptic prediction or merge of a viewer."""

    _merges = False
    _place: _Place | None = None

    @property
    def runner(self) -> Runner:
        """The worker of predictions; merging does not wait for a training to end."""
        return self.session.interactive if self._merges else self.session.runner

    def predict(self, request: ModelsRequest) -> None:
        """Run two models on an image and merge what they say.

        Raises
        ------
        InputError
            If the image cannot be used.
        """
        if self.busy:
            return
        chosen = request.chosen
        source = image_source(chosen.images, chosen.axes)
        scratch, image = self.session.scratch, chosen.images[0]
        self._merges = False
        region = chosen.region
        axes = without_channels(chosen.axes)
        self._place = _Place(
            like=image,
            axes=chosen.axes,
            offset=tuple(s for s, _ in region) if region else (0,) * len(axes),
            name=f"{image.name} panoptic",
            provenance={
                "model": chosen.model.name,
                "model_folder": str(chosen.model),
                "objects_model": chosen.objects.name,
                "objects_model_folder": str(chosen.objects),
                "image": image.name,
                "region": region,
                "readout": "panoptic",
            },
        )

        def prepare(check: Callable[[], None]) -> PredictPanoptic:
            return PredictPanoptic(
                model=chosen.model,
                objects=chosen.objects,
                image=refer(source, scratch, check=check),
                out=scratch.path(".npy"),
                region=region,
                classes=request.classes,
                object_class=request.object_class,
                options=request.options,
                merging=request.merging,
            )

        self.start(prepare)

    def merge(self, request: LayersRequest) -> None:
        """Merge a layer of classes and one of objects.

        Raises
        ------
        InputError
            If they cannot be used.
        """
        if self.busy:
            return
        semantic, instances = request.semantic, request.instances
        axes = labels_axes(semantic)
        sources = [labels_source(layer, axes) for layer in (semantic, instances)]
        scratch = self.session.scratch
        self._merges = True
        self._place = _Place(
            like=semantic,
            axes=axes,
            offset=(0,) * len(axes),
            name=f"{semantic.name} panoptic",
            provenance={
                "model": "merge",
                "semantic": semantic.name,
                "instances": instances.name,
                "readout": "panoptic",
            },
        )

        def prepare(check: Callable[[], None]) -> MergePanoptic:
            known = known_segments(instances)
            table = segment_table(instances, known)
            file = scratch.path(".csv") if known else None
            if file is not None:
                write_segments(file, tuple(known.values()), table)
            return MergePanoptic(
                semantic=copy(sources[0], scratch, check=check),
                instances=copy(sources[1], scratch, check=check),
                table=file,
                classes=request.classes,
                object_classes=table,
                object_class=request.object_class,
                out=scratch.path(".npy"),
                options=request.merging,
            )

        self.start(prepare)

    def load_result(self, result: PanopticResult) -> Any:
        """Read labels and table into memory; their files go."""
        return take_labels(result.labels.path), take_segments(result.table)

    def on_ended(self) -> None:
        """Let go of the layers."""
        self._place = None

    def on_finished(self, result: PanopticResult, loaded: Any) -> str:
        """Add the layer."""
        place, viewer = self._place, self.session.viewer
        if place is None or viewer is None:
            return ""
        labels: NDArray[Any]
        segments: tuple[Segment, ...]
        labels, segments = loaded
        layer = objects_result(
            labels,
            like=place.like,
            axes=place.axes,
            offset=place.offset,
            name=place.name,
            segments=segments,
            classes=result.classes,
            provenance=place.provenance,
        )
        viewer.add_layer(layer)
        parts = [f"{result.segments:,} segments in {result.seconds:.1f} s"]
        if result.dropped:
            parts.append(f"{result.dropped:,} objects left out")
        if result.void:
            parts.append(f"{100 * result.void / max(1, labels.size):.0f} % void")
        return f"{', '.join(parts)}: layer “{layer.name}”."
