"""Model folders are written here, so that what is read is always whole.

Replacing ``model.json`` is the one moment at which a new model takes the place of the
old: files are written before under names of their own, and what is no longer named is
removed after.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from napari_segsuite.data.atomic import (
    TEMPORARY_PREFIX,
    atomic_file,
    make_folder,
    refuse_existing,
    storage_errors,
    unfinished_prefix,
)
from napari_segsuite.errors import ModelFolderError, StorageError
from napari_segsuite.models.card import (
    ModelCard,
    TrainedCard,
    WeightsFile,
    text_of,
    thinned,
)
from napari_segsuite.models.folder import (
    CARD,
    LARGEST_CARD,
    digest_and_size,
    files_of,
    read_card,
)
from napari_segsuite.models.kinds import AnyCard
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.models.prompt_card import PromptCard
from napari_segsuite.models.shipment import refuse_shipped
from napari_segsuite.models.training_lock import LOCK, sole_training
from napari_segsuite.models.weights import check_weights

FINAL_WEIGHTS: Final = "weights.safetensors"
"""Name of the weights in a finished model folder."""

C = TypeVar("C", ModelCard, PromptCard, MaskRCNNCard, TrainedCard, AnyCard)

_OURS = re.compile(
    rf"(weights|train)-[0-9a-f]{{8}}\.safetensors|{re.escape(TEMPORARY_PREFIX)}.*"
)


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
    ModelCard, PromptCard or MaskRCNNCard
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
            card = thinned(card.replace(unfinished=unfinished), LARGEST_CARD)
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


def _write(path: Path, write: Callable[[Path], None]) -> WeightsFile:
    with atomic_file(path) as temporary:
        write(temporary)
        check_weights(temporary)
        digest, size = digest_and_size(temporary)
    return WeightsFile(file=path.name, sha256=digest, size=size)


def _tidy(folder: Path, written: str) -> None:
    """Remove files that the card does not name, and what a kill left half-written."""
    named: set[str] = set()
    try:
        named = {file.file for file in files_of(read_card(folder))}
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
