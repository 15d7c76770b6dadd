from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_segsuite.data.prompts.planes import PlaneRef
from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.engine.prompting.following import March, Seen, follow, projected
from napari_segsuite.errors import Cancelled, InputError
from napari_segsuite.jobs.events import FollowedPlane
from napari_segsuite.jobs.prompting import Followed, FollowObjects, FollowOptions
from napari_segsuite.models.library import Library


def boxes(*spans: tuple[int, int], depth: int = 9, shift: int = 0) -> np.ndarray:
    """A stack with one 5 × 5 box per span of planes, 10 columns apart."""
    stack = np.zeros((depth, 12, 10 * len(spans) + depth * shift), np.float32)
    for i, (first, last) in enumerate(spans):
        for z in range(first, last + 1):
            left = 2 + 10 * i + shift * z
            stack[z, 3:8, left : left + 5] = 1
    return stack


def march(
    model: Any,
    stack: np.ndarray,
    objects: list[Followed],
    **options: float,
) -> list[FollowedPlane]:
    def seen(place: int) -> Seen:
        plane = stack[place][np.newaxis]
        return Seen(model.embed(plane), plane)

    limits = FollowOptions(**options)  # type: ignore[arg-type]
    return list(March(model, seen, len(stack), objects, limits).steps())


def click(y: float, x: float, *, positive: bool = True) -> PlanePrompt:
    return PlanePrompt(clicks=(Click(y=y, x=x, positive=positive),))


def places(steps: list[FollowedPlane], one: int) -> dict[int, int]:
    """Planes and areas of an object, without its ends."""
    return {s.place: s.mask.area for s in steps if s.object == one and s.mask.area}


def test_an_object_is_found_on_all_its_planes_and_no_others(flood: Any) -> None:
    steps = march(flood, boxes((2, 6)), [Followed(object=4, prompts={4: click(5, 4)})])
    assert places(steps, 4) == dict.fromkeys(range(2, 7), 25)
    # One step beyond each end, it is told that nothing is there.
    assert [(s.place, s.mask.area) for s in steps if not s.mask.area] == [
        (1, 0),
        (7, 0),
    ]


def test_two_objects_go_together_and_keep_apart(flood: Any) -> None:
    steps = march(
        flood,
        boxes((0, 3), (3, 8)),
        [
            Followed(object=1, prompts={0: click(5, 4)}),
            Followed(object=2, prompts={8: click(5, 14)}),
        ],
    )
    assert sorted(places(steps, 1)) == [0, 1, 2, 3]
    assert sorted(places(steps, 2)) == [3, 4, 5, 6, 7, 8]
    by_object = {(s.object, s.place): s.mask.offset for s in steps if s.mask.area}
    assert by_object[1, 3] == (3, 2)
    assert by_object[2, 3] == (3, 12)


def test_one_that_runs_into_another_has_ended(flood: Any) -> None:
    """Two boxes one behind the other: what is nearest to a prompt belongs to it."""
    stack = boxes((0, 8))
    steps = march(
        flood,
        stack,
        [
            Followed(object=1, prompts={1: click(5, 4)}),
            Followed(object=2, prompts={6: click(5, 4)}),
        ],
    )
    assert sorted(places(steps, 1)) == [0, 1, 2, 3]
    assert sorted(places(steps, 2)) == [4, 5, 6, 7, 8]


def test_an_object_that_drifts_is_followed(flood: Any) -> None:
    steps = march(
        flood, boxes((0, 8), shift=1), [Followed(object=1, prompts={0: click(5, 4)})]
    )
    assert sorted(places(steps, 1)) == list(range(9))


def test_it_ends_where_planes_agree_too_little(flood: Any) -> None:
    # Shifted by 2 of 5 columns, two planes share 15 of 35 pixels: IoU 0.43.
    stack, one = boxes((0, 8), shift=2), [Followed(object=1, prompts={0: click(5, 4)})]
    assert len(places(march(flood, stack, one, agreement=0.42), 1)) == 9
    assert len(places(march(flood, stack, one, agreement=0.44), 1)) == 1


def test_a_lone_background_click_means_that_it_ends_before(flood: Any) -> None:
    prompts = {4: click(5, 4), 6: click(5, 4, positive=False)}
    steps = march(flood, boxes((0, 8)), [Followed(object=1, prompts=prompts)])
    assert sorted(places(steps, 1)) == [0, 1, 2, 3, 4, 5]


