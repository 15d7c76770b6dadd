"""The library: a folder of model folders, from which models are chosen by name."""

from __future__ import annotations

import os
import re
from pathlib import Path

import platformdirs

from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.card import ModelCard
from napari_segsuite.models.folder import CARD, read_card

FOLDER_VARIABLE = "SEGSUITE_MODELS"
"""The environment variable that names another folder for the library."""

_MOST_LETTERS = 60
# Names that mean devices on Windows, whatever follows the first dot.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def default_folder() -> Path:
    """Return the folder of the user's library; it need not exist yet."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        return Path(folder)
    return platformdirs.user_data_path("napari-segsuite", appauthor=False) / "models"


class Library:
    """The models in one folder.

    Parameters
    ----------
    folder : Path
        The folder; one that does not exist is an empty library.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        """The folder."""

    def list(self) -> tuple[Path, ...]:
        """Return the model folders, sorted by name, whether sound or damaged."""
        try:
            inside = sorted(self.folder.iterdir())
        except OSError:
            return ()
        return tuple(path for path in inside if (path / CARD).is_file())

    def find(self, name: str | Path) -> Path:
        """Return the model folder that `name` means.

        Parameters
        ----------
        name : str or Path
            The path of a model folder, anywhere; or, in the library, the name of a
            folder or the name that a model's card gives.

        Raises
        ------
        ModelFolderError
            If there is none, or several have the name; the names are listed.
        """
        path = Path(name)
        if (path / CARD).is_file():
            return path
        folders = self.list()
        same = [folder for folder in folders if folder.name == str(name)]
        if not same:
            same = [folder for folder in folders if _name(folder) == str(name)]
        if len(same) > 1:
            msg = (
                f"Several models are called {str(name)!r}: "
                f"{', '.join(folder.name for folder in same)}. Give one of these names."
            )
            raise ModelFolderError(msg)
        if same:
            return same[0]
        names = ", ".join(folder.name for folder in folders) or "none"
        msg = (
            f"There is no model {str(name)!r}: it is no model folder, and the library "
            f"{self.folder} has {names}. Give a model folder or one of these names."
        )
        raise ModelFolderError(msg)

    def new_folder(self, name: str) -> Path:
        """Return a free path in the library for a model called `name`.

        Letters that file systems or shells dislike become hyphens; a number is added
        if the name is taken. Nothing is made.
        """
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:_MOST_LETTERS].strip("-.")
        if not plain or _RESERVED.match(plain):
            plain = f"model-{plain}".rstrip("-")
        candidate, number = self.folder / plain, 2
        while os.path.lexists(candidate):
            candidate = self.folder / f"{plain}-{number}"
            number += 1
        return candidate


def cards(library: Library) -> dict[Path, ModelCard | ModelFolderError]:
    """Return the card of each model in a library, or what is wrong with it."""
    found: dict[Path, ModelCard | ModelFolderError] = {}
    for folder in library.list():
        try:
            found[folder] = read_card(folder)
        except ModelFolderError as error:
            found[folder] = error
    return found


def _name(folder: Path) -> str | None:
    try:
        return read_card(folder).name
    except ModelFolderError:
        return None
