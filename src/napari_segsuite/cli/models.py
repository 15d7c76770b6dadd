"""``segsuite models``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.parsing import Command
from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.card import ModelCard


@dataclass(frozen=True, kw_only=True)
class ListModels(Command):
    """List the models of the library."""

    def run(self, console: Console) -> None:
        """Write one line per model; a damaged one says so."""
        from napari_segsuite import api
        from napari_segsuite.models.library import cards

        library = api.library()
        found = cards(library)
        if not found:
            console.remark(f"There are no models in {library.folder} yet.")
            return
        width = max(len(folder.name) for folder in found)
        for folder, card in found.items():
            console.result(f"{folder.name:{width}}  {_in_short(card)}")


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


def _in_short(card: ModelCard | ModelFolderError) -> str:
    if isinstance(card, ModelFolderError):
        return str(card)
    names = ", ".join(info.name for info in card.classes)
    return f"{card.plan.ndim}D U-Net, {card.created:%Y-%m-%d}, {names}"
