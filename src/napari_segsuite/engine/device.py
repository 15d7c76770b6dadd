"""Where to compute, in which precision, and with how many threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch

from napari_segsuite.errors import InputError

_BY_SPEED: tuple[Literal["cuda", "mps", "cpu"], ...] = ("cuda", "mps", "cpu")


@dataclass(frozen=True, slots=True)
class Compute:
    """A device and how to use it."""

    device: torch.device
    """Where tensors live."""
    half: torch.dtype | None
    """The 16-bit type that the device multiplies fast; None: 32 bits."""
    lanes: int
    """Python threads that work side by side, one patch or tile each."""

    @contextmanager
    def precision(self) -> Iterator[None]:
        """Compute in the fast type while the block runs, in this thread."""
        # Lanes share weights, and torch's cache of converted ones: a lane that ends
        # would empty it for another, and change how its gradients are rounded.
        with torch.autocast(
            self.device.type,
            dtype=self.half,
            enabled=self.half is not None,
            cache_enabled=self.lanes == 1,
        ):
            yield


def choose(name: Literal["auto", "cpu", "cuda", "mps"]) -> Compute:
    """Return the device of that name; auto takes a GPU if there is one.

    Raises
    ------
    InputError
        If the device is not there.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(kind for kind in _BY_SPEED if there[kind])
    if not there[name]:
        msg = (
            f"The device {name} was asked for, but this machine or this build of torch "
            "does not have it. Choose auto or cpu."
        )
        raise InputError(msg)
    if name == "cuda":
        half = torch.bfloat16 if torch.cuda.is_bf16_supported(False) else None
        return Compute(torch.device("cuda"), half, 1)
    if name == "mps":
        return Compute(torch.device("mps"), None, 1)
    half = torch.bfloat16 if _multiplies_bfloat16() else None
    return Compute(torch.device("cpu"), half, torch.get_num_threads())


@contextmanager
def one_thread_per_lane(compute: Compute) -> Iterator[None]:
    """Keep torch from splitting single operations while the block runs.

    On few cores, lanes that each work on a patch of their own are twice as fast as
    one lane whose every operation is split, since they meet once a step and not a
    thousand times; when other programs need the cores too, many times.
    """
    threads = torch.get_num_threads()
    if compute.lanes > 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _multiplies_bfloat16() -> bool:
    """Whether the processor has instructions for it; emulation would be slow."""
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
