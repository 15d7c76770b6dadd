"""``segsuite predict``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.inputs import FileOptions, describe, files_of
from napari_segsuite.cli.parsing import Command, File, Files, Folder
from napari_segsuite.data.detections import ChoiceOptions, PasteOptions
from napari_segsuite.data.panoptic import MergeOptions
from napari_segsuite.errors import Cancelled, InputError, SegsuiteError
from napari_segsuite.jobs.base import Job
from napari_segsuite.jobs.instances import DetectInstances, DetectOptions
from napari_segsuite.jobs.panoptic import PredictPanoptic
from napari_segsuite.jobs.prediction import Predict, PredictOptions


@dataclass(frozen=True, kw_only=True)
class PredictCommand(Command):
    """Predict the labels of images with a trained model.

    Writes one OME-TIFF per image into the folder, named as the image is; with objects,
    a table NAME.csv beside it holds class, area, score and box of each. A Mask R-CNN
    leaves all that it detected in NAME.detections.npz. With --objects, the classes of
    one model and the objects of another are merged into panoptic labels, with a table
    of their segments. An image that cannot be predicted is named at the end; the others
    are done all the same.
    """

    model: Annotated[str, tyro.conf.arg(metavar="MODEL|NAME")]
    """A model folder, or the name of a model of the library."""
    image: Files
    """Images: files or folders (tif, png, npy, zarr, nii.gz)."""
    out: Folder
    """The folder for the labels; made if it does not exist."""
    probabilities: bool = False
    """Whether to write the probability of each class too, to OUT/probabilities."""
    file: tyro.conf.OmitArgPrefixes[FileOptions] = FileOptions()
    prediction: tyro.conf.OmitArgPrefixes[PredictOptions] = PredictOptions()
    choice: tyro.conf.OmitArgPrefixes[ChoiceOptions] = ChoiceOptions()
    link: bool = True
    """Mask R-CNN: whether objects of neighbouring slices are joined into 3D objects, or
    followed through time."""

    objects: Annotated[str, tyro.conf.arg(metavar="MODEL|NAME")] = ""
    """For --readout panoptic, the model that finds objects: a U-Net that learned them,
    or a Mask R-CNN. --model is the one that learned classes then."""
    classes: File | None = None
    """For --readout panoptic, the class table, which says what is thing and what stuff:
    a JSON list of {"id", "name", "thing"}. None: as the model says."""
    merge: MergeOptions = MergeOptions()

    def run(self, console: Console) -> None:
        """Predict every image."""
        from napari_segsuite import api
        from napari_segsuite.data.atomic import make_folder, storage_errors

        model = api.find_model(self.model)
        make_job = self._job_maker(model)
        images = files_of(self.image, "--image")
        targets = output_files(images, self.out)
        for folder in (self.out, *([self._probabilities] * self.probabilities)):
            with storage_errors(folder):
                make_folder(folder)
        failed = []
        for number, image in enumerate(images, start=1):
            console.begin(f"Predicting {image} ({number} of {len(images)})")
            try:
                result = api.run(
                    make_job(image, targets[image]), on_event=console.on_event
                )
            except Cancelled:
                raise
            except SegsuiteError as error:
                if len(images) == 1:
                    raise
                console.remark(f"{image}: {error}")
                failed.append(str(image))
            else:
                console.result(str(result.labels.path))
        if failed:
            msg = f"{len(failed)} of {len(images)} images failed: {', '.join(failed)}."
            raise InputError(msg)

    @property
    def _probabilities(self) -> Path:
        # Not beside the labels: `evaluate` would take them for labels.
        return self.out / "probabilities"

    def _job_maker(self, model: Path) -> Callable[[Path, Path], Job[Any]]:
        """Return what makes the job of an image, given where its labels go."""
        if self.objects or self.prediction.readout == "panoptic":
            return self._panoptic_maker(model)
        from napari_segsuite.models.folder import read_card
        from napari_segsuite.models.maskrcnn_card import MaskRCNNCard

        if not isinstance(read_card(model), MaskRCNNCard):
            return partial(self._prediction, model)
        if self.probabilities or self.prediction.readout == "semantic":
            msg = (
                f"{model.name} is a Mask R-CNN, which finds objects and gives no class "
                "of each pixel. Leave out --probabilities and --readout semantic, or "
                "choose a U-Net."
            )
            raise InputError(msg)
        return partial(self._detection, model)

    def _panoptic_maker(self, model: Path) -> Callable[[Path, Path], PredictPanoptic]:
        """Return what makes the job that merges two models."""
        from napari_segsuite import api
        from napari_segsuite.api.merging import read_classes

        readout = self.prediction.readout
        if (
            not self.objects
            or readout not in ("auto", "panoptic")
            or self.probabilities
        ):
            msg = (
                "Panoptic labels are merged from two models: name that of objects with "
                "--objects, and leave out --probabilities and other readouts than "
                "panoptic."
            )
            raise InputError(msg)
        objects = api.find_model(self.objects)
        classes = () if self.classes is None else read_classes(self.classes)

        def job(image: Path, out: Path) -> PredictPanoptic:
            return PredictPanoptic(
                model=model,
                objects=objects,
                image=describe(image, self.file),
                out=out,
                classes=classes,
                options=self.prediction,
                merging=self.merge,
            )

        return job

    def _prediction(self, model: Path, image: Path, out: Path) -> Predict:
        probabilities = self._probabilities / f"{out.stem}.npy"
        return Predict(
            model=model,
            image=describe(image, self.file),
            out=out,
            probabilities=probabilities if self.probabilities else None,
            options=self.prediction,
        )

    def _detection(self, model: Path, image: Path, out: Path) -> DetectInstances:
        paste = PasteOptions(**dict(self.choice))
        for name in ("min_score", "min_area"):
            if value := getattr(self.prediction, name):
                paste = paste.replace(**{name: value})
        return DetectInstances(
            model=model,
            image=describe(image, self.file),
            out=out,
            detections=out.with_name(f"{out.stem}.detections.npz"),
            options=DetectOptions(
                paste=paste,
                link=self.link,
                tile_size=self.prediction.tile_size,
                device=self.prediction.device,
            ),
        )


def output_files(images: Sequence[Path], folder: Path) -> dict[Path, Path]:
    """Return the labels file of each image: its name, ending in ``.tif``.

    Raises
    ------
    InputError
        If two images would have the same.
    """
    from napari_segsuite.data.pairs import stem

    sources = defaultdict(list)
    for image in images:
        sources[folder / f"{stem(image)}.tif"].append(image)
    for target, same in sources.items():
        if len(same) > 1:
            msg = (
                f"{' and '.join(str(image) for image in same)} would both be predicted "
                f"into {target}. Predict them into different folders."
            )
            raise InputError(msg)
    return {images[0]: target for target, images in sources.items()}
