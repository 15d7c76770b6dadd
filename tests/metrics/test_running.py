"""A count that follows edits, against full recounts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.running import RunningCount
from napari_segsuite.metrics.tally import count


def test_a_stroke_is_taken_over() -> None:
    running = RunningCount([[0, 0, 1], [0, 1, 1]], [[0, 0, 0], [0, 0, 0]])

    table = running.update((slice(0, 2), slice(1, 3)), pred=[[0, 1], [1, 1]])

    assert table == count([[0, 0, 1], [0, 1, 1]], [[0, 0, 1], [0, 1, 1]])
    assert running.table is table


@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_edits_with_undo_and_redo_are_exact(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (3, 40, 50)
    images = {side: rng.integers(0, 6, shape) for side in ("true", "pred")}
    running = RunningCount(images["true"], images["pred"])
    undone: list[tuple[str, tuple[slice, ...], np.ndarray]] = []
    for edit in range(1000):
        if undone and rng.random() < 0.4:
            side, window, pixels = undone.pop(int(rng.integers(len(undone))))
        else:
            side = rng.choice(["true", "pred"])
            low = [int(rng.integers(n)) for n in shape]
            window = tuple(slice(a, a + int(rng.integers(1, 9))) for a in low)
            pixels = np.full_like(images[side][window], rng.integers(0, 2**35))
        undone.append((side, window, images[side][window].copy()))
        images[side][window] = pixels
        running.update(window, **{side: pixels})
        if edit % 50 == 0:
            assert running.table == count(images["true"], images["pred"])

    assert running.table == count(images["true"], images["pred"])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-5, 5)), max_size=20))
def test_single_pixels_of_narrow_types_do_not_wrap(
    edits: list[tuple[int, int]],
) -> None:
    true, pred = np.zeros(5, np.int64), np.zeros(5, np.int64)
    running = RunningCount(np.zeros(5, np.uint8), np.zeros(5, bool))
    for place, value in edits:
        true[place] = pred[4 - place] = value * 1000
        running.update((slice(None),), true=true, pred=pred)

    assert running.table == count(true, pred)


def test_the_images_that_were_passed_stay_as_they_are() -> None:
    mine = np.zeros(3, int)

    RunningCount(mine, mine).update((0,), true=5)

    assert mine.tolist() == [0, 0, 0]


def test_pixels_that_cannot_be_counted_change_nothing() -> None:
    running = RunningCount([0, 1], [0, 1])

    with pytest.raises(InputError, match="shape"):
        running.update((slice(0, 2),), true=[1])
    with pytest.raises(InputError, match="whole numbers"):
        running.update((slice(0, 2),), true=[0.5, 1])

    assert running.table == count([0, 1], [0, 1])
    assert running.shape == (2,)


def test_different_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="same shape"):
        RunningCount([0, 1], [0])
