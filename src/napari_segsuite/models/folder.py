"""Model folders: what lies on disk, how it is written, and how it is trusted.

A folder holds ``model.json``, the card, and the weights file that the card names with
its size and SHA-256. Replacing ``model.json`` is the one moment at which a new model
takes the place of the old: weights are written before under a name of their own, and
what is no longer named is removed after. So a reader, at any moment and after any
kill, finds a model that is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from napari_segsuite.data.atomic import (
    TEMPORARY_PREFIX,
    atomic_file,
    refuse_existing,
    storage_errors,
)
from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.card import FORMAT_VERSION, ModelCard, WeightsFile
from napari_segsuite.models.weights import check_weights

CARD = "model.json"
"""Name of the card."""

FINAL_WEIGHTS = "weights.safetensors"
"""Name of the weights in a finished model folder."""

_LARGEST_CARD = 1 << 20
# A model being trained is replaced while it is read: look again this often.
_ATTEMPTS = 5


def claim(folder: Path) -> None:
    """Make sure that a model can be written to `folder`, before hours are spent.

    Raises
    ------
    StorageError
        If there is something at `folder` already (but for an empty folder), or its
        nearest existing parent cannot be written.
    """
    if not (folder.is_dir() and not any(folder.iterdir())):
        refuse_existing(folder)
    with storage_errors(folder):
        existing = folder
        while not os.path.lexists(existing) and existing != existing.parent:
            existing = existing.parent
        with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX, dir=existing) as name:
            # The name itself may be the trouble: too long, or a character too odd.
            for part in folder.relative_to(existing).parts:
                (Path(name) / part).mkdir()


def publish(
    folder: Path,
    make_card: Callable[[WeightsFile], ModelCard],
    write_weights: Callable[[Path], None],
    *,
    final: bool,
) -> ModelCard:
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
        Whether training is over: the weights get their lasting name.

    Returns
    -------
    ModelCard
        The card as written; a very long history is thinned.

    Raises
    ------
    StorageError
        If it cannot be written; the model before stays as it was.
    ModelFolderError
        If the weights written are not sound: not safetensors, or not finite.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    # The name is free: it carries the content's hash, or is taken once, at the end.
    lasting = folder / FINAL_WEIGHTS
    with contextlib.ExitStack() as unwind:
        staged = folder / f"{TEMPORARY_PREFIX}{os.urandom(8).hex()}.safetensors"
        unwind.callback(staged.unlink, missing_ok=True)
        with atomic_file(staged) as temporary:
            write_weights(temporary)
            check_weights(temporary)
        digest = _sha256(staged)
        weights = lasting
        if not final or lasting.exists():
            weights = folder / f"weights-{digest[:8]}.safetensors"
        card = make_card(
            WeightsFile(file=weights.name, sha256=digest, size=staged.stat().st_size)
        )
        text, card = _dump(card)
        with storage_errors(folder):
            is_new = not weights.exists()
            os.replace(staged, weights)
        if is_new:
            unwind.callback(_remove_unless_named, folder, weights)
        with atomic_file(folder / CARD, overwrite=True) as temporary:
            temporary.write_text(text, encoding="utf-8")
    _tidy(folder, card)
    return card
