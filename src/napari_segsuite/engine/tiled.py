"""What a network says of an image, tile by tile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import prod
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from napari_segsuite.data.frames import Window
from napari_segsuite.engine import networks
from napari_segsuite.engine.canvas import Canvas
from napari_segsuite.engine.device import Compute, one_thread_per_lane
from napari_segsuite.engine.readers import ImageReader
from napari_segsuite.engine.tiling import Tile, tiles
from napari_segsuite.plan.choose import total_stride
from napari_segsuite.plan.unet import UNetPlan

T = TypeVar("T")

# Pixels of a tile, per lane: some 100 MB of activations.
_TILE_PIXELS = 1 << 19


@dataclass(frozen=True, slots=True)
class Piece:
    """One tile of one frame."""

    frame: int
    window: Window
    """Pixels of the frame that are written."""
    tile: Tile
    """The same in pixels of the network, and what is read for it."""


def cut(
    canvas: Canvas, reader: ImageReader, plan: UNetPlan, tile_size: int
) -> Iterator[Piece]:
    """Cut what is predicted into pieces, frame by frame.

    Parameters
    ----------
    canvas : Canvas
        What is predicted.
    reader : ImageReader
        The image.
    plan : UNetPlan
        The plan of the network.
    tile_size : int
        Edge of the tiles in pixels of the frame; 0 chooses by memory.
    """
    multiple = total_stride(plan.strides)
    edges = tuple(part.stop - part.start for part in canvas.window)
    size = (tile_size,) * len(edges) if tile_size else halved(edges, _TILE_PIXELS)
    size = tuple(-(-n // by) * by for n, by in zip(size, multiple, strict=True))
    for index in canvas.indices:
        # Tiles are cut in the frame's pixels, then seen in the network's.
        for part in tiles(canvas.window, size):
            tile = Tile.around(
                reader.zoom.covering(part, reader.shape),
                reader.shape,
                networks.halo(plan),
                multiple,
            )
            yield Piece(index, part, tile)


def halved(shape: tuple[int, ...], pixels: int) -> tuple[int, ...]:
    """Return `shape`, halved where it is longest until it has at most `pixels`."""
    sizes = list(shape)
    while prod(sizes) > pixels:
        longest = int(np.argmax(sizes))
        sizes[longest] = -(-sizes[longest] // 2)
    return tuple(sizes)


def sweep(
    pieces: list[Piece],
    reader: ImageReader,
    compute: Compute,
    say: Callable[[torch.Tensor], torch.Tensor],
    keep: Callable[[torch.Tensor], T],
) -> Iterator[tuple[Piece, T]]:
    """Ask a network about pieces, several side by side; answers come in order.

    Pixels are read in this thread: not every file format can be read in two.

    Parameters
    ----------
    pieces : list of Piece
        The pieces.
    reader : ImageReader
        The image.
    compute : Compute
        Where to compute.
    say : callable
        From an image (channels, *tile) to float32 maps of it, such as
        `Classifier.probabilities`.
    keep : callable
        From these maps, interpolated where the frame's pixels are not the network's,
        and cut to the piece's window, to what is yielded with the piece.
    """

    def ask(piece: Piece, values: NDArray[np.float32]) -> tuple[Piece, T]:
        said = say(torch.from_numpy(values))
        inside = said[(slice(None), *piece.tile.inside)]
        return piece, keep(reader.zoom.back(inside, piece.tile.inner, piece.window))

    waiting: deque[Future[tuple[Piece, T]]] = deque()
    with one_thread_per_lane(compute), ThreadPoolExecutor(compute.lanes) as pool:
        try:
            for piece in pieces:
                values = reader.read(piece.frame, piece.tile.outer)
                waiting.append(pool.submit(ask, piece, values))
                if len(waiting) > compute.lanes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
