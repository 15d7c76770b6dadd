"""``segsuite models``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.parsing import Command


@dataclass(frozen=True, kw_only=True)
class ListModels(Command):
    """List the models of the library."""

    def run(self, console: Console) -> None:
        """Write one line per model."""
        from napari_segsuite import api

        library = api.library()
        lines = [f"{name}  {what}" for name, what in []]
        console.result("\n".join(lines) or f"No models in {library.folder} yet.")


@dataclass(frozen=True, kw_only=True)
class ShowModel(Command):
    """Show what a model is, can do, and where it comes from."""

    model: tyro.conf.Positional[Annotated[str, tyro.conf.arg(metavar="MODEL|NAME")]]
    """A model folder, or the name of a model of the library."""

    def run(self, console: Console) -> None:
        """Write the model's card."""
        from napari_segsuite import api

        console.result(api.show_model(self.model))
