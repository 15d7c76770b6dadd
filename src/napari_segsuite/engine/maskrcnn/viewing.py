"""What a network finds in the views of an image, brought to the pixels of labels."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil, prod

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.models.detection import MaskRCNN

from napari_segsuite.data.detections import Detection, runs_of
from napari_segsuite.data.frames import Window
from napari_segsuite.engine.canvas import Canvas
from napari_segsuite.engine.device import Compute, one_thread_per_lane
from napari_segsuite.engine.maskrcnn.finding import Found, find
from napari_segsuite.engine.maskrcnn.masks import pixels_of
from napari_segsuite.engine.maskrcnn.merging import Sighting
from napari_segsuite.engine.maskrcnn.views import View
from napari_segsuite.engine.readers import ImageReader
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan

# Masks of so many objects take a gigabyte while they are made.
_MOST_DETECTIONS = 2000


@dataclass(frozen=True, slots=True)
class Viewer:
    """Looks at an image through a network."""

    network: MaskRCNN
    """The network, in evaluation mode, on the device of `compute`."""
    compute: Compute
    """Where to compute."""
    reader: ImageReader
    """The image as the network sees it."""
    canvas: Canvas
    """The part whose objects are sought."""
    class_ids: tuple[int, ...]
    """The network's classes from 1 on."""

    def seen(self, view: View) -> Window:
        """Return what a view sees in pixels of the labels; it may reach over them."""
        return tuple(
            slice(
                ceil(part.start * step) - wanted.start,
                int(part.stop * step) - wanted.start,
            )
            for part, step, wanted in zip(
                view.outer, self.reader.zoom.steps, self.canvas.window, strict=True
            )
        )

    def look(
        self, views: list[View], frames: list[int]
    ) -> Iterator[tuple[int, int, list[Sighting]]]:
        """Yield (plane of the labels, view, what it has) for all views of all frames.

        Several are looked at side by side, and answers come in order; pixels are read
        in this thread, since not every file format can be read in two.
        """
        waiting: deque[tuple[int, int, Future[list[Sighting]]]] = deque()
        lanes = self.compute.lanes
        with one_thread_per_lane(self.compute), ThreadPoolExecutor(lanes) as pool:
            try:
                for plane, frame in enumerate(frames):
                    for number, view in enumerate(views):
                        values = self.reader.read(frame, view.outer)
                        asked = pool.submit(
                            self._sightings, plane, number, view, values
                        )
                        waiting.append((plane, number, asked))
                        if len(waiting) > lanes:
                            yield _answered(waiting)
                while waiting:
                    yield _answered(waiting)
            finally:
                for _, _, future in waiting:
                    future.cancel()

    def _sightings(
        self, plane: int, number: int, view: View, values: NDArray[np.float32]
    ) -> list[Sighting]:
        found = find(self.network, [torch.from_numpy(values)], self.compute)[0]
        corner = np.array([part.start for part in view.outer] * 2, np.float32)
        boxes = found.boxes.numpy()[:, [1, 0, 3, 2]] + corner
        cut = view.cuts(boxes)
        sightings = []
        for i in np.flatnonzero(view.has(boxes)).tolist():
            detection = self._detection(plane, found, i, boxes[i])
            if detection is not None:
                sightings.append(Sighting(detection, number, bool(cut[i])))
        return sightings

    def _detection(
        self, plane: int, found: Found, index: int, box: NDArray[np.float32]
    ) -> Detection | None:
        """Return an object in pixels of the labels; None if none of them is its."""
        (first, second), window = self.reader.zoom.steps, self.canvas.window
        y0, x0, y1, x1 = box.tolist()
        start, mask = pixels_of(
            found.masks[index].numpy(), (y0, x0, y1, x1), (first, second), window
        )
        if not mask.size:
            return None
        rows, columns = window
        return Detection(
            frame=plane,
            box=(
                *(y0 * first - rows.start, x0 * second - columns.start),
                *(y1 * first - rows.start, x1 * second - columns.start),
            ),
            score=float(found.scores[index].clamp(0, 1)),
            class_id=self.class_ids[int(found.classes[index]) - 1],
            start=start,
            size=(mask.shape[0], mask.shape[1]),
            runs=runs_of(mask),
        )


def most_detections(views: list[View], plan: MaskRCNNPlan) -> int:
    """Return how many objects are sought in a view: as many per pixel as in a patch."""
    pixels: int = max(prod(p.stop - p.start for p in view.outer) for view in views)
    share = max(1.0, pixels / prod(plan.patch_size))
    wanted = min(_MOST_DETECTIONS, ceil(plan.detections_per_patch * share))
    return max(plan.detections_per_patch, wanted)


def _answered(
    waiting: deque[tuple[int, int, Future[list[Sighting]]]],
) -> tuple[int, int, list[Sighting]]:
    plane, number, future = waiting.popleft()
    return plane, number, future.result()
