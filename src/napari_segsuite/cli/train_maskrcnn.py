"""``segsuite train maskrcnn``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.inputs import FileOptions, describe, paired_files
from napari_segsuite.cli.parsing import Command, Files, Folder
from napari_segsuite.cli.train import train
from napari_segsuite.data.classes import ClassTable, table_of
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.instances import DetectorOptions, TrainMaskRCNN
from napari_segsuite.plan.maskrcnn import MaskRCNNChoices


@dataclass(frozen=True, kw_only=True)
class TrainMaskRCNNCommand(Command):
    """Train a Mask R-CNN on drawn objects.

    In the labels every id is one object, and 0 is background; slices of stacks without
    any object are left out. If there is a table beside the labels (NAME.csv with the
    columns id and class_id), it says the class of each object. Ctrl+C ends the
    training and keeps the best model so far.
    """

    image: Files
    """Images: files or folders (tif, png, npy, zarr, nii.gz)."""
    labels: Files
    """Labels of objects, paired with the images by file name."""
    out: Folder
    """The model folder to make; it must not exist."""
    start_from: Annotated[str | None, tyro.conf.arg(metavar="MODEL")] = None
    """A model folder or the name of a model to fine-tune; None starts anew."""
    name: str = ""
    """The model's name; empty takes the folder's."""
    file: tyro.conf.OmitArgPrefixes[FileOptions] = FileOptions()
    training: tyro.conf.OmitArgPrefixes[DetectorOptions] = DetectorOptions()
    plan: tyro.conf.OmitArgPrefixes[MaskRCNNChoices] = MaskRCNNChoices()

    def job(self) -> TrainMaskRCNN:
        """Return the job that this command line describes."""
        from napari_segsuite import api

        start = self.start_from
        files = paired_files(self.image, self.labels, ("--image", "--labels"))
        if files.unpaired:
            raise InputError(files.complaint())
        classes, of_objects = classes_beside([labels for _, labels in files.pairs])
        return TrainMaskRCNN(
            images=tuple(describe(image, self.file) for image, _ in files.pairs),
            labels=tuple(
                describe(labels, self.file, labels=True) for _, labels in files.pairs
            ),
            out=self.out,
            name=self.name,
            start_from=None if start is None else api.find_model(start),
            classes=classes,
            object_classes=of_objects,
            plan=self.plan,
            training=self.training,
        )

    def run(self, console: Console) -> None:
        """Train; the model folder is complete whenever this ends."""
        train(self.job(), console)
        console.result(str(self.out))


def classes_beside(
    files: Sequence[Path],
) -> tuple[ClassTable, tuple[dict[int, int], ...]]:
    """Return what tables beside labels say of the classes of their objects.

    Returns
    -------
    classes : tuple of ClassInfo
        The classes, named as the labels' own class tables do; none without tables.
    of_objects : tuple of dict
        Per file, the class of each object; none without tables.

    Raises
    ------
    InputError
        If a table cannot be read.
    """
    from napari_segsuite.data.label_notes import read_notes
    from napari_segsuite.data.segmented_files import OBJECT
    from napari_segsuite.data.segments import read_segments, table_path

    tables = [table_path(file) for file in files]
    known = [read_segments(one) if one.exists() else {} for one in tables]
    of_objects = tuple({i: s.class_id for i, s in one.items()} for one in known)
    used = {i for one in of_objects for i in one.values()}
    if not used:
        return (), ()
    named = [info for file in files for info in read_notes(file).classes]
    return table_of(used, (OBJECT, *named)), of_objects
