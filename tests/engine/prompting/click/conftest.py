"""A U-Net so small that it is made anew for each test."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def unet() -> dict[str, Any]:
    """Return a U-Net as a card describes it: three levels, four channels at first."""
    return {
        "class": "monai.networks.nets.DynUNet",
        "arguments": {
            "spatial_dims": 2,
            "in_channels": 1,
            "out_channels": 3,
            "kernel_size": [[3, 3], [3, 3], [3, 3]],
            "strides": [[1, 1], [2, 2], [2, 2]],
            "upsample_kernel_size": [[2, 2], [2, 2]],
            "filters": [4, 6, 8],
            "norm_name": "batch",
        },
    }
