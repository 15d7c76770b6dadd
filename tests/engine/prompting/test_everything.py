from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_segsuite.engine.prompting.everything import Search
from napari_segsuite.engine.prompting.model import Candidate
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.prompting import EverythingOptions


def squares(*edges: int) -> np.ndarray:
    """Squares of these edges in a row, 40 columns each."""
    plane = np.zeros((1, 40, 40 * len(edges)), np.float32)
    for i, edge in enumerate(edges):
        plane[0, 5 : 5 + edge, 40 * i + 5 : 40 * i + 5 + edge] = 1
    return plane


def search(model: Any, plane: np.ndarray, region: Any = None, **options: Any) -> Search:
    limits = EverythingOptions(**options)
    found = Search(model, model.embed(plane), region, limits)
    parts = list(found.steps())
    assert parts == sorted(parts)
    assert 0 < parts[-1] <= 1
    return found


def areas(found: Search) -> list[int]:
    return sorted(mask.area for mask, _ in found.without_overlap())


def test_each_object_is_found_once(flood: Any) -> None:
    assert areas(search(flood, squares(20, 30, 10))) == [100, 400, 900]


def test_sizes_outside_the_limits_are_left_out(flood: Any) -> None:
    plane = squares(10, 20, 30)
    assert areas(search(flood, plane, min_size=101)) == [400, 900]
    assert areas(search(flood, plane, max_size=899)) == [100, 400]


def test_only_the_region_is_searched(flood: Any) -> None:
    right = ((0, 40), (40, 80))
    found = search(flood, squares(20, 30), region=right, max_size=900)
    assert areas(found) == [900]


def test_by_default_a_quarter_of_the_plane_is_the_most(flood: Any) -> None:
    assert areas(search(flood, squares(20, 30))) == [400]  # of 3,200 pixels


def test_a_region_without_pixels_is_refused(flood: Any) -> None:
    with pytest.raises(InputError, match="has no pixel"):
        search(flood, squares(20), region=((50, 60), (0, 40)))


def test_points_inside_what_was_found_are_not_asked_again(flood: Any) -> None:
    plane = np.ones((1, 64, 64), np.float32)
    options = EverythingOptions(spacing=8, max_size=64 * 64)
    found = Search(flood, flood.embed(plane), None, options)
    list(found.steps())
    assert flood.asked == 1
    assert areas(found) == [64 * 64]


def test_of_two_that_overlap_the_surer_keeps_its_pixels(flood: Any) -> None:
    found = Search(flood, flood.embed(squares(20)), None, EverythingOptions(min_size=1))
    whole = np.ones((10, 10), np.bool_)
    found.found += [
        Candidate(whole, (0, 0), 0.8, 1.0),
        Candidate(whole, (8, 0), 0.9, 1.0),  # takes 20 of the first's 100
        Candidate(whole, (4, 0), 0.7, 1.0),  # of which nothing would be left
    ]
    kept = [(mask.offset, mask.area) for mask, _ in found.without_overlap()]
    assert kept == [((8, 0), 100), ((0, 0), 80)]


def test_a_plane_smaller_than_the_grid_is_searched_at_its_centre(flood: Any) -> None:
    plane = np.ones((1, 3, 5), np.float32)
    assert areas(search(flood, plane, min_size=1, max_size=15)) == [15]
