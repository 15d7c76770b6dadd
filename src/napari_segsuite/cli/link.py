"""``segsuite link``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.inputs import files_of
from napari_segsuite.cli.parsing import Command, Files
from napari_segsuite.data.linking import LinkOptions
from napari_segsuite.errors import InputError


@dataclass(frozen=True, kw_only=True)
class LinkCommand(Command):
    """Join objects of neighbouring slices into 3D objects, or follow them through time.

    An object and the one that overlaps it most in the next slice get one id, one to one
    at most. With Z, slices are joined; with T, time points; with both, first slices. A
    table of the joined objects, NAME.csv, is written beside NAME.tif.
    """

    labels: Files
    """Labels whose ids are objects: files or folders. A table NAME.csv beside each
    (columns id, class_id, score) may say their classes."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE|FOLDER")]
    """The .tif file to make; for several labels a folder."""
    linking: tyro.conf.OmitArgPrefixes[LinkOptions] = LinkOptions()

    def run(self, console: Console) -> None:
        """Link every file."""
        from napari_segsuite.api.detecting import link_file
        from napari_segsuite.cli.predict import output_files

        files = files_of(self.labels, "--labels")
        single = self.out.suffix.lower() == ".tif"
        if single and len(files) > 1:
            msg = f"There are several labels: --out must be a folder, not {self.out}."
            raise InputError(msg)
        targets = {files[0]: self.out} if single else output_files(files, self.out)
        for file, out in targets.items():
            console.begin(f"Linking {file}")
            linked = link_file(file, out, options=self.linking)
            console.remark(f"{out.name}: {len(linked.segments)} objects.")
            console.result(str(out))
