from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from napari_segsuite.data.frames import Frames
from napari_segsuite.data.painted import survey
from napari_segsuite.engine import preview as module
from napari_segsuite.engine.intensity import Scale
from napari_segsuite.engine.preview import Previews, by_class
from napari_segsuite.engine.readers import ImageReader, LabelReader, Zoom
from napari_segsuite.engine.regions import Example

PLAIN = Scale(np.zeros(1, np.float32), np.ones(1, np.float32))


def example(
    image: NDArray[Any], labels: NDArray[Any], axes: str, step: float = 1.0
) -> Example:
    frames, lens = Frames(labels, axes, 2), Zoom((step, step))
    return Example(
        ImageReader(Frames(image, axes, 2), PLAIN, lens, "it"),
        LabelReader(frames, lens),
        survey(frames),
    )


def bright(image: torch.Tensor) -> torch.Tensor:
    return torch.stack([0.5 - image[0], image[0] - 0.5])


def stack() -> Example:
    image = np.zeros((3, 4, 5), np.float32)
    image[1, 2, 3] = 1.0
    labels = np.zeros((3, 4, 5), np.uint8)
    labels[1, 0, 0] = 7
    return example(image, labels, "TYX")


def test_the_first_painted_frame_is_shown_in_the_users_ids(listener: Any) -> None:
    Previews([stack()], by_class((3, 7)), listener).show(bright, "instant")
    (event,) = listener.of("preview")
    assert (event.example, event.frame, event.source) == (0, (1,), "instant")
    assert event.labels.axes == "YX"
    shown = event.labels.open()
    assert shown[2, 3] == 7
    assert (np.delete(shown.ravel(), 13) == 3).all()


@pytest.mark.parametrize(
    "wish",
    [None, {}, {"example": 4, "frame": [0]}, {"example": 0, "frame": [9]},
     {"example": 0, "frame": []}, {"example": 0, "frame": "x"}],
    ids=str,
)  # fmt: skip
def test_a_wish_for_no_frame_of_ours_is_ignored(wish: Any, listener: Any) -> None:
    listener.controls["preview"] = wish
    Previews([stack()], by_class((3, 7)), listener).show(bright, "instant")
    assert listener.of("preview")[0].frame == (1,)


def test_moving_on_shows_the_new_frame_at_once(listener: Any) -> None:
    previews = Previews([stack()], by_class((3, 7)), listener)
    previews.show(bright, "instant")
    previews.show_if_due(bright)
    assert len(listener.of("preview")) == 1
    listener.controls["preview"] = {"example": 0, "frame": [2]}
    previews.show_if_due(bright)
    assert listener.of("preview")[-1].frame == (2,)
    assert listener.of("preview")[-1].source == "network"


def test_few_files_are_kept(listener: Any) -> None:
    previews = Previews([stack()], by_class((3, 7)), listener)
    for _ in range(9):
        previews.show(bright, "network")
    assert len(list(listener.scratch.glob("preview-*"))) == 4


@pytest.mark.parametrize(
    ("view", "start"),
    [
        (None, (30, 30)),  # the paint is at (35, 35), the frame ends at 40
        ([[0, 40], [0, 40]], (30, 30)),
        ([[4, 8], [20, 24]], (1, 17)),  # smaller than the part: around its middle
        ([[0, 20], [0, 40]], (10, 30)),  # larger: the part next to the paint
        ([[0, 2], [38, 40]], (0, 30)),  # never outside the frame
        ([[0, 40]], (30, 30)),
        ([[5, 5], [0, 40]], (30, 30)),
        ("x", (30, 30)),
    ],
    ids=str,
)
def test_of_a_large_frame_the_part_in_view_is_shown(
    view: Any, start: tuple[int, int], listener: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_PIXELS", 100)
    image = np.zeros((40, 40), np.float32)
    row, column = start
    image[row, column] = image[row + 9, column + 9] = 1.0
    labels = np.zeros((40, 40), np.uint8)
    labels[35, 35] = 3
    listener.controls["preview"] = {"example": 0, "frame": [], "view": view}
    one = example(image, labels, "YX")
    Previews([one], by_class((3, 7)), listener).show(bright, "instant")
    (event,) = listener.of("preview")
    assert event.start == start
    shown = event.labels.open()
    assert shown.shape == (10, 10)
    assert np.argwhere(shown == 7).tolist() == [[0, 0], [9, 9]]


def test_a_small_frame_is_shown_whole_wherever_the_user_looks(listener: Any) -> None:
    previews = Previews([stack()], by_class((3, 7)), listener)
    for view in ([[0, 1], [0, 1]], [[2, 3], [2, 3]]):
        listener.controls["preview"] = {"example": 0, "frame": [1], "view": view}
        previews.show_if_due(bright)
    (event,) = listener.of("preview")
    assert (event.start, event.labels.open().shape) == ((0, 0), (4, 5))


def test_resampled_frames_are_shown_on_the_images_pixels(listener: Any) -> None:
    image = np.zeros((8, 8), np.float32)
    image[:, 4:] = 1.0
    labels = np.zeros((8, 8), np.uint8)
    labels[0, 0] = 3
    one = example(image, labels, "YX", step=2.0)
    Previews([one], by_class((3, 7)), listener).show(bright, "instant")
    shown = listener.of("preview")[0].labels.open()
    assert (shown[:, :4] == 3).all()
    assert (shown[:, 4:] == 7).all()
