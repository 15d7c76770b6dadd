"""Labels to and from the files of other programs: COCO, ImageJ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from napari_segsuite.data.atomic import make_folder, publish_folder, storage_errors
from napari_segsuite.data.axes import without_channels
from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.exchange import coco, coco_panoptic, imagej
from napari_segsuite.data.exchange.coco_tables import CocoImage, safe_name
from napari_segsuite.data.formats import describe
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.segmented_files import (
    SegmentedFile,
    joined_classes,
    read_segmented,
    write_segmented,
)
from napari_segsuite.data.segments import SegmentedImage
from napari_segsuite.errors import InputError

_Plane = tuple[str, SegmentedFile]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought."""

    files: tuple[Path, ...]
    """The label files."""
    objects: int
    """Objects in all of them."""
    overlap: int
    """Pixels that several objects wanted; one has them."""
    hidden: int
    """Objects that are missing, as others lie over all of their pixels."""
    numbered: bool = False
    """Whether ids are new, as there were none."""

    def __str__(self) -> str:
        """Return it in a few sentences."""
        text = f"{_many(len(self.files), 'image')}, {_many(self.objects, 'object')}."
        if self.overlap:
            text += (
                f" {_many(self.overlap, 'pixel')} belonged to several objects; labels "
                "hold one id a pixel, so the one with the better score, else the "
                "earlier one, has them."
            )
        if self.hidden:
            text += f" {_many(self.hidden, 'object')} had no pixel left."
        if self.numbered:
            text += " Objects are numbered from 1, as some had no id of their own."
        return text


def export_coco(
    labels: Sequence[Path],
    out: Path,
    *,
    images: Sequence[Path] = (),
    shape: coco.Shape = "rle",
) -> None:
    """Write label files as one JSON file of COCO's instances.

    Parameters
    ----------
    labels : sequence of Path
        Label files (Y, X); the class of each id stands in the CSV table beside each.
    out : Path
        The ``.json`` file to make.
    images : sequence of Path, optional
        Their images in the same order, whose names are to stand in the file; by
        default the names of the label files.
    shape : {"rle", "polygons"}, optional
        How masks are written; objects with holes are always run-length code.

    Raises
    ------
    InputError
        If labels cannot be read or are no plane, or sizes differ.
    StorageError
        If `out` exists, or cannot be written.
    """
    found = _planes(labels, images)
    coco.write_coco(out, _named(found), _classes(found), shape=shape)


def export_panoptic(
    labels: Sequence[Path], out: Path, *, images: Sequence[Path] = ()
) -> None:
    """Write label files as COCO's panoptic format: a folder of JSON and PNG files.

    Parameters are those of `export_coco`, but that `out` is a folder.

    Raises
    ------
    InputError
        As `export_coco`; or if an id is above 16,777,215.
    StorageError
        If `out` exists, or cannot be written.
    """
    found = _planes(labels, images)
    coco_panoptic.write_panoptic(out, _named(found), _classes(found))


def export_rois(labels: Path, out: Path) -> None:
    """Write a label file as a set of ImageJ's ROIs.

    Parameters
    ----------
    labels : Path
        A label file with the axes YX, ZYX, TYX or TZYX.
    out : Path
        The ``.zip`` file to make.

    Raises
    ------
    InputError
        If it cannot be read.
    StorageError
        If `out` exists, or cannot be written.
    """
    found = read_segmented(labels)
    imagej.write_rois(out, found.image, found.axes, found.classes)


def import_coco(source: Path, out: Path, *, images: Sequence[Path] = ()) -> Imported:
    """Read a JSON file of COCO's instances into a folder of label files.

    Parameters
    ----------
    source : Path
        The file.
    out : Path
        The folder to make, with NAME.tif and NAME.csv per image. It appears when all
        of them are complete.
    images : sequence of Path, optional
        The images; if there are any, each image of the file must be among them, and be
        of the size that the file says.

    Raises
    ------
    InputError
        If anything in the file is not as it should be; nothing is imported then.
    StorageError
        If `out` exists, or cannot be written.
    """
    found = coco.read_coco(source)
    _check_images(found.images, images, source)
    return _publish(found.segmented(), found.classes, out, numbered=found.numbered)


