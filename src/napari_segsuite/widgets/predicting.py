"""The prediction of a viewer: a model on an image, the result as new layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from napari.layers import Image
from numpy.typing import NDArray

from napari_segsuite.data.axes import without_channels
from napari_segsuite.data.segments import Segment
from napari_segsuite.jobs.prediction import (
    Predict,
    PredictOptions,
    PredictResult,
    Region,
)
from napari_segsuite.widgets.activity import Activity
from napari_segsuite.widgets.layers import labels_result, probability_result
from napari_segsuite.widgets.object_layers import objects_result
from napari_segsuite.widgets.results import take, take_labels, take_segments
from napari_segsuite.widgets.shelf import Entry
from napari_segsuite.widgets.snapshots import image_source, refer
from napari_segsuite.widgets.training import Training


@dataclass(frozen=True)
class PredictRequest:
    """What the user asks for when pressing Predict."""

    model: Entry
    """The model."""
    images: tuple[Image, ...]
    """The image; several layers are its channels."""
    axes: str
    """The axes of each of them."""
    region: Region | None = None
    """(start, stop) per axis of the labels; None for everything."""
    probabilities: bool = False
    """Whether to add a layer with the probability of each class."""
    options: PredictOptions = PredictOptions()
    """How to predict."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """What was predicted, in memory."""

    labels: NDArray[Any]
    """Ids."""
    segments: tuple[Segment, ...] | None = None
    """What is known of each id; None if ids are classes."""
    probabilities: NDArray[Any] | None = None
    """One channel per class."""


class Predicting(Activity):
    """The one prediction of a viewer."""

    request: PredictRequest | None = None

    def predict(self, request: PredictRequest) -> None:
        """Snapshot the image and predict.

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

        def prepare(check: Callable[[], None]) -> Predict:
            return Predict(
                model=request.model.folder,
                image=refer(source, scratch, check=check),
                out=scratch.path(".npy"),
                probabilities=scratch.path(".npy") if request.probabilities else None,
                region=request.region,
                options=request.options,
            )

        self.start(prepare)

    def on_started(self, job: Predict) -> None:
        """Know the image by its layer's name."""
        if self.request is not None:
            self.names = {job.image.path.name: self.request.images[0].name}

    def load_result(self, result: PredictResult) -> Loaded:
        """Read labels, table and probabilities into memory; their files go."""
        labels = take_labels(result.labels.path)
        segments = None if result.table is None else take_segments(result.table)
        if result.probabilities is None:
            return Loaded(labels, segments)
        return Loaded(labels, segments, take(result.probabilities.path))

    def on_ended(self) -> None:
        """Let go of the layers."""
        self.request = None

    def on_finished(self, result: PredictResult, loaded: Loaded) -> str:
        """Add the layers; a prediction of all the image hides what training showed."""
        request, viewer = self.request, self.session.viewer
        if request is None or viewer is None:
            return ""
        image, model = request.images[0], request.model.folder.name
        axes = without_channels(request.axes)
        start = [s for s, _ in request.region] if request.region else [0] * len(axes)
        name = f"{image.name} {model}"
        provenance = {
            "model": model,
            "model_folder": str(request.model.folder),
            "weights_sha256": request.model.card.weights.sha256,
            "image": image.name,
            "region": request.region,
            "readout": "semantic" if loaded.segments is None else "instances",
        }
        preview = self.session.shared(Training).preview
        if preview is not None and request.region is None:
            preview.step_aside(image)
        place: dict[str, Any] = {
            "like": image,
            "axes": request.axes,
            "offset": start,
            "provenance": provenance,
        }
        if loaded.segments is not None:
            viewer.add_layer(
                objects_result(
                    loaded.labels,
                    name=name,
                    segments=loaded.segments,
                    classes=result.classes,
                    **place,
                )
            )
            count = len(loaded.segments)
            found = (
                f"{count:,} objects" if count > 1 else ("no objects", "1 object")[count]
            )
            return f"{found} found in {result.seconds:.1f} s: layer “{name}”."
        viewer.add_layer(
            labels_result(loaded.labels, name=name, classes=result.classes, **place)
        )
        if loaded.probabilities is not None:
            channels = zip(result.classes, loaded.probabilities, strict=True)
            for info, channel in channels:
                viewer.add_layer(
                    probability_result(channel, name=f"{name} {info.name}", **place)
                )
        return f"Predicted in {result.seconds:.1f} s: layer “{name}”."
