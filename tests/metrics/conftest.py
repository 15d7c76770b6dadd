"""What tests of scores share: other libraries that calculate in float64."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture
def exact_torch(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let torchmetrics and MONAI divide in float64, as they would not by themselves.

    They turn counts into numbers by `Tensor.float`, or by a division, whose result has
    torch's default type.
    """
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(default)
