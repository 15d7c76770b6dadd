"""Model folders: what lies on disk, how it is written, and how it is trusted.

A folder holds ``model.json``, the card, and the weights file that the card names with
its size and SHA-256; while training goes on, also a file from which it can be resumed,
named and known in the same way. Replacing ``model.json`` is the one moment at which a
new model takes the place of the old: files are written before under names of their
own, and what is no longer named is removed after. So a reader, at any moment and after
any kill, finds a model that is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from napari_segsuite.data.atomic import (
    TEMPORARY_PREFIX,
    atomic_file,
    make_folder,
    refuse_existing,
    storage_errors,
    unfinished_prefix,
)
from napari_segsuite.data.strict_json import without_duplicates
from napari_segsuite.errors import ModelFolderError, StorageError
from napari_segsuite.models.card import (
    FORMAT_VERSION,
    ModelCard,
    TrainedCard,
    WeightsFile,
    text_of,
    thinned,
)
from napari_segsuite.models.kinds import AnyCard, as_trained, parse_card
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.models.prompt_card import PromptCard
from napari_segsuite.models.shipment import refuse_shipped
from napari_segsuite.models.training_lock import LOCK, sole_training
from napari_segsuite.models.weights import check_weights

CARD = "model.json"
"""Name of the card."""

FINAL_WEIGHTS = "weights.safetensors"
"""Name of the weights in a finished model folder."""

T = TypeVar("T")
C = TypeVar("C", ModelCard, PromptCard, MaskRCNNCard, TrainedCard, AnyCard)

_LARGEST_CARD = 1 << 20
_OURS = re.compile(
    rf"(weights|train)-[0-9a-f]{{8}}\.safetensors|{re.escape(TEMPORARY_PREFIX)}.*"
)
# A model in training is replaced while it is read: look again this often.
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A file read from a model folder, whole and verified."""

    card: AnyCard
    """The card."""
    weights: bytes
    """The bytes of the safetensors file that the card names."""


def claim(folder: Path) -> None:
    """Make sure that a model can be written to `folder`, before hours are spent.

    Raises
    ------
    StorageError
        If there is something at `folder` already (an empty folder is fine), it lies
        among the models that ship inside, or its nearest existing parent cannot be
        written.
    """
    folder = Path(os.path.abspath(folder))
    refuse_shipped(folder)
    with storage_errors(folder):
        if folder.is_dir():
            if any(path.name != LOCK for path in folder.iterdir()):
                msg = (
                    f"The folder {folder} exists already and is left as it is. Choose "
                    "a new folder for the model."
                )
                raise StorageError(msg)
        else:
            refuse_existing(folder)
        existing = folder
        while not os.path.lexists(existing):
            existing = existing.parent
        prefix = unfinished_prefix(os.getpid())
        with tempfile.TemporaryDirectory(prefix=prefix, dir=existing) as name:
            # The name itself may be the trouble: too long, or with odd characters.
            Path(name).joinpath(folder.relative_to(existing)).mkdir(
                parents=True, exist_ok=True
            )


