"""Objects of an image of any size: the network tile by tile, then block by block."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_segsuite.data.frames import Window
from napari_segsuite.data.object_boxes import Extent
from napari_segsuite.data.segments import Segment
from napari_segsuite.engine.canvas import Canvas
from napari_segsuite.engine.course import Course
from napari_segsuite.engine.memory_maps import ScratchArray
from napari_segsuite.engine.objects.inventory import FoundObject
from napari_segsuite.engine.objects.separation import PASSES, FrameFiles, Separation
from napari_segsuite.engine.scene import Scene
from napari_segsuite.engine.tiled import cut, sweep
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.prediction import Predict, PredictOptions
from napari_segsuite.plan.objects import ObjectReadout

# The watershed takes about as long as the network, as measured on 2 cores.
_SHARE = 1 / PASSES


@dataclass(frozen=True, slots=True)
class _Count:
    """What is said while objects are told apart."""

    course: Course
    message: str

    def __call__(self, pixels: int) -> None:
        self.course.advance(_SHARE * pixels, self.message)


def predict_objects(
    job: Predict,
    scene: Scene,
    ctx: JobContext,
    file: Path,
    soft: NDArray[Any] | None,
) -> tuple[ScratchArray, list[Segment]]:
    """Predict the objects of an image.

    Each frame's objects are its own: those of one slice are not joined with those of
    the next.

    Parameters
    ----------
    job : Predict
        How to predict.
    scene : Scene
        The image, and a model that learned objects.
    ctx : JobContext
        Takes `Progress` events; its scratch folder takes some 12 bytes per pixel of a
        frame.
    file : Path
        Where to keep the labels.
    soft : float16 array, shape (1, *labels), or None
        Takes the probability that a pixel belongs to an object.

    Returns
    -------
    labels : ScratchArray
        int32: ids from 1 on, frame by frame in the order in which objects begin.
    segments : list of Segment
        Class, area, score and box of each, in the order of ids.
    """
    canvas = scene.canvas
    readout = _readout(scene, job.options)
    spacing = job.image.spacing
    spacing = None if spacing is None else spacing[-len(canvas.window) :]
    class_id = scene.card.classes[1].id
    segments: list[Segment] = []
    with ExitStack() as stack:
        files = _files(ctx.scratch, canvas, stack)
        labels = ScratchArray(file, np.dtype(np.int32), canvas.shape)
        pieces = list(cut(canvas, scene.reader, scene.card.plan, job.options.tile_size))
        frames = canvas.indices
        course = Course(ctx, 2 * len(frames) * _size(canvas.window))
        answers = sweep(pieces, scene.reader, scene.compute, scene.network.maps, _keep)
        for done, (piece, maps) in enumerate(answers, start=1):
            files.maps.write((slice(None), *_inside(piece.window, canvas)), maps)
            if soft is not None:
                soft[(0, *canvas.place(piece.frame, piece.window))] = maps[0]
            course.advance(_size(piece.window), f"Tile {done} of {len(pieces)}")
            if done < len(pieces) and pieces[done].frame == piece.frame:
                continue
            number = frames.index(piece.frame) + 1
            tell = _Count(course, f"Objects of frame {number} of {len(frames)}")
            separation = Separation(files, readout, spacing)
            found = separation.run(tell)
            for block, ids in separation.labels():
                ids[ids > 0] += len(segments)
                labels.write(_place(canvas, piece.frame, block), ids)
            segments += [
                Segment(
                    id=id_,
                    class_id=class_id,
                    area=one.area,
                    score=one.score,
                    box=_box(canvas, piece.frame, one),
                )
                for id_, one in enumerate(found, start=len(segments) + 1)
            ]
    return labels, segments


def _readout(scene: Scene, options: PredictOptions) -> ObjectReadout:
    """Return the model's thresholds, or those that the user set instead."""
    readout = scene.card.objects or ObjectReadout()
    changes: dict[str, Any] = {}
    if options.object_threshold:
        # Who asks for fainter objects wants to see them.
        changes |= {"foreground": options.object_threshold, "min_score": 0.0}
    if options.min_score:
        changes["min_score"] = options.min_score
    if options.min_area:
        changes["min_area"] = options.min_area
    if not scene.reader.zoom.is_identity:
        # Smoothing and width are meant in pixels of the network.
        step = min(scene.reader.zoom.steps)
        changes["smoothing"] = min(20.0, readout.smoothing * step)
        changes["width"] = min(1e4, readout.width * step)
    return readout.replace(**changes)


def _files(scratch: Path, canvas: Canvas, stack: ExitStack) -> FrameFiles:
    shape = tuple(part.stop - part.start for part in canvas.window)
    made = []
    for name, kind, size in (
        ("maps", np.float16, (2, *shape)),
        ("patches", np.int32, shape),
        ("seeds", np.int32, shape),
    ):
        path = scratch / f"{name}.npy"
        stack.callback(path.unlink, missing_ok=True)
        made.append(ScratchArray(path, np.dtype(kind), size))
    return FrameFiles(*made)


def _keep(maps: torch.Tensor) -> NDArray[np.float16]:
    half: NDArray[np.float16] = maps.half().numpy()
    return half


def _inside(window: Window, canvas: Canvas) -> Window:
    """Return a window of the image's frame, counted from the start of the canvas."""
    return tuple(
        slice(part.start - whole.start, part.stop - whole.start)
        for part, whole in zip(window, canvas.window, strict=True)
    )


def _place(canvas: Canvas, frame: int, block: Window) -> tuple[int | slice, ...]:
    """Return where a block of the canvas lies in the labels."""
    window = tuple(
        slice(part.start + whole.start, part.stop + whole.start)
        for part, whole in zip(block, canvas.window, strict=True)
    )
    return canvas.place(frame, window)


def _box(canvas: Canvas, frame: int, found: FoundObject) -> Extent:
    """Return the box of an object in the labels."""
    place = _place(canvas, frame, tuple(slice(*side) for side in found.box))
    return tuple(
        (part, part + 1) if isinstance(part, int) else (part.start, part.stop)
        for part in place
    )


def _size(window: Window) -> int:
    return int(np.prod([part.stop - part.start for part in window]))
