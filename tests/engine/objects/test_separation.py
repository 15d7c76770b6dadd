"""Objects told apart block by block are those of the whole frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.engine.memory_maps import ScratchArray
from napari_segsuite.engine.objects.inventory import FoundObject
from napari_segsuite.engine.objects.separation import PASSES, FrameFiles, Separation
from napari_segsuite.engine.objects.targets import target_of
from napari_segsuite.engine.objects.watershed import separate
from napari_segsuite.errors import Cancelled
from napari_segsuite.plan.objects import ObjectReadout

READOUT = ObjectReadout(foreground=0.5, seed=0.5, smoothing=0.0, min_area=1)
Found = tuple[NDArray[np.int32], list[FoundObject]]


@pytest.fixture
def blockwise(tmp_path: Path) -> Callable[..., Found]:
    """Return a function that separates maps block by block."""

    def separated(
        maps: NDArray[Any], readout: ObjectReadout, pixels: int, **more: Any
    ) -> Found:
        kinds = {"maps": np.float16, "patches": np.int32, "seeds": np.int32}
        files = FrameFiles(
            *(
                ScratchArray(
                    tmp_path / f"{name}.npy",
                    np.dtype(kind),
                    maps.shape if name == "maps" else maps.shape[1:],
                )
                for name, kind in kinds.items()
            )
        )
        files.maps.write((slice(None),), maps)
        tick = more.pop("tick", lambda _: None)
        separation = Separation(files, readout, block_pixels=pixels, **more)
        objects = separation.run(tick)
        labels = np.full(maps.shape[1:], -1, np.int32)
        for block, part in separation.labels():
            labels[block] = part
        return labels, objects

    return separated


def maps_like(truth: NDArray[Any]) -> NDArray[np.float16]:
    """Return what a perfect network would say of objects."""
    everywhere = np.ones(truth.shape, np.bool_)
    target = target_of(truth, everywhere, ((False, False),) * truth.ndim)
    return np.stack([(truth > 0).astype(np.float16), target.distance])


def disks(shape: tuple[int, ...], *places: tuple[float, ...]) -> NDArray[np.int32]:
    """Draw disks or balls: each place is a centre and a radius."""
    labels = np.zeros(shape, np.int32)
    grid = np.indices(shape)
    for number, (*centre, radius) in enumerate(places, start=1):
        apart = sum((g - c) ** 2 for g, c in zip(grid, centre, strict=True))
        labels[(apart <= radius**2) & (labels == 0)] = number
    return labels


CASES = {
    "on a border": disks((64, 64), (20, 31, 8), (50, 32, 6)),
    "in the corner of four blocks": disks((64, 64), (31.5, 31.5, 9)),
    "touching across a border": disks((64, 64), (20, 25, 7), (20, 39, 7)),
    "four that touch in the corner of four": disks(
        (64, 64), (24, 24, 11), (24, 40, 11), (40, 24, 11), (40, 40, 11)
    ),
    "larger than a block": disks((64, 64), (32, 32, 30)),
    "larger than a block, touching": disks((96, 96), (40, 30, 28), (52, 76, 20)),
    "all of the image": np.ones((40, 40), np.int32),
    "single pixels": np.eye(32, dtype=np.int32)[::-1] * np.arange(1, 33),
    "nothing": np.zeros((32, 32), np.int32),
    "balls": disks((20, 32, 32), (8, 12, 12, 7), (10, 14, 25, 6), (15, 28, 5, 3)),
}


@pytest.mark.parametrize("pixels", [64, 256, 1024])
@pytest.mark.parametrize("truth", CASES.values(), ids=CASES)
def test_objects_on_borders_are_found_once_and_whole(
    truth: NDArray[np.int32], pixels: int, blockwise: Callable[..., Found]
) -> None:
    maps = maps_like(truth)
    labels, objects = blockwise(maps, READOUT, pixels)

    assert np.array_equal(labels, separate(*maps.astype(np.float32), READOUT))
    for number, one in enumerate(objects, start=1):
        assert (labels == number).sum() == one.area
        box = tuple(slice(*side) for side in one.box)
        assert ndimage.find_objects(labels)[number - 1] == box
        assert one.score == 1


@pytest.mark.parametrize(
    "name", ["touching across a border", "four that touch in the corner of four"]
)
def test_touching_objects_come_apart(
    name: str, blockwise: Callable[..., Found]
) -> None:
    truth = CASES[name]
    labels, objects = blockwise(maps_like(truth), READOUT, 256)
    assert len(objects) == truth.max()
    for number in range(1, truth.max() + 1):
        own = truth == number
        best = np.bincount(labels[own]).argmax()
        both = (own & (labels == best)).sum()
        assert both / (own | (labels == best)).sum() > 0.9


def test_a_ring_around_a_corner_of_blocks_is_one_object(
    blockwise: Callable[..., Found],
) -> None:
    ring = disks((64, 64), (31.5, 31.5, 20)) - disks((64, 64), (31.5, 31.5, 12))
    maps = maps_like(ring)
    labels, objects = blockwise(maps, READOUT, 1024)
    assert len(objects) == 1
    assert np.array_equal(labels, ring)


def test_a_carpet_of_objects_without_a_gap(blockwise: Callable[..., Found]) -> None:
    truth = np.kron(np.arange(1, 65).reshape(8, 8), np.ones((12, 12), int))
    maps = maps_like(truth)
    labels, objects = blockwise(maps, READOUT, 500)
    assert len(objects) == 64
    assert np.array_equal(labels, separate(*maps.astype(np.float32), READOUT))


@given(
    seed=st.integers(0, 2**20),
    volume=st.booleans(),
    width=st.floats(0.7, 4),
    steps=st.sampled_from([0, 3, 12]),
    spacing=st.booleans(),
    smoothing=st.sampled_from([0.0, 0.8, 1.7]),
    min_area=st.integers(1, 9),
    min_score=st.sampled_from([0.0, 0.5, 0.7]),
    seed_rise=st.sampled_from([0.0, 0.24]),
    pixels=st.integers(40, 600),
)
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_blocks_change_nothing(
    blockwise: Callable[..., Found],
    seed: int,
    volume: bool,
    width: float,
    steps: int,
    spacing: bool,
    smoothing: float,
    min_area: int,
    min_score: float,
    seed_rise: float,
    pixels: int,
) -> None:
    rng = np.random.default_rng(seed)
    shape = (9, 17, 22) if volume else (45, 58)
    maps = []
    for _ in range(2):
        values = ndimage.gaussian_filter(rng.normal(size=shape), width)
        values = (values - values.min()) / np.ptp(values)
        # Plains, where only the order of pixels settles who has them.
        maps.append(np.rint(values * steps) / steps if steps else values)
    made = np.array(maps, np.float16)
    readout = ObjectReadout(
        foreground=rng.uniform(0.1, 0.6),
        seed=rng.uniform(0.3, 0.7),
        smoothing=smoothing,
        min_area=min_area,
        min_score=min_score,
        seed_rise=seed_rise,
        width=rng.uniform(3, 20),
    )
    sizes = tuple(rng.uniform(0.5, 2, len(shape))) if spacing else None
    whole = separate(*made.astype(np.float32), readout, sizes)
    labels, objects = blockwise(made, readout, pixels, spacing=sizes)

    assert np.array_equal(labels, whole)
    assert [one.area for one in objects] == np.bincount(whole.ravel())[1:].tolist()


def test_every_block_is_told_and_a_cancel_is_heard(
    blockwise: Callable[..., Found],
) -> None:
    told: list[int] = []
    maps = maps_like(CASES["on a border"])
    blockwise(maps, READOUT, 1024, tick=told.append)
    assert sum(told) == PASSES * 64 * 64

    def cancel(_: int) -> None:
        raise Cancelled("The job was cancelled.")

    with pytest.raises(Cancelled):
        blockwise(maps, READOUT, 1024, tick=cancel)
