"""``segsuite predict``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.inputs import FileOptions, describe, files_of
from napari_segsuite.cli.parsing import Command, Files, Folder
from napari_segsuite.errors import Cancelled, InputError, SegsuiteError
from napari_segsuite.jobs.prediction import Predict, PredictOptions


@dataclass(frozen=True, kw_only=True)
class PredictCommand(Command):
    """Predict the labels of images with a trained model.

    Writes one OME-TIFF per image into the folder, named as the image is; with objects,
    a table NAME.csv beside it holds class, area, score and box of each. An image that
    cannot be predicted is named at the end; the others are done all the same.
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

    def run(self, console: Console) -> None:
        """Predict every image."""
        from napari_segsuite import api
        from napari_segsuite.data.atomic import make_folder, storage_errors

        model = api.find_model(self.model)
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
                    self._job(model, image, targets[image]), on_event=console.on_event
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

    def _job(self, model: Path, image: Path, out: Path) -> Predict:
        probabilities = self._probabilities / f"{out.stem}.npy"
        return Predict(
            model=model,
            image=describe(image, self.file),
            out=out,
            probabilities=probabilities if self.probabilities else None,
            options=self.prediction,
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
