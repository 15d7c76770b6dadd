"""``segsuite prompt``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.inputs import FileOptions
from napari_segsuite.cli.parsing import Command, Files, Flag, Folder, UsageError
from napari_segsuite.cli.prompt_files import PromptFiles, prompt_files
from napari_segsuite.data.prompts.placing import Rule
from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.data.prompts.points_csv import Points, read_points
from napari_segsuite.errors import Cancelled, InputError, SegsuiteError
from napari_segsuite.jobs.events import Progress
from napari_segsuite.jobs.prompting import FollowOptions
from napari_segsuite.jobs.training import Device

if TYPE_CHECKING:
    from napari_segsuite.api import PromptSession


@dataclass(frozen=True, kw_only=True)
class PromptCommand(Command):
    """Segment the objects that points mean, on planes or through stacks.

    Points are CSV files with the columns object, then the axes (t, z), y, x, and
    label: 1 for foreground, 0 for background. Labels are written as OME-TIFF, with a
    record of the prompts beside them (NAME.prompts.json), which --record replays.
    """

    image: Files
    """Images: files or folders (tif, png, npy, zarr, nii.gz)."""
    points: Files = ()
    """CSV files or folders, paired with the images by file name."""
    record: Files = ()
    """In place of points: records, paired with the images by file name."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE|FOLDER")]
    """The labels file, .tif or .npy; for several images a folder."""
    model: Annotated[str | None, tyro.conf.arg(metavar="MODEL|NAME")] = None
    """A promptable model: a folder, or a name of the library. None: the one that ships
    inside; a record keeps its masks to the pixel."""
    rule: Rule = "keep"
    """What happens where an object meets others that were there before."""
    follow: Flag = False
    """Follow objects from the planes with points through the stack."""
    along: Literal["Z", "T"] | None = None
    """Along which axis to follow; None: Z if there is one."""
    first: int = 0
    """The first plane to which objects are followed."""
    last: int | None = None
    """The last plane to which objects are followed; None: to the end."""
    device: Device = "auto"
    """Where to compute."""
    cache: Folder | None = None
    """A folder in which prepared planes are kept for the next time; worth it for
    Segment Anything."""
    stop: tyro.conf.OmitArgPrefixes[FollowOptions] = FollowOptions()
    shown: tyro.conf.OmitArgPrefixes[InputMap] = InputMap()
    file: tyro.conf.OmitArgPrefixes[FileOptions] = FileOptions()

    def run(self, console: Console) -> None:
        """Segment in every image."""
        from napari_segsuite.data.atomic import storage_errors
        from napari_segsuite.data.prompts.record import SUFFIX

        if bool(self.points) == bool(self.record):
            msg = "Give either --points or --record."
            raise UsageError(msg)
        said, suffix = (self.points, ".csv") if self.points else (self.record, SUFFIX)
        tasks = prompt_files(self.image, said, suffix, self.out)
        failed = []
        for number, task in enumerate(tasks, start=1):
            console.begin(f"Segmenting {task.image} ({number} of {len(tasks)})")
            try:
                with storage_errors(task.out.parent):
                    task.out.parent.mkdir(parents=True, exist_ok=True)
                self._segment(task, console)
            except Cancelled:
                raise
            except SegsuiteError as error:
                if len(tasks) == 1:
                    raise
                console.remark(f"{task.image}: {error}")
                failed.append(str(task.image))
            else:
                console.result(str(task.out))
        if failed:
            msg = f"{len(failed)} of {len(tasks)} images failed: {', '.join(failed)}."
            raise InputError(msg)

    def _segment(self, task: PromptFiles, console: Console) -> None:
        from napari_segsuite.data.atomic import refuse_existing
        from napari_segsuite.data.prompts.record import record_path

        for path in (task.out, record_path(task.out)):
            refuse_existing(path)
        session = self._clicked(task, console) if self.points else self._replayed(task)
        with session:
            if self.follow:
                session.follow(
                    along=self.along,
                    first=self.first,
                    last=self.last,
                    options=self.stop,
                    on_event=console.on_event,
                )
            session.save(task.out)
            console.remark(_summary(session))

    def _replayed(self, task: PromptFiles) -> PromptSession:
        from napari_segsuite.api import PromptSession

        return PromptSession.replay(
            task.image,
            task.said,
            self.model,
            axes=self.file.axes,
            spacing=self.file.pixel_size or None,
            rule=self.rule,
            device=self.device,
            cache=self.cache,
        )

    def _clicked(self, task: PromptFiles, console: Console) -> PromptSession:
        from napari_segsuite.api import PromptSession
        from napari_segsuite.api.prompting import DEFAULT_MODEL

        session = PromptSession(
            task.image,
            self.model or DEFAULT_MODEL,
            axes=self.file.axes,
            spacing=self.file.pixel_size or None,
            shown=self.shown,
            rule=self.rule,
            device=self.device,
            cache=self.cache,
        )
        try:
            _commit_all(session, read_points(task.said, session.axes), console)
        except BaseException:
            session.close()
            raise
        return session


def _commit_all(session: PromptSession, points: Points, console: Console) -> None:
    """Commit the objects of a CSV file, plane by plane: planes are prepared once."""
    letters = session.axes[:-2].lower()
    for number, id_ in enumerate(sorted(points, key=lambda i: min(points[i])), 1):
        try:
            # Where the object is comes before where it ends.
            said = sorted(points[id_].items(), key=lambda p: not p[1].says_where)
            for index, prompt in said:
                session.prompt(prompt, **dict(zip(letters, index, strict=True)))
            session.commit(id_=id_)
        except InputError as error:
            msg = f"Object {id_}: {error}"
            raise InputError(msg) from error
        text = f"Object {number} of {len(points)}"
        console.on_event(Progress(fraction=number / len(points), message=text))


def _summary(session: PromptSession) -> str:
    empty = [str(one.id) for one in session.objects if not one.area]
    count = len(session.objects)
    text = f"{count} {'object' if count == 1 else 'objects'}"
    if not empty:
        return f"{text}."
    return f"{text}, of which nothing was found of {', '.join(empty[:20])}."
