"""The models that docks offer: those in the models folder, and others opened."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from psygnal import Signal

from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.card import Card, ModelCard
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.kinds import AnyCard, as_unet
from napari_segsuite.models.shipment import is_shipped
from napari_segsuite.widgets.session import Session

C = TypeVar("C", bound=Card)


@dataclass(frozen=True)
class ShelfEntry(Generic[C]):
    """A model that can be chosen."""

    folder: Path
    """The model folder."""
    card: C
    """What it is and can do."""
    ships: bool = False
    """Whether it ships inside."""

    @property
    def title(self) -> str:
        """The name, and what tells it from others of that name."""
        if self.ships:
            return f"{self.folder.name} · ships inside"
        made = self.card.created.astimezone()
        return f"{self.folder.name} · {made:%d %b %H:%M}"


class CardShelf(ABC, Generic[C]):
    """Knows the models of one kind; reads their cards in a thread.

    The user's own come first, the newest of them at the top, then those that ship
    inside.
    """

    changed = Signal()
    """The entries are new."""

    def __init__(self, session: Session) -> None:
        self.entries: tuple[ShelfEntry[C], ...] = ()
        self._session = session
        self._opened: list[Path] = []
        session.model_trained.connect(self._trained)
        self.refresh()

    @staticmethod
    @abstractmethod
    def own(card: AnyCard, folder: Path) -> C:
        """Return the card if it is of the kind that belongs here.

        Raises
        ------
        ModelFolderError
            If it is of another kind; the message says where that one is used.
        """

    def entry(self, folder: Path | None) -> ShelfEntry[C] | None:
        """Return the entry of a model folder, if it is on the shelf."""
        return next((e for e in self.entries if e.folder == folder), None)

    def open(self, folder: Path) -> None:
        """Put any model folder on the shelf.

        Raises
        ------
        ModelFolderError
            If it holds no model that can be read, or one of another kind.
        """
        self.own(read_card(folder), folder)
        if folder not in self._opened:
            self._opened.append(folder)
        self.refresh()

    def refresh(self) -> None:
        """Look again what models there are."""
        library, opened = self._session.library, tuple(self._opened)

        def look() -> tuple[ShelfEntry[C], ...]:
            folders = {**dict.fromkeys(library.list()), **dict.fromkeys(opened)}
            found = [entry for entry in map(self._read, folders) if entry is not None]
            return _in_order(found)

        self._session.in_background(look, self._show)

    def _trained(self, _folder: Path) -> None:
        self.refresh()

    def _show(self, entries: tuple[ShelfEntry[C], ...]) -> None:
        if entries != self.entries:
            self.entries = entries
            self.changed.emit()

    def _read(self, folder: Path) -> ShelfEntry[C] | None:
        try:
            card = self.own(read_card(folder), folder)
            return ShelfEntry(folder, card, is_shipped(folder))
        except ModelFolderError:
            # Neither damaged folders nor models of other kinds are offered; opening
            # one by hand says what is wrong.
            return None


class Shelf(CardShelf[ModelCard]):
    """The U-Nets."""

    @staticmethod
    def own(card: AnyCard, folder: Path) -> ModelCard:
        """Return the card of a U-Net."""
        return as_unet(card, folder)


Entry = ShelfEntry[ModelCard]
"""A U-Net that can be chosen."""


def _in_order(entries: list[ShelfEntry[C]]) -> tuple[ShelfEntry[C], ...]:
    return tuple(sorted(entries, key=lambda e: (e.ships, -e.card.created.timestamp())))
