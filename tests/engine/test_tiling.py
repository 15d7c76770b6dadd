from __future__ import annotations

import numpy as np

from napari_segsuite.engine.tiling import Tile, tiles


def test_tiles_cover_every_pixel_once() -> None:
    seen = np.zeros((7, 11), int)
    for part in tiles((slice(1, 7), slice(0, 11)), (4, 5)):
        seen[part] += 1
    assert (seen[1:] == 1).all()
    assert (seen[0] == 0).all()


def test_a_tile_reads_its_halo_on_the_common_grid() -> None:
    tile = Tile.around((slice(13, 20),), (100,), halo=(8,), multiple=(4,))
    assert tile.outer == (slice(4, 28),)
    assert tile.inside == (slice(9, 16),)


def test_a_halo_ends_at_the_rim() -> None:
    tile = Tile.around((slice(0, 4), slice(4, 9)), (9, 9), (8, 8), (4, 4))
    assert tile.outer == (slice(0, 9), slice(0, 9))
