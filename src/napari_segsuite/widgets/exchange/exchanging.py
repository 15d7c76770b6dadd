"""Labels that come in from a file or go out to one, while the window stays free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from napari.layers import Image, Labels
from numpy.typing import NDArray

from napari_segsuite.data.segments import Segment, write_segments
from napari_segsuite.jobs.base import Job
from napari_segsuite.jobs.exchange import (
    ExportedLabels,
    ExportLabels,
    Format,
    ImportedLabels,
    ImportLabels,
    Shape,
)
from napari_segsuite.jobs.prediction import Region
from napari_segsuite.runners.base import Runner
from napari_segsuite.widgets.activity import Activity
from napari_segsuite.widgets.layer_classes import declared
from napari_segsuite.widgets.layer_segments import (
    known_segments,
    labels_axes,
    segment_table,
)
from napari_segsuite.widgets.layers import image_axes, label_shape
from napari_segsuite.widgets.object_layers import objects_result
from napari_segsuite.widgets.results import take_labels, take_segments
from napari_segsuite.widgets.snapshots import Source, copy, labels_source


@dataclass(frozen=True)
class ExportRequest:
    """A layer that is to go out."""

    labels: Labels
    """The layer."""
    format: Format
    """What to write."""
    out: Path
    """The file or folder to make."""
    overwrite: bool
    """Whether the user agreed to replace the file."""
    region: Region | None = None
    """(start, stop) per axis, for one slice; None for all of the layer."""
    image_name: str = ""
    """The name of the image, as it is to stand in the file; empty takes the layer's."""
    shape: Shape = "rle"
    """How COCO's instances have their masks written."""


@dataclass(frozen=True)
class ImportRequest:
    """A file that is to come in."""

    source: Path
    """The file."""
    format: Format
    """What it is."""
    image: Image | None
    """The image that the labels belong to; None: the file's images, whichever."""


@dataclass(frozen=True, eq=False)
class _Arrived:
    """The labels of one image, in memory."""

    name: str
    labels: NDArray[Any]
    segments: tuple[Segment, ...]


class Exchanging(Activity):
    """The one export or import of a viewer."""

    _export: ExportRequest | None = None
    _import: ImportRequest | None = None

    @property
    def runner(self) -> Runner:
        """The worker of prompts: files do not wait for a training to end."""
        return self.session.interactive

    def export_layer(self, request: ExportRequest) -> None:
        """Write a layer for another program.

        Raises
        ------
        InputError
            If the layer cannot be used.
        """
        if self.busy:
            return
        layer, scratch = request.labels, self.session.scratch
        source = _cut(labels_source(layer, labels_axes(layer)), request.region)
        self._export, self._import = request, None

        def prepare(check: Callable[[], None]) -> Job[Any]:
            known = known_segments(layer)
            classes = segment_table(layer, known) if known else declared(layer)
            table = scratch.path(".csv") if known else None
            if table is not None:
                write_segments(table, tuple(known.values()), classes)
            return ExportLabels(
                labels=copy(source, scratch, check=check),
                image_name=request.image_name or layer.name,
                format=request.format,
                out=request.out,
                overwrite=request.overwrite,
                table=table,
                classes=classes,
                shape=request.shape,
            )

        self.start(prepare)

    def import_file(self, request: ImportRequest) -> None:
        """Read labels that another program wrote.

        Raises
        ------
        InputError
            If the image cannot be used.
        """
        if self.busy:
            return
        image, scratch = request.image, self.session.scratch
        fields: dict[str, Any] = {}
        if image is not None:
            axes = image_axes(image)
            fields = {
                "image_name": _file_name(image),
                "shape": label_shape(image, axes),
                "axes": axes.replace("C", ""),
            }
        self._export, self._import = None, request

        def prepare(_check: Callable[[], None]) -> Job[Any]:
            return ImportLabels(
                source=request.source,
                format=request.format,
                out=scratch.path(),
                **fields,
            )

        self.start(prepare)

    def load_result(self, result: ExportedLabels | ImportedLabels) -> Any:
        """Read what came into memory; its files go."""
        if isinstance(result, ExportedLabels):
            return ()
        return tuple(
            _Arrived(one.name, take_labels(one.labels.path), take_segments(one.table))
            for one in result.images
        )

    def on_ended(self) -> None:
        """Let go of the layers."""
        self._export = self._import = None

    def on_finished(self, result: Any, loaded: Any) -> str:
        """Add the layers that came; tell where the others went."""
        if isinstance(result, ExportedLabels):
            return f"{_many(result.objects, 'object')} written: {result.out}"
        request, viewer = self._import, self.session.viewer
        if request is None or viewer is None:
            return ""
        for one in loaded:
            viewer.add_layer(_layer(one, request, result))
        text = (
            f"{_many(result.objects, 'object')} in {_many(len(loaded), 'new layer')}."
        )
        if result.overlap:
            text += (
                f" {_many(result.overlap, 'pixel')} belonged to several objects; the "
                "one with the better score, else the earlier one, has them."
            )
        if result.hidden:
            text += f" {_many(result.hidden, 'object')} had no pixel left."
        return text


def _layer(one: _Arrived, request: ImportRequest, result: ImportedLabels) -> Labels:
    image, name = request.image, f"{one.name} {request.source.stem}"
    return objects_result(
        one.labels,
        like=Labels(one.labels) if image is None else image,
        axes="YX" if image is None else image_axes(image),
        offset=(0,) * one.labels.ndim,
        name=name if image is None else f"{image.name} {request.source.stem}",
        segments=one.segments,
        classes=result.classes,
        provenance={
            "imported": str(request.source),
            "readout": "panoptic" if request.format == "panoptic" else "instances",
        },
    )


def _cut(source: Source, region: Region | None) -> Source:
    """Return one slice of a source, without the axes along which it is thin."""
    if region is None:
        return source
    (array,) = source.arrays
    index = tuple(a if b - a == 1 else slice(a, b) for a, b in region)
    kept = [i for i, (a, b) in enumerate(region) if b - a != 1]
    axes = "".join(source.axes[i] for i in kept)
    # Two axes of space are all that COCO's formats know; they need no spacing.
    return replace(source, arrays=(array[index],), axes=axes, spacing=None)


def _file_name(image: Image) -> str:
    path = image.source.path
    return Path(path).name if path else str(image.name)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
