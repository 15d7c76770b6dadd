"""The search for objects of a viewer: a Mask R-CNN on an image, a new layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from napari.layers import Image

from napari_segsuite.data.axes import without_channels
from napari_segsuite.data.detection_files import read_detections
from napari_segsuite.data.detections import Detections
from napari_segsuite.data.segments import table_path
from napari_segsuite.jobs.instances import DetectInstances, DetectOptions, DetectResult
from napari_segsuite.jobs.training import Box
from napari_segsuite.widgets.activity import Activity
from napari_segsuite.widgets.instances.detector_picker import Detector
from napari_segsuite.widgets.instances.found_objects import (
    Choice,
    FoundObjects,
    Pasted,
    pasted,
)
from napari_segsuite.widgets.instances.results import Results
from napari_segsuite.widgets.object_layers import objects_result
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.snapshots import image_source, refer


@dataclass(frozen=True)
class FindRequest:
    """What the user asks for when pressing Find."""

    model: Detector
    """The model."""
    images: tuple[Image, ...]
    """The image; several layers are its channels."""
    axes: str
    """The axes of each of them."""
    region: Box | None = None
    """(start, stop) per axis of the labels; None for everything."""
    boxes: bool = False
    """Whether to add a layer with the boxes."""
    options: DetectOptions = DetectOptions()
    """How to find, and which objects to show."""


class Finding(Activity):
    """The one search for objects of a viewer."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.results = session.shared(Results)
        self.request: FindRequest | None = None

    def find(self, request: FindRequest) -> None:
        """Snapshot the image and find its objects.

        Raises
        ------
        InputError
            If the image cannot be used.
        """
        if self.busy:
            return
        source = image_source(request.images, request.axes)
        scratch = self.session.scratch
        self.request = request

        def prepare(check: Callable[[], None]) -> DetectInstances:
            return DetectInstances(
                model=request.model.folder,
                image=refer(source, scratch, check=check),
                out=scratch.path(".npy"),
                detections=scratch.path(".npz"),
                region=request.region,
                options=request.options,
            )

        self.start(prepare)

    def on_started(self, job: DetectInstances) -> None:
        """Know the image by its layer's name."""
        if self.request is not None:
            self.names = {job.image.path.name: self.request.images[0].name}

    def load_result(self, result: DetectResult) -> tuple[Detections, Choice, Pasted]:
        """Read what was detected, and paste it as the sliders will; the files go."""
        options = DetectOptions() if self.request is None else self.request.options
        choice = Choice(options.paste, options.link)
        found = read_detections(result.detections)
        labels = result.labels.path
        for path in (labels, table_path(labels), result.table, result.detections):
            path.unlink(missing_ok=True)
        return found, choice, pasted(found, choice)

    def on_ended(self) -> None:
        """Let go of the layers."""
        self.request = None

    def on_finished(self, result: DetectResult, loaded: Any) -> str:
        """Add the layer, which is kept together with all that was detected."""
        request = self.request
        if request is None:
            return ""
        detections, choice, new = loaded
        image, model = request.images[0], request.model.folder.name
        name = f"{image.name} {model}"
        axes = without_channels(request.axes)
        start = [s for s, _ in request.region] if request.region else [0] * len(axes)
        layer = objects_result(
            new.labels,
            like=image,
            axes=request.axes,
            offset=start,
            name=name,
            segments=new.segments,
            classes=result.classes,
            provenance={
                "model": model,
                "model_folder": str(request.model.folder),
                "weights_sha256": request.model.card.weights.sha256,
                "image": image.name,
                "region": request.region,
                "readout": "instances",
            },
        )
        found = FoundObjects(layer, detections, choice)
        self.results.add(found)
        if request.boxes:
            self.results.show_boxes(found, True)
        return _told(len(new.segments), len(detections), result.seconds, layer.name)


def _told(objects: int, detected: int, seconds: float, layer: str) -> str:
    """Return what was found, in a sentence or two."""
    if objects:
        what = "1 object" if objects == 1 else f"{objects:,} objects"
        return f"{what} in {seconds:.1f} s: layer “{layer}”."
    if detected:
        return (
            f"No object is sure enough in {seconds:.1f} s of looking, but {detected:,} "
            f"less sure ones were found: lower the score. Layer “{layer}” is empty."
        )
    return (
        f"No object was found in {seconds:.1f} s of looking, so layer “{layer}” is "
        "empty. Was the model trained on such images, with objects as large?"
    )
