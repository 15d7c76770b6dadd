from __future__ import annotations

import dataclasses

import pytest
import torch

from napari_segsuite.engine import device
from napari_segsuite.errors import InputError


def test_the_processor_is_always_there() -> None:
    compute = device.choose("cpu")
    assert compute.device.type == "cpu"
    assert compute.lanes == torch.get_num_threads()
    assert compute.half in (None, torch.bfloat16)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="device cuda was asked for"):
        device.choose("cuda")


def test_precision_holds_inside_the_block_alone() -> None:
    compute = dataclasses.replace(device.choose("cpu"), half=torch.bfloat16)
    ones = torch.ones(2, 2)
    with compute.precision():
        assert (ones @ ones).dtype == torch.bfloat16
    assert (ones @ ones).dtype == torch.float32


def test_lanes_leave_the_number_of_threads_as_it_was() -> None:
    compute = dataclasses.replace(device.choose("cpu"), lanes=2)
    before = torch.get_num_threads()
    with device.one_thread_per_lane(compute):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
