"""Segment every object of a plane, by clicks all over it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.engine.prompting.answering import Answering
from napari_segsuite.engine.prompting.model import Candidate, Embedded, PromptModel
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import Progress
from napari_segsuite.jobs.prompting import (
    EverythingOptions,
    EverythingResult,
    MaskOffer,
    SegmentEverything,
)

Region = tuple[tuple[int, int], tuple[int, int]]

# Segment Anything asks 32 points per side of an image (Kirillov et al. 2023, B).
_PER_SIDE = 32
_CLOSEST = 8
# Of an object that surer ones overlap, at least this part must be left.
_LEFT = 0.7


def segment_all(job: SegmentEverything, context: JobContext) -> EverythingResult:
    """Carry out a `SegmentEverything` job.

    Raises
    ------
    InputError
        If the plane cannot be read or the region lies outside it.
    Cancelled
        If asked to.
    """
    began = time.monotonic()
    answering = Answering(job.model, job.device, job.cache, context)
    embedded = answering.embedded(job.plane)[0]
    search = Search(answering.model, embedded, job.region, job.options)
    for part in search.steps():
        context.check_cancelled()
        spent = time.monotonic() - began
        context.emit(
            Progress(
                fraction=part,
                message=f"{len(search.found)} masks",
                seconds_left=spent / part - spent if part else None,
            )
        )
    offers = tuple(
        MaskOffer(mask=mask, score=score) for mask, score in search.without_overlap()
    )
    return EverythingResult(offers=offers, seconds=time.monotonic() - began)


class Search:
    """Clicks on a grid, and the masks that they give.

    A point that lies in a mask found before is not asked again.

    Parameters
    ----------
    model : PromptModel
        The model.
    embedded : Embedded
        The plane.
    region : ((int, int), (int, int)) or None
        (start, stop) of rows and columns in which to look.
    options : EverythingOptions
        Which masks to keep.

    Raises
    ------
    InputError
        If the region has no pixel of the plane.
    """

    def __init__(
        self,
        model: PromptModel,
        embedded: Embedded,
        region: Region | None,
        options: EverythingOptions,
    ) -> None:
        self._model = model
        self._embedded = embedded
        self._options = options
        height, width = embedded.shape
        (top, bottom), (left, right) = region or ((0, height), (0, width))
        self._rows = max(top, 0), min(bottom, height)
        self._columns = max(left, 0), min(right, width)
        if self._rows[0] >= self._rows[1] or self._columns[0] >= self._columns[1]:
            msg = (
                f"The region, rows {top} to {bottom} and columns {left} to {right}, "
                f"has no pixel of the plane of {height} × {width}."
            )
            raise InputError(msg)
        self._most = options.max_size or max(1, height * width // 4)
        self.found: list[Candidate] = []
        """The masks that passed, in the order in which they were found."""

    def steps(self) -> Iterator[float]:
        """Click here and there; tell the part done after each click."""
        seen = np.zeros(self._embedded.shape, np.bool_)
        points = self._points()
        for number, (y, x) in enumerate(points, start=1):
            if not seen[y, x]:
                prompt = PlanePrompt(clicks=(Click(y=y, x=x),))
                for one in self._model.segment(self._embedded, prompt):
                    if self._sure(one) and _covers(one, y, x):
                        _window(seen, one)[...] |= one.mask
                        if self._fits(one):
                            self.found.append(one)
                        break
                yield number / len(points)

    def without_overlap(self) -> Iterator[tuple[MaskRuns, float]]:
        """Tell masks and scores, the surest first, each less those before it."""
        taken = np.zeros(self._embedded.shape, np.bool_)
        for one in sorted(self.found, key=lambda c: -c.score * c.stability):
            window = _window(taken, one)
            left = one.mask & ~window
            size = int(np.count_nonzero(left))
            if size < max(self._options.min_size, _LEFT * np.count_nonzero(one.mask)):
                continue
            window |= left
            yield MaskRuns.of(left, one.offset), min(1.0, max(0.0, one.score))

    def _sure(self, one: Candidate) -> bool:
        options = self._options
        return one.score >= options.min_score and one.stability >= options.min_stability

    def _fits(self, one: Candidate) -> bool:
        size = int(np.count_nonzero(one.mask))
        return self._options.min_size <= size <= self._most

    def _points(self) -> list[tuple[int, int]]:
        """Return the grid, coarse points first: large objects then cover the rest."""
        (top, bottom), (left, right) = self._rows, self._columns
        spacing = self._options.spacing or max(
            _CLOSEST, math.ceil(max(bottom - top, right - left) / _PER_SIDE)
        )
        rows = _centred(top, bottom, spacing)
        columns = _centred(left, right, spacing)
        places = [
            (_fineness(i) + _fineness(j), y, x)
            for i, y in enumerate(rows)
            for j, x in enumerate(columns)
        ]
        return [(y, x) for _, y, x in sorted(places)]


def _centred(start: int, stop: int, spacing: int) -> list[int]:
    """Return places `spacing` apart, with like margins at both ends."""
    count = max(1, (stop - start) // spacing)
    margin = (stop - start - (count - 1) * spacing - 1) // 2
    return [start + margin + i * spacing for i in range(count)]


def _fineness(index: int) -> int:
    """Return 0 for each fourth place of a grid, 1 for those halfway, 2 for others."""
    return 0 if index % 4 == 0 else 1 if index % 2 == 0 else 2


def _covers(one: Candidate, y: int, x: int) -> bool:
    row, column = y - one.offset[0], x - one.offset[1]
    height, width = one.mask.shape
    return 0 <= row < height and 0 <= column < width and bool(one.mask[row, column])


def _window(plane: npt.NDArray[np.bool_], one: Candidate) -> npt.NDArray[np.bool_]:
    """Return the view of the plane on which a candidate lies."""
    (y, x), (height, width) = one.offset, one.mask.shape
    return plane[y : y + height, x : x + width]
