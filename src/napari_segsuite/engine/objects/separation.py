"""The objects of a frame that is too large for memory, told apart block by block.

The objects are exactly those of `watershed.separate`, whatever the blocks are:
patches of foreground and seeds are numbered across blocks, and the watershed of a
part takes over only what no water from outside the part could change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.frames import Window
from napari_segsuite.engine.memory_maps import ScratchArray
from napari_segsuite.engine.objects.flooding import flood, reach, smoothed
from napari_segsuite.engine.objects.inventory import FoundObject, Inventory
from napari_segsuite.engine.objects.patches import Patches
from napari_segsuite.engine.objects.seeding import levels, slopes
from napari_segsuite.engine.tiled import halved
from napari_segsuite.engine.tiling import tiles
from napari_segsuite.plan.objects import ObjectReadout

PASSES: Final = 4
"""How often all blocks are gone through."""

# Pixels of a block: some 50 bytes of memory for each.
_BLOCK_PIXELS: Final = 1 << 20

# How far around a block is looked first: more than half of most objects.
_HALO: Final = {2: 48, 3: 12}


@dataclass(frozen=True, slots=True)
class FrameFiles:
    """The files of one frame; the next frame may overwrite them."""

    maps: ScratchArray
    """float16, shape (2, *frame): foreground and distance, as of `outputs.maps_of`."""
    patches: ScratchArray
    """int32, shape of the frame."""
    seeds: ScratchArray
    """int32, shape of the frame."""


class Separation:
    """Tells the objects of a frame apart.

    Parameters
    ----------
    files : FrameFiles
        The maps, and room for numbers.
    readout : ObjectReadout
        Thresholds.
    spacing : tuple of float, optional
        As for `watershed.separate`.
    block_pixels : int, optional
        Most pixels of a block.
    """

    def __init__(
        self,
        files: FrameFiles,
        readout: ObjectReadout,
        spacing: Spacing | None = None,
        block_pixels: int = _BLOCK_PIXELS,
    ) -> None:
        self._files = files
        self._readout = readout
        self._spacing = spacing
        self._shape = files.patches.shape
        self._margin = reach(readout.smoothing, spacing, len(self._shape))
        whole = tuple(slice(0, size) for size in self._shape)
        self._blocks = list(tiles(whole, halved(self._shape, block_pixels)))
        self._ids: NDArray[Any] = np.zeros(1, np.int64)
        self._numbers: NDArray[Any] = np.zeros(1, np.int32)

    def run(self, tick: Callable[[int], None]) -> list[FoundObject]:
        """Find the objects.

        Parameters
        ----------
        tick : callable
            Called with the pixels of each block that is done, `PASSES` times for each.
            May raise to give up.

        Returns
        -------
        list of FoundObject
            In the order in which they begin along the frame.
        """
        patch, least = self._patches(tick)
        known = len(patch) - 1
        seed, owners = self._seeds(patch, least, tick)
        # The patch of each seed; where there is one seed or none, the patch is one
        # object.
        owner = np.zeros(seed.max() + 1, np.int64)
        owner[seed] = owners
        crowded = np.bincount(owner[1:], minlength=patch.max() + 1) > 1
        # Above the numbers of patches stand, from now on, those of seeds: the objects
        # in crowded patches.
        patch_of = np.concatenate([patch, owner[1:]])
        for block in self._blocks:
            self._divide(block, patch_of, crowded, seed, known)
            tick(_size(block))
        self._ids = np.concatenate([patch, patch.max() + np.arange(1, len(owner))])
        inventory = Inventory(int(self._ids.max()), self._shape)
        for block in self._blocks:
            foreground = self._files.maps.read((0, *block))
            inventory.add(block, self._ids[self._files.patches.read(block)], foreground)
            tick(_size(block))
        self._numbers, objects = inventory.objects(
            self._readout.min_area, self._readout.min_score
        )
        return objects

    def labels(self) -> Iterator[tuple[Window, NDArray[np.int32]]]:
        """Yield all blocks with their labels, after `run`.

        Objects are numbered from 1 in the order of what `run` returned; 0 is
        background.
        """
        numbers = self._numbers[self._ids]
        for block in self._blocks:
            yield block, numbers[self._files.patches.read(block)]

    def _patches(
        self, tick: Callable[[int], None]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the patch of each number, and where objects begin in each patch."""
        patches = Patches(self._files.patches)
        sums: list[NDArray[Any]] = [np.zeros(1)]
        areas: list[NDArray[Any]] = [np.zeros(1)]
        for block in self._blocks:
            known = patches.count
            numbers = patches.add(block, self._inside(block))
            flat = np.maximum(numbers - known, 0).ravel()
            size = patches.count - known + 1
            sums.append(np.bincount(flat, self._slopes(block).ravel(), size)[1:])
            areas.append(np.bincount(flat, minlength=size)[1:])
            tick(numbers.size)
        patch = patches.joined()
        whole = [np.bincount(patch, np.concatenate(part)) for part in (sums, areas)]
        return patch, levels(whole[0], whole[1], self._readout)

    def _seeds(
        self,
        patch: NDArray[np.int64],
        least: NDArray[np.float32],
        tick: Callable[[int], None],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the seed of each number, and the patch in which that lies."""
        seeds = Patches(self._files.seeds)
        owners = [np.zeros(1, np.int64)]
        for block in self._blocks:
            known = seeds.count
            own = patch[self._files.patches.read(block)]
            seeded = seeds.add(block, (own > 0) & (self._smooth(block) > least[own]))
            owner = np.zeros(seeds.count - known, np.int64)
            places = seeded > 0
            owner[seeded[places] - known - 1] = own[places]
            owners.append(owner)
            tick(own.size)
        return seeds.joined(), np.concatenate(owners)

    def _inside(self, window: Window) -> NDArray[np.bool_]:
        """Return what is foreground."""
        foreground = self._files.maps.read((0, *window)).astype(np.float32)
        inside: NDArray[np.bool_] = foreground > self._readout.foreground
        return inside

    def _smooth(self, window: Window) -> NDArray[np.float32]:
        """Return smoothed distances, as in the whole frame."""
        wide = _widened(window, self._margin, self._shape)
        distance = self._files.maps.read((1, *wide)).astype(np.float32)
        smooth = smoothed(distance, self._readout.smoothing, self._spacing)
        return smooth[_within(window, wide)]

    def _slopes(self, window: Window) -> NDArray[np.int32]:
        """Return the slopes of smoothed distances, as in the whole frame."""
        wide = _widened(window, (1,) * len(window), self._shape)
        return slopes(self._smooth(wide), self._spacing)[_within(window, wide)]

    def _divide(
        self,
        block: Window,
        patch_of: NDArray[Any],
        crowded: NDArray[np.bool_],
        seed: NDArray[Any],
        offset: int,
    ) -> None:
        """Replace the numbers of crowded patches in a block by those of seeds."""
        patches = patch_of[self._files.patches.read(block)]
        left = crowded[patches]
        wanted = np.zeros_like(crowded)
        wanted[patches[left]] = True
        halo = _HALO[len(block)]
        while left.any():
            part = _bounds(left)
            place = _shifted(part, block)
            window = _widened(place, (halo,) * len(block), self._shape)
            inner = _within(place, window)
            numbers = self._files.patches.read(window)
            mask = wanted[patch_of[numbers]]
            seeds = np.where(mask, seed[self._files.seeds.read(window)], 0)
            flooded = flood(
                self._smooth(window), seeds, mask, _cut(window, self._shape)
            )
            # What water from outside could not change holds for the whole frame.
            settled = left[part] & (flooded[inner] > 0)
            found = np.where(settled, flooded[inner] + offset, numbers[inner])
            self._files.patches.write(place, found)
            left[part] &= ~settled
            halo *= 2


def _widened(window: Window, by: tuple[int, ...], shape: tuple[int, ...]) -> Window:
    return tuple(
        slice(max(0, part.start - far), min(size, part.stop + far))
        for part, far, size in zip(window, by, shape, strict=True)
    )


def _shifted(part: Window, block: Window) -> Window:
    """Return a part of a block, counted from the start of the frame."""
    return tuple(
        slice(p.start + b.start, p.stop + b.start)
        for p, b in zip(part, block, strict=True)
    )


def _within(window: Window, wide: Window) -> Window:
    """Return `window`, counted from the start of `wide`."""
    return tuple(
        slice(p.start - w.start, p.stop - w.start)
        for p, w in zip(window, wide, strict=True)
    )


def _bounds(mask: NDArray[np.bool_]) -> Window:
    found: Window = ndimage.find_objects(mask.view(np.int8))[0]
    return found


def _cut(window: Window, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which pixels of a window lie on sides where the frame goes on."""
    cut = np.zeros([part.stop - part.start for part in window], np.bool_)
    for axis, (part, size) in enumerate(zip(window, shape, strict=True)):
        along = np.moveaxis(cut, axis, 0)
        along[0] |= part.start > 0
        along[-1] |= part.stop < size
    return cut


def _size(block: Window) -> int:
    return int(np.prod([part.stop - part.start for part in block]))