def publish(
    folder: Path,
    make_card: Callable[[WeightsFile], C],
    write_weights: Callable[[Path], None],
    *,
    final: bool,
    write_unfinished: Callable[[Path], None] | None = None,
) -> C:
    """Put a model into `folder`, in place of the one before; make the folder if new.

    Parameters
    ----------
    folder : Path
        The model folder.
    make_card : callable
        Makes the card, given how the weights file is called and known.
    write_weights : callable
        Writes the weights, in the safetensors format, to the path it is given.
    final : bool
        Whether training is over: the weights get their lasting name, and there is
        nothing left to be resumed.
    write_unfinished : callable, optional
        Writes the file from which training can be resumed, in the safetensors format,
        to the path it is given. Without it, the one that is there stays.

    Returns
    -------
    ModelCard or PromptCard
        The card as written; a very long history is thinned.

    Raises
    ------
    StorageError
        If it cannot be written; the model before stays as it was.
    ModelFolderError
        If what was written is not sound: not safetensors, or not finite; or the card
        that is there cannot be read.
    """
    is_new = not folder.exists()
    with storage_errors(folder):
        make_folder(folder)
    weights = folder / FINAL_WEIGHTS
    if not final or weights.exists():
        weights = folder / f"weights-{secrets.token_hex(4)}.safetensors"
    try:
        named = _write(weights, write_weights)
        unfinished = None if final else _unfinished(folder)
        if write_unfinished is not None:
            path = folder / f"train-{secrets.token_hex(4)}.safetensors"
            unfinished = _write(path, write_unfinished)
        card = make_card(named)
        if isinstance(card, TrainedCard):
            card = thinned(card.replace(unfinished=unfinished), _LARGEST_CARD)
        with atomic_file(folder / CARD, overwrite=True) as temporary:
            temporary.write_text(text_of(card), encoding="utf-8")
    finally:
        # Whatever happened: what the card names stays, what else was ours goes.
        _tidy(folder, weights.name)
        if is_new:
            with contextlib.suppress(OSError):
                folder.rmdir()
    return card


def discard(folder: Path) -> None:
    """Remove a model that nobody wants; what is not a model's file stays.

    Raises
    ------
    StorageError
        If it cannot be removed, or ships inside; the model is whole then.
    """
    refuse_shipped(folder)
    if not folder.exists():
        return
    with storage_errors(folder):
        # Without its card it is no model any more, whatever happens next.
        (folder / CARD).unlink(missing_ok=True)
    _tidy(folder, FINAL_WEIGHTS)
    with contextlib.suppress(OSError):
        (folder / LOCK).unlink(missing_ok=True)
        folder.rmdir()


def clear_up(folder: Path) -> None:
    """Remove what a killed training left half-written; the model itself stays."""
    if not (folder / LOCK).exists():
        return  # nobody was training here: nothing in it is ours
    with contextlib.suppress(StorageError), sole_training(folder):
        _tidy(folder, FINAL_WEIGHTS)


