"""Files of a folder, and which image belongs to which labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from napari_segsuite.data.formats import SUFFIXES
from napari_segsuite.data.zarr_folders import is_zarr
from napari_segsuite.errors import InputError

Pair = tuple[Path, Path]


def stem(path: Path) -> str:
    """Return the name without the ending of its format: ``a.nii.gz`` → ``a``."""
    name = path.name
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return path.stem


def expand(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files that `paths` name: each file, and those in each folder.

    Zarr folders count as files. Of other folders, the files whose format is known
    are taken, sorted by name; hidden files and folders inside are not.

    Raises
    ------
    InputError
        If a path does not exist, or a folder holds no file of a known format.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir() and not is_zarr(path):
            inside = sorted(filter(_is_readable, path.iterdir()))
            if not inside:
                msg = (
                    f"The folder {path} holds no file of a known format; "
                    f"{', '.join(SUFFIXES)} are understood."
                )
                raise InputError(msg)
            found.extend(inside)
        elif path.exists():
            found.append(path)
        else:
            msg = f"There is no file or folder {path}. Check its name."
            raise InputError(msg)
    return tuple(found)


def pair_by_stem(
    images: Sequence[Path], labels: Sequence[Path]
) -> tuple[tuple[Pair, ...], tuple[Path, ...]]:
    """Pair images with labels of the same stem.

    Returns
    -------
    pairs : tuple of (Path, Path)
        Image and labels, in the order of the images.
    unpaired : tuple of Path
        What has no partner, images first.

    Raises
    ------
    InputError
        If two images, or two labels, have the same stem.
    """
    by_stem = _by_stem(labels, "labels")
    known = _by_stem(images, "images")
    pairs = tuple((image, by_stem[s]) for s, image in known.items() if s in by_stem)
    alone = (
        *(image for s, image in known.items() if s not in by_stem),
        *(label for s, label in by_stem.items() if s not in known),
    )
    return pairs, alone


def _is_readable(path: Path) -> bool:
    if path.name.startswith(".") or not path.name.lower().endswith(SUFFIXES):
        return False
    return path.is_file() or is_zarr(path)


def _by_stem(paths: Sequence[Path], what: str) -> dict[str, Path]:
    groups: defaultdict[str, list[Path]] = defaultdict(list)
    for path in paths:
        groups[stem(path)].append(path)
    for same in groups.values():
        if len(same) > 1:
            msg = (
                f"Two {what} have the same name but for their ending: "
                f"{same[0]} and {same[1]}. Rename one, or leave it out."
            )
            raise InputError(msg)
    return {key: same[0] for key, same in groups.items()}
