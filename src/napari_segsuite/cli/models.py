"""``segsuite models``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.parsing import Command
from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.card import ModelCard
from napari_segsuite.models.kinds import AnyCard


@dataclass(frozen=True, kw_only=True)
class ListModels(Command):
    """List the models of the library, and those that can be downloaded."""

    def run(self, console: Console) -> None:
        """Write one line per model; a damaged one says so."""
        from napari_segsuite import api
        from napari_segsuite.models.catalogue import catalogue, describe_size
        from napari_segsuite.models.library import cards
        from napari_segsuite.models.shipment import is_shipped

        library = api.library()
        found = cards(library)
        if not found:
            console.remark(f"There are no models in {library.folder} yet.")
        names = [*(folder.name for folder in found), *catalogue()]
        width = max(len(name) for name in names)
        for folder, card in found.items():
            shipped = ", ships inside" * is_shipped(folder)
            console.result(f"{folder.name:{width}}  {_in_short(card)}{shipped}")
        there = {folder.name for folder in found}
        for offer in catalogue().values():
            if offer.name not in there:
                size = describe_size(offer.size)
                console.result(
                    f"{offer.name:{width}}  {offer.title}, can be downloaded ({size})"
                )


@dataclass(frozen=True, kw_only=True)
class ShowModel(Command):
    """Show what a model is and where it comes from, and check that it is whole."""

    model: tyro.conf.Positional[Annotated[str, tyro.conf.arg(metavar="MODEL|NAME")]]
    """A model folder, or the name of a model of the library."""

    def run(self, console: Console) -> None:
        """Write the model's card."""
        from napari_segsuite import api
        from napari_segsuite.models.summary import describe

        console.result(describe(api.show_model(self.model)))


def _in_short(card: AnyCard | ModelFolderError) -> str:
    from napari_segsuite.models.summary import family

    if isinstance(card, ModelFolderError):
        return str(card)
    text = f"{family(card)}, {card.created:%Y-%m-%d}"
    if isinstance(card, ModelCard):
        text += ", " + ", ".join(info.name for info in card.classes)
    return text
