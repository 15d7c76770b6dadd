"""The library: model folders, from which models are chosen by name."""

from __future__ import annotations

import os
import re
from pathlib import Path

import platformdirs

from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.folder import CARD, read_card
from napari_segsuite.models.kinds import AnyCard, as_promptable
from napari_segsuite.models.prompt_card import PromptCard
from napari_segsuite.models.shipment import SHIPPED

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
    """The user's models in one folder, and those that ship inside.

    Parameters
    ----------
    folder : Path
        The user's folder; one that does not exist holds no models.
    shipped : Path, optional
        The folder of models that ship inside; they are only read.
    """

    def __init__(self, folder: Path, *, shipped: Path = SHIPPED) -> None:
        self.folder = folder
        """The user's folder."""
        self._shipped = shipped

    def list(self) -> tuple[Path, ...]:
        """Return the model folders, whether sound or damaged.

        The user's own come first, then those that ship inside, each sorted by name; a
        model of the user's hides a shipped one whose folder has the same name.
        """
        own = _models(self.folder)
        names = {folder.name for folder in own}
        shipped = (path for path in _models(self._shipped) if path.name not in names)
        return (*own, *shipped)

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
        # A shipped model never makes a name of the user's ambiguous.
        same = [path for path in same if path.parent == self.folder] or same
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
        if the name is taken, also by a model that ships inside. Nothing is made.
        """
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:_MOST_LETTERS].strip("-.")
        if not plain or _RESERVED.match(plain):
            plain = f"model-{plain}".rstrip("-")
        candidate, number = self.folder / plain, 2
        while os.path.lexists(candidate) or (self._shipped / candidate.name).exists():
            candidate = self.folder / f"{plain}-{number}"
            number += 1
        return candidate


def cards(library: Library) -> dict[Path, AnyCard | ModelFolderError]:
    """Return the card of each model in a library, or what is wrong with it."""
    found: dict[Path, AnyCard | ModelFolderError] = {}
    for folder in library.list():
        try:
            found[folder] = read_card(folder)
        except ModelFolderError as error:
            found[folder] = error
    return found


def promptable(library: Library) -> dict[Path, PromptCard]:
    """Return the cards of the promptable models that can be read."""
    found = cards(library).items()
    return {folder: card for folder, card in found if isinstance(card, PromptCard)}


def find_promptable(library: Library, name: str | Path) -> Path:
    """Return the folder of the promptable model that `name` means (see `find`).

    Raises
    ------
    ModelFolderError
        If there is none, several have the name, or it is a U-Net.
    """
    folder = library.find(name)
    as_promptable(read_card(folder), folder)
    return folder


def _models(folder: Path) -> tuple[Path, ...]:
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return ()
    return tuple(path for path in inside if (path / CARD).is_file())


def _name(folder: Path) -> str | None:
    try:
        return read_card(folder).name
    except ModelFolderError:
        return None