def import_panoptic(
    source: Path, out: Path, *, masks: Path | None = None, images: Sequence[Path] = ()
) -> Imported:
    """Read a JSON file of COCO's panoptic format into a folder of label files.

    Parameters are those of `import_coco`, and the folder of the PNG files, by default
    that which is called as the JSON file is.

    Raises
    ------
    InputError
        If anything in the files is not as it should be; nothing is imported then.
    StorageError
        If `out` exists, or cannot be written.
    """
    found = coco_panoptic.read_panoptic(source, masks)
    _check_images(found.images, images, source)
    return _publish(found.segmented(), found.classes, out)


def import_rois(pairs: Sequence[tuple[Path, Path]], out: Path) -> Imported:
    """Read sets of ImageJ's ROIs into a folder of label files.

    Parameters
    ----------
    pairs : sequence of (Path, Path)
        Sets of ROIs (``.zip``, ``.roi``) and the image of each, which says how large
        the labels are; they are named as the image is.
    out : Path
        The folder to make.

    Raises
    ------
    InputError
        If anything in the files is not as it should be; nothing is imported then.
    StorageError
        If `out` exists, or cannot be written.
    """
    made = []
    with _new_folder(out) as new:
        for rois, path in pairs:
            ref = describe(path)
            axes, name = without_channels(ref.axes), safe_name(path.name)
            image, classes = imagej.read_rois(rois, name, _shape(ref), axes)
            write_segmented(new, image, classes, axes, ref.spacing)
            made.append(_brought(image, out))
    return _together(made)


def _publish(
    images: Iterable[SegmentedImage],
    classes: ClassTable,
    out: Path,
    *,
    numbered: bool = False,
) -> Imported:
    made = []
    with _new_folder(out) as new:
        for image in images:
            write_segmented(new, image, classes)
            made.append(_brought(image, out))
    return _together(made, numbered=numbered)


def _new_folder(out: Path) -> AbstractContextManager[Path]:
    with storage_errors(out):
        make_folder(out.parent)
    return publish_folder(out)


def _planes(labels: Sequence[Path], images: Sequence[Path]) -> list[_Plane]:
    found = []
    for number, path in enumerate(labels):
        file = read_segmented(path)
        if file.axes != "YX":
            msg = (
                f"{path} has the axes {file.axes}, but COCO's formats know planes "
                "only. Export slices, or ROIs of ImageJ, which know stacks."
            )
            raise InputError(msg)
        name = path.name
        if images:
            name = images[number].name
            size = _shape(describe(images[number]))
            if size != file.image.labels.shape:
                msg = (
                    f"{path} has {_times(file.image.labels.shape)} pixels, but its "
                    f"image {images[number]} {_times(size)}. Choose the right pair."
                )
                raise InputError(msg)
        found.append((name, file))
    return found


def _named(planes: Sequence[_Plane]) -> list[tuple[str, SegmentedImage]]:
    return [(name, file.image) for name, file in planes]


def _classes(planes: Sequence[_Plane]) -> ClassTable:
    return joined_classes(file.classes for _, file in planes)


def _check_images(
    told: Sequence[CocoImage], images: Sequence[Path], source: Path
) -> None:
    if not images:
        return
    by_name = {safe_name(path.name): path for path in images}
    missing = [one.name for one in told if one.name not in by_name]
    if missing:
        some = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        msg = (
            f"{source} speaks of images that are not there: {some}. Name their files "
            "or folder too, or leave --image out."
        )
        raise InputError(msg)
    for one in told:
        size = _shape(describe(by_name[one.name]))
        if size != one.shape:
            msg = (
                f"{source} says that “{one.name}” has {_times(one.shape)} pixels, but "
                f"{by_name[one.name]} has {_times(size)}. Get both of one version."
            )
            raise InputError(msg)


def _shape(ref: ArrayRef) -> tuple[int, ...]:
    """Return the shape of an image without its channels."""
    sizes = zip(ref.axes, ref.open().shape, strict=True)
    return tuple(int(size) for letter, size in sizes if letter != "C")


def _brought(image: SegmentedImage, out: Path) -> Imported:
    return Imported(
        files=(out / f"{image.name}.tif",),
        objects=len(image.segments),
        overlap=image.overlap,
        hidden=len(image.hidden),
    )


def _together(made: Sequence[Imported], *, numbered: bool = False) -> Imported:
    return Imported(
        files=tuple(path for one in made for path in one.files),
        objects=sum(one.objects for one in made),
        overlap=sum(one.overlap for one in made),
        hidden=sum(one.hidden for one in made),
        numbered=numbered,
    )


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _times(shape: Sequence[int]) -> str:
    return " × ".join(f"{size:,}" for size in shape)