def read_card(folder: Path) -> AnyCard:
    """Read the card of a model, without looking at its weights.

    Raises
    ------
    ModelFolderError
        If there is no card, it is damaged, of a newer format or of an unknown kind.
    """
    path = folder / CARD
    try:
        size = path.stat().st_size
        if size > _LARGEST_CARD:
            raise _damaged(folder, f"{CARD} is too large ({size} bytes)")
        values = json.loads(path.read_bytes(), object_pairs_hook=without_duplicates)
    except (FileNotFoundError, NotADirectoryError) as error:
        msg = (
            f"There is no model in {folder}: {CARD} is missing. Choose a folder that "
            "training has made."
        )
        raise ModelFolderError(msg) from error
    except OSError as error:
        msg = f"The model in {folder} cannot be read: {error}. Check the folder."
        raise ModelFolderError(msg) from error
    except ModelFolderError:
        raise
    except (ValueError, RecursionError) as error:
        raise _damaged(folder, f"{CARD} is no JSON ({error})") from error
    version = values.get("format_version") if isinstance(values, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        msg = (
            f"The model in {folder} has format {version}; this version of "
            f"napari-segsuite reads up to {FORMAT_VERSION}. Update napari-segsuite."
        )
        raise ModelFolderError(msg)
    try:
        return parse_card(values, folder)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _damaged(folder, f"{CARD}, {where}: {first['msg']}") from error


def weights_path(folder: Path) -> Path:
    """Return the path of the weights that the card names.

    Raises
    ------
    ModelFolderError
        If the card cannot be read.
    """
    return folder / read_card(folder).weights.file


def verify(folder: Path) -> AnyCard:
    """Check all of a model: the card, the size and SHA-256 of the weights, the numbers.

    Returns
    -------
    ModelCard or PromptCard
        Its card.

    Raises
    ------
    ModelFolderError
        If anything is missing, damaged, changed, or of a newer format.
    """

    def check(card: AnyCard) -> AnyCard:
        path = folder / card.weights.file
        _compare(folder, card.weights, *_digest(path))
        check_weights(path)
        return card

    return _consistently(folder, check)


def read_verified(folder: Path) -> StoredModel:
    """Read a model so that what was verified is what is loaded.

    Raises
    ------
    ModelFolderError
        If anything is missing, damaged, changed, or of a newer format.
    """

    def read(card: AnyCard) -> StoredModel:
        return StoredModel(card, _read(folder, card.weights))

    return _consistently(folder, read)


def read_unfinished(folder: Path) -> StoredModel:
    """Read the file from which training goes on, as `read_verified` reads weights.

    Raises
    ------
    ModelFolderError
        If there is none, or anything is missing, damaged, changed, or of a newer
        format.
    """

    def read(card: AnyCard) -> StoredModel:
        unfinished = as_trained(card, folder).unfinished
        if unfinished is None:
            msg = (
                f"There is no unfinished training in {folder} that could be resumed. "
                "Start from the model to train it further."
            )
            raise ModelFolderError(msg)
        return StoredModel(card, _read(folder, unfinished))

    return _consistently(folder, read)


def _consistently(folder: Path, use: Callable[[AnyCard], T]) -> T:
    """Use a card and the weights it names; start over if both were just replaced."""
    for _ in range(_ATTEMPTS):
        card = read_card(folder)
        try:
            return use(card)
        except (OSError, ModelFolderError) as error:
            if _files(read_card(folder)) == _files(card):
                if isinstance(error, ModelFolderError):
                    raise
                raise _damaged(folder, f"a file cannot be read ({error})") from error
    msg = f"The model in {folder} changes while it is read. Try again in a moment."
    raise ModelFolderError(msg)


def _read(folder: Path, named: WeightsFile) -> bytes:
    path = folder / named.file
    if path.stat().st_size != named.size:
        _compare(folder, named, "", path.stat().st_size)
    content = path.read_bytes()
    _compare(folder, named, hashlib.sha256(content).hexdigest(), len(content))
    check_weights(path)
    return content


def _write(path: Path, write: Callable[[Path], None]) -> WeightsFile:
    with atomic_file(path) as temporary:
        write(temporary)
        check_weights(temporary)
        digest, size = _digest(temporary)
    return WeightsFile(file=path.name, sha256=digest, size=size)


def _compare(folder: Path, named: WeightsFile, digest: str, size: int) -> None:
    if size != named.size:
        reason = f"{named.file} has {size} bytes instead of {named.size}"
        raise _damaged(folder, reason)
    if digest != named.sha256:
        raise _damaged(folder, f"{named.file} is not the file that was saved (SHA-256)")


def _tidy(folder: Path, written: str) -> None:
    """Remove files that the card does not name, and what a kill left half-written."""
    named: set[str] = set()
    try:
        named = {file.file for file in _files(read_card(folder))}
    except ModelFolderError:
        if (folder / CARD).exists():
            return
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            # Without a card, weights of the lasting name may be anybody's.
            own = (written, FINAL_WEIGHTS) if named else (written,)
            ours = path.name in own or _OURS.fullmatch(path.name)
            if ours and path.name not in named:
                path.unlink()


def _unfinished(folder: Path) -> WeightsFile | None:
    # A card that cannot be read now must not cost what can be resumed later.
    card = read_card(folder) if (folder / CARD).exists() else None
    return card.unfinished if isinstance(card, TrainedCard) else None


def _files(card: AnyCard) -> tuple[WeightsFile, ...]:
    """Return the files that a card names."""
    unfinished = card.unfinished if isinstance(card, TrainedCard) else None
    return (card.weights,) if unfinished is None else (card.weights, unfinished)


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return digest, path.stat().st_size


def _damaged(folder: Path, reason: str) -> ModelFolderError:
    return ModelFolderError(
        f"The model in {folder} is damaged: {reason}. Get a fresh copy of it, or train "
        "it again."
    )
