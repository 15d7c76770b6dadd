"""``segsuite merge``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.inputs import paired_files
from napari_segsuite.cli.parsing import Command, File, Files
from napari_segsuite.data.panoptic import MergeOptions
from napari_segsuite.errors import InputError


@dataclass(frozen=True, kw_only=True)
class MergeCommand(Command):
    """Merge labels of classes and labels of objects into panoptic labels.

    Objects come first, by descending score; areas of stuff fill the rest; what is too
    small is void. A table of the segments, NAME.csv, is written beside NAME.tif.
    """

    semantic: Files
    """Labels whose ids are classes: files or folders."""
    instances: Files
    """Labels whose ids are objects, paired by file name. A table NAME.csv beside each
    (columns id, class_id, score) says their classes; without one, all are of the one
    class that is a thing."""
    classes: File
    """The class table: a JSON list of {"id", "name", "thing"}."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE|FOLDER")]
    """The .tif file to make; for several labels a folder."""
    merging: tyro.conf.OmitArgPrefixes[MergeOptions] = MergeOptions()

    def run(self, console: Console) -> None:
        """Merge every pair."""
        from napari_segsuite.api.merging import merge_panoptic, read_classes
        from napari_segsuite.data.pairs import stem

        classes = read_classes(self.classes)
        options = ("--semantic", "--instances")
        files = paired_files(self.semantic, self.instances, options)
        if files.unpaired:
            raise InputError(files.complaint())
        single = self.out.suffix.lower() in (".tif", ".tiff")
        if single and len(files.pairs) > 1:
            msg = f"There are several labels: --out must be a folder, not {self.out}."
            raise InputError(msg)
        for semantic, instances in files.pairs:
            out = self.out if single else self.out / f"{stem(semantic)}.tif"
            found = merge_panoptic(
                semantic, instances, classes, out, options=self.merging
            )
            parts = [f"{len(found.segments)} segments", f"{found.void:,} pixels void"]
            if found.dropped:
                parts.append(f"{len(found.dropped)} objects left out")
            console.remark(f"{out.name}: {', '.join(parts)}.")
            console.result(str(out))
