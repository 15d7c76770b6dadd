"""A small model that answers prompts with disks, at once, and a library with its card.

It is real in what the docks see of it: planes are read from their files, prompts are
answered by jobs, each in a thread of its own, one after the other.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from functools import partial
from queue import SimpleQueue

import numpy as np
import pytest

from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import dump_job, job_types, load_job
from napari_segsuite.jobs.events import FollowedPlane
from napari_segsuite.jobs.prompting import (
    EmbeddingResult,
    EmbedPlane,
    EverythingResult,
    FollowedResult,
    FollowObjects,
    MaskOffer,
    SegmentPrompt,
    SegmentResult,
)
from napari_segsuite.runners.base import Run
from napari_segsuite.widgets.session import Session

RADIUS = 4


def disk(shape, y, x, radius):
    rows, columns = np.indices(shape, sparse=True)
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def mask_for(shape, prompt, radius=RADIUS):
    """Return the disks around the positive clicks, the box, the rough mask."""
    mask = np.zeros(shape, bool)
    if prompt.box is not None:
        y0, x0, y1, x1 = (round(v) for v in prompt.box)
        mask[max(0, y0) : y1 + 1, max(0, x0) : x1 + 1] = True
    if prompt.mask is not None:
        mask |= prompt.mask.on_plane(shape)
    for click in prompt.clicks:
        if click.positive:
            mask |= disk(shape, click.y, click.x, radius)
    for click in prompt.clicks:
        if not click.positive:
            mask &= ~disk(shape, click.y, click.x, radius)
    return mask


def answer(job, context):
    """Carry out a job of prompting."""
    if isinstance(job, EmbedPlane):
        job.plane.read()
        return EmbeddingResult(seconds=0.0, source="model")
    if isinstance(job, SegmentPrompt):
        shape = job.plane.read().shape[-2:]
        if not job.prompt.says_where:
            raise InputError("Background clicks alone.")
        alone = len(job.prompt.clicks) == 1 and job.prompt.box is None
        radii = (RADIUS, 2 * RADIUS, 2) if alone else (RADIUS,)
        return SegmentResult(
            offers=tuple(
                MaskOffer(
                    mask=MaskRuns.of(mask_for(shape, job.prompt, radius)),
                    score=0.9 - 0.1 * number,
                )
                for number, radius in enumerate(radii)
            ),
            source="memory",
        )
    if isinstance(job, FollowObjects):
        return follow(job, context)
    spots = [(6, 6), (6, 20), (16, 12)]
    shape = job.plane.read().shape[-2:]
    return EverythingResult(
        offers=tuple(
            MaskOffer(mask=MaskRuns.of(disk(shape, y, x, 2 + n)), score=0.95 - 0.2 * n)
            for n, (y, x) in enumerate(spots)
        ),
        seconds=0.0,
    )


def follow(job, emit):
    """Let each object keep the mask of its first prompted plane on all planes."""
    spans = {}
    shape = job.planes[0].read().shape[-2:]
    for one in job.objects:
        prompted = {p: s for p, s in one.prompts.items() if s.says_where}
        first = min(prompted)
        mask = MaskRuns.of(mask_for(shape, prompted[first]))
        ends = [p for p, s in one.prompts.items() if not s.says_where]
        last = min([p for p in ends if p > first] or [len(job.planes)]) - 1
        for place in range(len(job.planes)):
            there = mask if place <= last else MaskRuns.of(np.zeros((1, 1), bool))
            emit(FollowedPlane(object=one.object, place=place, mask=there, score=0.9))
        spans[one.object] = (0, last)
    return FollowedResult(spans=spans, seconds=0.0)


class DiskRunner:
    """Carries jobs out in a thread, as the worker process does; `hold` stops it."""

    def __init__(self):
        self.jobs = []
        self.asked = []
        self.closed = False
        self._types = job_types()
        self.free = threading.Event()
        self.free.set()
        self._queue = SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    def submit(self, job, *, on_event=None, on_end=None):
        job = load_job(dump_job(job), self._types)  # as it would travel
        self.jobs.append(job)
        run = Run(job, self._ask, on_event=on_event, on_end=on_end)
        self._queue.put(run)
        return run

    def close(self):
        self.closed = True
        self.free.set()
        self._queue.put(None)

    def _ask(self, run, request):
        self.asked.append((run.job, request))

    def _work(self):
        while (run := self._queue.get()) is not None:
            self.free.wait()
            if not run.start():
                run.finish(None)
                continue
            try:
                result = answer(run.job, run.tell)
            except InputError as error:
                run.fail(error)
            else:
                run.finish(result)


@pytest.fixture
def qtbot(qtbot):
    """Wait longer than usual: threads of a busy machine take their time."""
    qtbot.waitUntil = partial(qtbot.waitUntil, timeout=30_000)
    return qtbot


@pytest.fixture
def disks():
    return DiskRunner()


@pytest.fixture
def session(viewer, runner, disks, qapp):
    made = Session(viewer, runner=runner, interactive=disks)
    yield made
    made.close()


@pytest.fixture
def click_model(own_model_library):
    """Put a promptable model without a network into the library."""
    from safetensors.numpy import save_file

    from napari_segsuite.models.prompt_card import PromptCard
    from napari_segsuite.models.publishing import publish

    folder = own_model_library / "click-2d"

    def card(weights):
        return PromptCard(
            kind="click",
            name="click-2d",
            created=datetime.now(UTC),
            package_version="0",
            architecture={},
            weights=weights,
        )

    def write(path):
        save_file({"w": np.zeros(1, np.float32)}, path)

    publish(folder, card, write, final=True)
    return folder
