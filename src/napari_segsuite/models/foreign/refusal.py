"""How a foreign file is refused: what was found, and the way out."""

from __future__ import annotations

from pathlib import Path

from napari_segsuite.errors import InputError

EXPORT_RECIPE = (
    "If you trust the file, open it with the program that made it and save its weights "
    'alone: safetensors.torch.save_file(model.state_dict(), "weights.safetensors"); '
    "then import that file."
)
"""What to do about a file that holds more than weights."""

_FRESH_COPY = "Get a fresh copy of the file."


def holds_more(path: Path, found: str) -> InputError:
    """Return the error for a file that is not weights alone, or might run code.

    Parameters
    ----------
    path : Path
        The file.
    found : str
        What it is or holds, to follow "... is not imported, because".
    """
    return InputError(f"{path.name} is not imported, because {found}. {EXPORT_RECIPE}")


def damaged(path: Path, found: str) -> InputError:
    """Return the error for a file that contradicts itself.

    Parameters
    ----------
    path : Path
        The file.
    found : str
        What is wrong, to follow "... is damaged:".
    """
    return InputError(f"{path.name} is damaged: {found}. {_FRESH_COPY}")


def unknown_weights(path: Path, found: str) -> InputError:
    """Return the error for sound weights of a network that is not known here.

    Parameters
    ----------
    path : Path
        The file.
    found : str
        What it is instead, to follow "... known here:".
    """
    return InputError(
        f"{path.name} holds weights of no network that is known here: {found}. Choose "
        "weights of Segment Anything (ViT-B, ViT-L or ViT-H), or fine-tuned from them."
    )
