"""``segsuite models import`` and ``segsuite models download``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.parsing import Command, Flag
from napari_segsuite.errors import Cancelled, InputError


@dataclass(frozen=True, kw_only=True)
class ImportCommand(Command):
    """Import weights of others: Segment Anything, and what was fine-tuned from it.

    Nothing in the file is run: it is read by strict rules, and opened by torch only in
    a process without rights that is thrown away.
    """

    file: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="FILE|FOLDER")]]
    """Weights (.pth, .pt, .ckpt, .safetensors), or a model folder of ours."""
    name: str = ""
    """What to call the model; the file's name by default."""
    licence: str = ""
    """The licence of the weights, to be kept with the model."""

    def run(self, console: Console) -> None:
        """Import, and write the folder of the new model."""
        from napari_segsuite import api

        console.begin(f"Importing {self.file.name}")
        folder = api.import_model(
            self.file, name=self.name, licence=self.licence, on_event=console.on_event
        )
        console.result(str(folder))


@dataclass(frozen=True, kw_only=True)
class DownloadCommand(Command):
    """Download a model that `segsuite models list` offers, and import it."""

    name: tyro.conf.Positional[Annotated[str, tyro.conf.arg(metavar="NAME")]]
    """Its name, such as sam-vit-b."""
    yes: Flag = False
    """Do not ask whether size and licence are fine."""
    sha256: str = ""
    """The file's SHA-256, for models whose own is not known here."""

    def run(self, console: Console) -> None:
        """Ask, download, import, and write the folder of the new model."""
        from napari_segsuite import api
        from napari_segsuite.models.catalogue import describe_size, find_offer

        offer = find_offer(self.name)
        about = "" if offer.exact else "about "
        console.remark(
            f"{offer.title}\n"
            f"  size     {about}{describe_size(offer.size)}\n"
            f"  licence  {offer.licence}\n"
            f"  from     {offer.url}\n"
            f"  see      {offer.page}"
        )
        if not self.yes:
            _ask(console)
        console.begin(f"Downloading {offer.name}; Ctrl+C keeps what has come so far.")
        folder = api.download_model(
            offer.name, sha256=self.sha256, on_event=console.on_event
        )
        console.result(str(folder))


def _ask(console: Console) -> None:
    if not sys.stdin.isatty():
        msg = "Nobody can be asked here; add --yes if size and licence are fine."
        raise InputError(msg)
    console.remark("Download it? [y/N]")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        msg = "Nothing was downloaded."
        raise Cancelled(msg)
