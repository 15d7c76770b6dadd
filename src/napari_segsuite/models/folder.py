"""Model folders: what lies on disk, and how it is trusted.

A folder holds ``model.json``, the card, and the weights file that the card names with
its size and SHA-256; while training goes on, also a file from which it can be resumed,
named and known in the same way. `publishing` writes it so that a reader, at any moment
and after any kill, finds a model that is whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pydantic import ValidationError

from napari_segsuite.data.strict_json import without_duplicates
from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.card import FORMAT_VERSION, TrainedCard, WeightsFile
from napari_segsuite.models.kinds import AnyCard, as_trained, parse_card
from napari_segsuite.models.weights import check_weights

CARD: Final = "model.json"
"""Name of the card."""
LARGEST_CARD: Final = 1 << 20
"""Most bytes of a card."""

T = TypeVar("T")

# A model in training is replaced while it is read: look again this often.
_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A file read from a model folder, whole and verified."""

    card: AnyCard
    """The card."""
    weights: bytes
    """The bytes of the safetensors file that the card names."""


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
        if size > LARGEST_CARD:
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


def files_of(card: AnyCard) -> tuple[WeightsFile, ...]:
    """Return the files that a card names."""
    unfinished = card.unfinished if isinstance(card, TrainedCard) else None
    return (card.weights,) if unfinished is None else (card.weights, unfinished)


def digest_and_size(path: Path) -> tuple[str, int]:
    """Return the SHA-256 of a file, in hexadecimal digits, and its bytes."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return digest, path.stat().st_size


def verify(folder: Path) -> AnyCard:
    """Check all of a model: the card, the size and SHA-256 of the weights, the numbers.

    Returns
    -------
    ModelCard, PromptCard or MaskRCNNCard
        Its card.

    Raises
    ------
    ModelFolderError
        If anything is missing, damaged, changed, or of a newer format.
    """

    def check(card: AnyCard) -> AnyCard:
        path = folder / card.weights.file
        _compare(folder, card.weights, *digest_and_size(path))
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
            if files_of(read_card(folder)) == files_of(card):
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


def _compare(folder: Path, named: WeightsFile, digest: str, size: int) -> None:
    if size != named.size:
        reason = f"{named.file} has {size} bytes instead of {named.size}"
        raise _damaged(folder, reason)
    if digest != named.sha256:
        raise _damaged(folder, f"{named.file} is not the file that was saved (SHA-256)")


def _damaged(folder: Path, reason: str) -> ModelFolderError:
    return ModelFolderError(
        f"The model in {folder} is damaged: {reason}. Get a fresh copy of it, or train "
        "it again."
    )
