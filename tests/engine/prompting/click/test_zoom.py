"""Where the model looks, by hand."""

from __future__ import annotations

from napari_segsuite.data.prompts.prompt import Click
from napari_segsuite.engine.prompting.click.crop import Window
from napari_segsuite.engine.prompting.click.zoom import (
    GOAL,
    Extent,
    better,
    elsewhere,
    first_window,
    fitting,
    holding,
    reaches_rim,
)

PLANE = (1000, 1000)
CLICK = Click(y=500, x=500)


def test_the_first_look_shows_pixels_as_they_are() -> None:
    assert first_window((CLICK,)) == Window(437, 437, 128)


def test_the_first_look_holds_all_positive_clicks() -> None:
    window = first_window((CLICK, Click(y=500, x=799), Click(y=0, x=0, positive=False)))

    assert window.side == 400
    assert (window.top, window.left) == (301, 450)


def test_an_object_fills_its_part_of_the_window() -> None:
    window = fitting(Extent(100, 100, 100 + GOAL - 1, 120), PLANE)

    assert window.side == 128
    assert window == Window.around(100 + (GOAL - 1) / 2, 110, 128)


def test_the_window_is_never_much_larger_than_the_plane_nor_too_near() -> None:
    assert fitting(Extent(0, 0, 999, 999), PLANE).side == 1300
    assert fitting(Extent(5, 5, 5, 5), PLANE).side == 24


def test_an_object_seen_well_is_not_looked_at_again() -> None:
    window = Window(437, 437, 128)

    assert better(window, Extent(480, 480, 520, 520), PLANE, (CLICK,)) is None


def test_a_tiny_object_is_looked_at_from_nearer() -> None:
    window = better(Window(436, 436, 128), Extent(496, 496, 504, 504), PLANE, (CLICK,))

    assert window is not None
    assert window.side == round(9 * 128 / GOAL)


def test_an_object_that_reaches_the_rim_is_looked_at_from_farther() -> None:
    window = better(Window(436, 436, 128), Extent(436, 480, 520, 520), PLANE, (CLICK,))

    assert window == Window.around(478, 500, 256)


def test_where_the_plane_ends_the_rim_is_no_reason() -> None:
    window = Window(-30, -30, 128)

    assert not reaches_rim(window, Extent(0, 0, 40, 40), (90, 90))
    assert reaches_rim(window, Extent(0, 0, 97, 40), (200, 200))


def test_a_window_larger_than_the_plane_is_the_last() -> None:
    assert better(Window(-50, -50, 200), Extent(0, 0, 99, 99), (100, 100), ()) is None


def test_the_next_click_stays_in_the_window_or_widens_it() -> None:
    window, extent = Window(436, 436, 128), Extent(480, 480, 520, 520)
    near, far = Click(y=530, x=500), Click(y=700, x=500)

    assert holding(window, extent, (CLICK, near)) == window
    wider = holding(window, extent, (CLICK, far))
    assert wider.side == round((700 - 480 + 1) / 0.75)
    assert holding(window, extent, (CLICK, far.replace(positive=False))) == window


def test_what_is_not_recognised_is_looked_at_from_near_and_far() -> None:
    sides = [
        [w.side for w in windows] for windows in elsewhere(Window(0, 0, 128), PLANE)
    ]

    assert sides == [[64, 256], [512, 1024, 2048]]
    assert elsewhere(Window(0, 0, 30), (10, 10)) == []
    assert elsewhere(Window(436, 436, 128), PLANE)[0][1] == Window(372, 372, 256)
