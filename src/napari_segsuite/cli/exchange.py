"""``segsuite export`` and ``segsuite import``: the files of other programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.inputs import files_of, paired_files
from napari_segsuite.cli.parsing import Command, File, Files, Folder
from napari_segsuite.errors import InputError


@dataclass(frozen=True, kw_only=True)
class ExportCoco(Command):
    """Write labels as one JSON file of COCO's instances.

    Ids are objects. Class and score of each stand in a table NAME.csv beside NAME.tif
    (columns id, class_id, score); without one all are of one class.
    """

    labels: Files
    """Labels: files or folders."""
    out: File
    """The .json file to make."""
    image: Files = ()
    """Their images, paired by file name: their names stand in the file then."""
    shape: Literal["rle", "polygons"] = "rle"
    """How masks are written; objects with holes are always RLE."""

    def run(self, console: Console) -> None:
        """Write the file."""
        from napari_segsuite.api.exchange import export_coco

        labels, images = _labels_and_images(self.labels, self.image)
        export_coco(labels, self.out, images=images, shape=self.shape)
        console.result(str(self.out))


@dataclass(frozen=True, kw_only=True)
class ExportPanoptic(Command):
    """Write labels as COCO's panoptic format: panoptic.json and a PNG per image.

    Ids are segments. The class of each stands in a table NAME.csv beside NAME.tif, as
    `segsuite merge` writes it; without one, ids are classes where the file names them.
    """

    labels: Files
    """Labels: files or folders."""
    out: Folder
    """The folder to make."""
    image: Files = ()
    """Their images, paired by file name: their names stand in the file then."""

    def run(self, console: Console) -> None:
        """Write the folder."""
        from napari_segsuite.api.exchange import export_panoptic

        labels, images = _labels_and_images(self.labels, self.image)
        export_panoptic(labels, self.out, images=images)
        console.result(str(self.out))


@dataclass(frozen=True, kw_only=True)
class ExportImageJ(Command):
    """Write labels as sets of ImageJ's ROIs, one zip file each."""

    labels: Files
    """Labels: files or folders, planes or stacks."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE|FOLDER")]
    """The .zip file to make; for several labels a folder."""

    def run(self, console: Console) -> None:
        """Write every file."""
        from napari_segsuite.api.exchange import export_rois
        from napari_segsuite.data.atomic import make_folder, storage_errors
        from napari_segsuite.data.pairs import stem

        labels = files_of(self.labels, "--labels")
        if self.out.suffix.lower() == ".zip":
            if len(labels) > 1:
                msg = (
                    f"There are several labels: --out must be a folder, not {self.out}."
                )
                raise InputError(msg)
            targets = [self.out]
        else:
            with storage_errors(self.out):
                make_folder(self.out)
            targets = [self.out / f"{stem(path)}.zip" for path in labels]
        for path, target in zip(labels, targets, strict=True):
            export_rois(path, target)
            console.result(str(target))


@dataclass(frozen=True, kw_only=True)
class ImportCoco(Command):
    """Read a JSON file of COCO's instances into label files.

    Masks may be RLE or polygons. Ids and scores are kept. Either all of the file is
    imported, or nothing.
    """

    file: File
    """The .json file."""
    out: Folder
    """The folder to make, with NAME.tif and NAME.csv for each image."""
    image: Files = ()
    """The images, to check that all are there and of the right size."""

    def run(self, console: Console) -> None:
        """Make the folder."""
        from napari_segsuite.api.exchange import import_coco

        images = files_of(self.image, "--image") if self.image else ()
        console.remark(str(import_coco(self.file, self.out, images=images)))
        console.result(str(self.out))


@dataclass(frozen=True, kw_only=True)
class ImportPanoptic(Command):
    """Read a JSON file of COCO's panoptic format, and its PNG files, into label files.

    Either all of it is imported, or nothing.
    """

    file: File
    """The .json file."""
    out: Folder
    """The folder to make, with NAME.tif and NAME.csv for each image."""
    masks: Folder | None = None
    """The folder of the PNG files; None: the one that is called as the file is."""
    image: Files = ()
    """The images, to check that all are there and of the right size."""

    def run(self, console: Console) -> None:
        """Make the folder."""
        from napari_segsuite.api.exchange import import_panoptic

        images = files_of(self.image, "--image") if self.image else ()
        done = import_panoptic(self.file, self.out, masks=self.masks, images=images)
        console.remark(str(done))
        console.result(str(self.out))


@dataclass(frozen=True, kw_only=True)
class ImportImageJ(Command):
    """Read sets of ImageJ's ROIs into label files.

    Either all of them are imported, or nothing.
    """

    file: Files
    """Sets of ROIs (.zip), single ones (.roi), or folders with sets."""
    image: Files
    """Their images, paired by file name: they say how large the labels are."""
    out: Folder
    """The folder to make, with NAME.tif and NAME.csv for each image."""

    def run(self, console: Console) -> None:
        """Make the folder."""
        from napari_segsuite.api.exchange import import_rois
        from napari_segsuite.cli.prompt_files import pairs_with

        pairs = pairs_with(self.image, self.file, ".zip")
        done = import_rois([(rois, image) for image, rois in pairs], self.out)
        console.remark(str(done))
        console.result(str(self.out))


def _labels_and_images(
    labels: tuple[Path, ...], images: tuple[Path, ...]
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Return the label files, and the image of each if there are any."""
    if not images:
        return files_of(labels, "--labels"), ()
    files = paired_files(labels, images, ("--labels", "--image"))
    if files.unpaired:
        raise InputError(files.complaint())
    return tuple(pair[0] for pair in files.pairs), tuple(p[1] for p in files.pairs)
