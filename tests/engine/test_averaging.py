from __future__ import annotations

import pytest
from torch import nn

from napari_segsuite.engine.averaging import MovingAverage


def test_the_moving_average_follows() -> None:
    network = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(network.weight)
    average = MovingAverage(network)
    nn.init.ones_(network.weight)
    average.update()
    assert average.network.weight.item() == pytest.approx(0.9)
    for _ in range(500):
        average.update()
    assert average.network.weight.item() == pytest.approx(1.0, abs=1e-3)
    assert network.weight.item() == 1.0


def test_the_moving_average_goes_on_where_it_stood() -> None:
    network = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(network.weight)
    average = MovingAverage(network)
    average.resume(8)
    nn.init.ones_(network.weight)
    average.update()
    assert average.network.weight.item() == pytest.approx(0.5)  # 9 / (9 + 9) stays


def test_a_part_with_two_names_is_averaged_once() -> None:
    part = nn.Linear(1, 1, bias=False)
    network = nn.ModuleList([part, part])
    nn.init.zeros_(part.weight)
    average = MovingAverage(network)
    nn.init.ones_(part.weight)
    average.update()
    assert average.network[0].weight.item() == pytest.approx(0.9)