def test_between_two_prompts_it_is_followed_from_both(flood: Any) -> None:
    prompts = {1: click(5, 4), 6: click(5, 4)}
    steps = march(flood, boxes((1, 6)), [Followed(object=1, prompts=prompts)])
    told = [s.place for s in steps if s.mask.area]
    assert sorted(told) == [1, 2, 3, 4, 5, 6]
    # Each plane once: 6 answers, and 1 beyond each end.
    assert flood.asked == 8


def test_an_object_too_small_has_ended(flood: Any) -> None:
    stack = boxes((0, 4))
    stack[3, 4:, :] = 0  # one row of 5 pixels is left
    steps = march(
        flood,
        stack,
        [Followed(object=1, prompts={2: click(5, 4)})],
        agreement=0.0,
        smallest=6,
    )
    assert sorted(places(steps, 1)) == [0, 1, 2]


def test_the_part_done_rises_to_one(flood: Any) -> None:
    stack = boxes((2, 6))

    def seen(place: int) -> Seen:
        plane = stack[place][np.newaxis]
        return Seen(flood.embed(plane), plane)

    one = [Followed(object=1, prompts={4: click(5, 4)})]
    way = March(flood, seen, len(stack), one, FollowOptions())
    parts = [way.fraction for _ in way.steps()]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0


def test_without_a_place_to_start_it_says_what_to_do(flood: Any) -> None:
    lone = {0: click(5, 4, positive=False)}
    with pytest.raises(InputError, match="Click on one first"):
        march(flood, boxes((0, 3)), [Followed(object=1, prompts=lone)])


def test_a_prompt_outside_the_planes_is_refused(flood: Any) -> None:
    with pytest.raises(InputError, match="plane 9 of 9"):
        march(flood, boxes((0, 3)), [Followed(object=1, prompts={9: click(5, 4)})])


def test_the_projected_prompt_is_a_box_around_the_pixels() -> None:
    mask = MaskRuns.of(np.ones((5, 4), np.bool_), (3, 2))
    assert projected(mask) == PlanePrompt(box=(2.5, 1.5, 7.5, 5.5))


def test_an_object_that_fades_has_ended(flood: Any) -> None:
    stack = boxes((0, 5)) * np.array([1, 1, 0.9, 0.8, 0.7, 0.6])[
        [0, 1, 2, 3, 4, 5, 5, 5, 5], np.newaxis, np.newaxis
    ].astype(np.float32)
    one = [Followed(object=1, prompts={0: click(5, 4)})]
    assert sorted(places(march(flood, stack, one, fading=0.75), 1)) == [0, 1, 2, 3]
    assert sorted(places(march(flood, stack, one, fading=0.0), 1)) == list(range(6))


def test_the_handler_shows_all_planes_alike(tmp_path: Path, listener: Any) -> None:
    """With a window of its own, a dim plane would look as bright as any other."""
    rows, columns = np.ogrid[:48, :48]
    disc = np.hypot(rows - 24, columns - 20) < 9
    stack = np.repeat(disc[np.newaxis] * np.uint16(2000), 6, axis=0) + np.uint16(100)
    stack[4:] = disc * np.uint16(200) + 100
    np.save(tmp_path / "stack.npy", stack)
    image = ArrayRef(path=tmp_path / "stack.npy", axes="ZYX")
    job = FollowObjects(
        model=Library(tmp_path).find("click-2d"),
        planes=tuple(PlaneRef(image=image, index=(z,)) for z in range(6)),
        objects=(Followed(object=3, prompts={1: click(24, 20)}),),
    )
    assert follow(job, listener).spans == {3: (0, 3)}
    told = {e.place: e.mask.area for e in listener.of("followed")}
    assert set(told) == {0, 1, 2, 3, 4}
    assert told[4] == 0
    assert listener.of("progress")[-1].fraction == 1.0


def test_cancel_keeps_what_was_told(tmp_path: Path, listener: Any) -> None:
    stack = np.zeros((3, 32, 32), np.uint8)
    stack[:, 10:20, 10:20] = 200
    np.save(tmp_path / "stack.npy", stack)
    image = ArrayRef(path=tmp_path / "stack.npy", axes="ZYX")
    job = FollowObjects(
        model=Library(tmp_path).find("click-2d"),
        planes=tuple(PlaneRef(image=image, index=(z,)) for z in range(3)),
        objects=(Followed(object=1, prompts={0: click(15, 15)}),),
    )
    listener.cancel_at = "followed"
    with pytest.raises(Cancelled):
        follow(job, listener)
    assert len(listener.of("followed")) == 1
