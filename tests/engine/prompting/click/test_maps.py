"""Prompts as maps."""

from __future__ import annotations

import torch

from napari_segsuite.engine.prompting.click.maps import Hints, inputs
from napari_segsuite.engine.prompting.click.network import CHANNELS, EDGE

CROP = torch.zeros(3, EDGE, EDGE)


def test_no_hints_are_zeros_under_the_crop() -> None:
    crop = torch.rand(3, EDGE, EDGE)

    seen = inputs(crop, Hints())

    assert seen.shape == (CHANNELS, EDGE, EDGE)
    assert seen[:3].equal(crop)
    assert not seen[3:].any()


def test_clicks_are_bells_of_their_sign() -> None:
    seen = inputs(CROP, Hints(((10.0, 20.0, True), (90.0, 80.0, False))))

    assert seen[3:5, 10, 20].tolist() == [1, 1]
    assert seen[5:7, 90, 80].tolist() == [1, 1]
    assert seen[3, 90, 80] < 1e-6
    # Two pixels beside the click the narrow bell has fallen to exp(-1/2).
    torch.testing.assert_close(seen[3, 10, 22], torch.tensor(-0.5).exp())
    torch.testing.assert_close(seen[4, 20, 20], torch.tensor(-0.5).exp())


def test_a_click_beside_the_crop_still_sheds_some_light() -> None:
    seen = inputs(CROP, Hints(((-5.0, 20.0, True),)))

    assert 0 < seen[4, 0, 20] < 1


def test_the_box_is_one_inside_and_minus_one_outside() -> None:
    box = inputs(CROP, Hints(box=(10.0, 20.0, 11.5, 22.0)))[7]

    assert box[10:12, 20:23].eq(1).all()
    assert box.sum() == 2 * 6 - EDGE**2


def test_the_mask_is_told_from_no_mask() -> None:
    mask = torch.zeros(EDGE, EDGE)
    mask[5, 6] = 1

    seen = inputs(CROP, Hints(mask=mask))[8]

    assert seen[5, 6] == 1
    assert seen[0, 0] == -1
