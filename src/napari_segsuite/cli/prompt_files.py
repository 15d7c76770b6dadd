"""Which points or record belong to which image, and where their labels go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_segsuite.cli.inputs import PairedFiles, files_of
from napari_segsuite.errors import InputError

_LABELS = (".tif", ".tiff", ".npy")


@dataclass(frozen=True, slots=True)
class PromptFiles:
    """One image, what is said about it, and its labels."""

    image: Path
    """The image."""
    said: Path
    """A CSV file of points, or a record."""
    out: Path
    """The labels file to make."""


def prompt_files(
    images: Sequence[Path], said: Sequence[Path], suffix: str, out: Path
) -> tuple[PromptFiles, ...]:
    """Pair images with points or records, one with one or by stem.

    Parameters
    ----------
    images : sequence of Path
        Files and folders.
    said : sequence of Path
        Files and folders; of a folder, the files that end in `suffix`.
    suffix : str
        ``".csv"`` or ``".prompts.json"``.
    out : Path
        The labels file of a single image, or a folder.

    Raises
    ------
    InputError
        If something is missing, has no partner, or `out` is a file for several images.
    """
    from napari_segsuite.cli.predict import output_files

    left, right = files_of(images, "--image"), _named(said, suffix)
    single = len(images) == len(left) == len(right) == 1
    if single and out.suffix.lower() in _LABELS:
        return (PromptFiles(left[0], right[0], out),)
    if out.suffix.lower() in _LABELS and not out.is_dir():
        msg = f"There are several images, so --out must be a folder, not {out}."
        raise InputError(msg)
    targets = output_files(left, out)
    pairs = ((left[0], right[0]),) if single else _paired(left, right, suffix)
    return tuple(PromptFiles(image, said, targets[image]) for image, said in pairs)


def pairs_with(
    images: Sequence[Path], others: Sequence[Path], suffix: str
) -> tuple[tuple[Path, Path], ...]:
    """Pair images with files of a kind that is no image: one with one, or by stem.

    Parameters
    ----------
    images, others : sequence of Path
        Files and folders; of a folder of `others`, the files that end in `suffix`.
    suffix : str
        Such as ``".zip"``.

    Raises
    ------
    InputError
        If something is missing, or has no partner.
    """
    left, right = files_of(images, "--image"), _named(others, suffix)
    if len(left) == len(right) == 1:
        return ((left[0], right[0]),)
    return _paired(left, right, suffix)


def _named(paths: Sequence[Path], suffix: str) -> tuple[Path, ...]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.name.endswith(suffix))
            if not inside:
                msg = f"The folder {path} holds no file that ends in {suffix}."
                raise InputError(msg)
            found.extend(inside)
        elif path.exists():
            found.append(path)
        else:
            msg = f"There is no file or folder {path}. Check its name."
            raise InputError(msg)
    return tuple(found)


def _paired(
    images: Sequence[Path], said: Sequence[Path], suffix: str
) -> tuple[tuple[Path, Path], ...]:
    from napari_segsuite.data.pairs import stem

    by_stem: dict[str, Path] = {}
    for path in said:
        name = path.name.removesuffix(suffix)
        if name in by_stem:
            msg = f"{by_stem[name]} and {path} have the same name. Leave one out."
            raise InputError(msg)
        by_stem[name] = path
    pairs = tuple((i, by_stem[stem(i)]) for i in images if stem(i) in by_stem)
    used = {path for pair in pairs for path in pair}
    alone = tuple(path for path in (*images, *said) if path not in used)
    if alone:
        raise InputError(PairedFiles(pairs, alone).complaint())
    return pairs
