"""Labels to and from the files of other programs, as the window exchanges them."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.base import Job, Result

Format = Literal["coco", "panoptic", "imagej"]
"""COCO's instances, COCO's panoptic format, or a set of ImageJ's ROIs."""

Shape = Literal["rle", "polygons"]
"""How COCO's instances have their masks written."""


class ExportedLabels(Result):
    """A file or folder for another program."""

    out: Path
    """What was made."""
    objects: int
    """Ids in it."""
    seconds: float
    """Time it took."""


class ExportLabels(Job[ExportedLabels]):
    """Write labels for another program."""

    kind: ClassVar[str] = "export-labels"
    handler: ClassVar[str] = "napari_segsuite.jobs.exchanging:export_labels"
    result_type: ClassVar[type[Result]] = ExportedLabels
    written: ClassVar[tuple[str, ...]] = ("out",)

    labels: ArrayRef
    """The labels."""
    image_name: str
    """The file name of their image, as it is to stand in the file."""
    format: Format
    """What to write."""
    out: Path
    """The ``.json`` or ``.zip`` file to make; of the panoptic format, the folder."""
    overwrite: bool = False
    """Whether a file that exists is replaced; folders never are."""
    table: Path | None = None
    """A CSV file with class and score of each id; None: nothing is known."""
    classes: ClassTable = ()
    """The classes, as far as they have names."""
    shape: Shape = "rle"
    """How COCO's instances have their masks written."""


class ImportedImage(Result):
    """The labels of one image."""

    name: str
    """The name of the image, without folder and ending."""
    labels: ArrayRef
    """Ids, int32."""
    table: Path
    """A CSV file with class and score of each id."""


class ImportedLabels(Result):
    """What a file of another program holds."""

    images: tuple[ImportedImage, ...]
    """The images."""
    classes: ClassTable
    """The classes of all of them."""
    objects: int
    """Ids in all of them."""
    overlap: int
    """Pixels that more than one object wanted; one has them."""
    hidden: int
    """Objects of which no pixel is left."""
    seconds: float
    """Time it took."""


class ImportLabels(Job[ImportedLabels]):
    """Read labels that another program wrote: all of them, or nothing."""

    kind: ClassVar[str] = "import-labels"
    handler: ClassVar[str] = "napari_segsuite.jobs.exchanging:import_labels"
    result_type: ClassVar[type[Result]] = ImportedLabels
    written: ClassVar[tuple[str, ...]] = ("out",)

    source: Path
    """The file."""
    format: Format
    """What it is."""
    out: Path
    """The folder to make for the labels."""
    image_name: str = ""
    """The name of the image whose labels are wanted; empty: all images."""
    shape: tuple[int, ...] = ()
    """The shape of its labels; ImageJ's files do not tell it."""
    axes: str = "YX"
    """The axes of its labels."""
