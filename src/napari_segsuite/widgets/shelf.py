"""The U-Nets that docks offer: those in the models folder, and others opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from psygnal import Signal

from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.card import ModelCard
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.kinds import as_unet
from napari_segsuite.widgets.session import Session


@dataclass(frozen=True)
class Entry:
    """A model that can be chosen."""

    folder: Path
    """The model folder."""
    card: ModelCard
    """What it is and can do."""

    @property
    def title(self) -> str:
        """The name, and what tells it from others of that name."""
        made = self.card.created.astimezone()
        return f"{self.folder.name} · {made:%d %b %H:%M}"


class Shelf:
    """Knows the U-Nets, the newest first; reads their cards in a thread."""

    changed = Signal()
    """The entries are new."""

    def __init__(self, session: Session) -> None:
        self.entries: tuple[Entry, ...] = ()
        self._session = session
        self._opened: list[Path] = []
        session.model_trained.connect(self._trained)
        self.refresh()

    def entry(self, folder: Path | None) -> Entry | None:
        """Return the entry of a model folder, if it is on the shelf."""
        return next((e for e in self.entries if e.folder == folder), None)

    def open(self, folder: Path) -> None:
        """Put any model folder on the shelf.

        Raises
        ------
        ModelFolderError
            If it holds no model that can be read, or a promptable one.
        """
        as_unet(read_card(folder), folder)
        if folder not in self._opened:
            self._opened.append(folder)
        self.refresh()

    def refresh(self) -> None:
        """Look again what models there are."""
        library, opened = self._session.library, tuple(self._opened)

        def look() -> tuple[Entry, ...]:
            found = {**dict.fromkeys(library.list()), **dict.fromkeys(opened)}
            return _newest_first([e for e in map(_read, found) if e is not None])

        self._session.in_background(look, self._show)

    def _trained(self, _folder: Path) -> None:
        self.refresh()

    def _show(self, entries: tuple[Entry, ...]) -> None:
        if entries != self.entries:
            self.entries = entries
            self.changed.emit()


def _read(folder: Path) -> Entry | None:
    try:
        return Entry(folder, as_unet(read_card(folder), folder))
    except ModelFolderError:
        # Neither damaged folders nor promptable models are offered; opening one by
        # hand says what is wrong.
        return None


def _newest_first(entries: list[Entry]) -> tuple[Entry, ...]:
    return tuple(
        sorted(entries, key=lambda e: e.card.created.timestamp(), reverse=True)
    )
