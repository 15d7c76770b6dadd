"""The image encoder of SAM, computed faster than as published.

The weights are Meta's, the arithmetic is the same; what differs is the order of work
and, where the device multiplies a 16-bit type fast, its precision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from segment_anything.modeling import ImageEncoderViT
from torch import nn
from torch.nn import functional

from napari_segsuite.engine.prompting.sam.attention import (
    attend,
    attend_in_half,
    table,
)


@dataclass(frozen=True, slots=True)
class _Linear:
    """The weights of a linear layer."""

    weight: torch.Tensor
    bias: torch.Tensor

    @classmethod
    def of(cls, layer: nn.Linear, dtype: torch.dtype) -> _Linear:
        return cls(layer.weight.detach().to(dtype), layer.bias.detach().to(dtype))

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return functional.linear(x, self.weight, self.bias)


class FastEncoder:
    """The image encoder of SAM.

    Parameters
    ----------
    encoder : ImageEncoderViT
        Meta's encoder with its weights, in 32 bits, on the device on which to compute.
        It is not needed afterwards, and gives up the memory of its blocks.
    half : torch.dtype or None
        The 16-bit type in which the blocks multiply; sums and normalisations stay in
        32 bits, as do the first and the last layers. None: all in 32 bits.
    """

    def __init__(self, encoder: ImageEncoderViT, half: torch.dtype | None) -> None:
        self._patch_embed = encoder.patch_embed
        self._places = encoder.pos_embed
        self._neck = encoder.neck
        self._blocks = [_Block(block, half) for block in encoder.blocks]
        encoder.blocks = nn.ModuleList()

    def encode(
        self, image: torch.Tensor, check: Callable[[], None] = lambda: None
    ) -> torch.Tensor:
        """Return the embedding of an image.

        Parameters
        ----------
        image : float32 torch.Tensor, (1, 3, size, size)
            What `preprocessing.prepare` returned, on the encoder's device.
        check : callable, optional
            Called every few hundred milliseconds; raises to cancel.

        Returns
        -------
        float32 torch.Tensor, (1, channels, size / 16, size / 16)
            The embedding: 256 channels, 64 × 64 places in SAM's own models.
        """
        with torch.inference_mode():
            x = self._patch_embed(image) + self._places
            for block in self._blocks:
                x = block(x, check)
            check()
            embedding: torch.Tensor = self._neck(x.permute(0, 3, 1, 2))
            return embedding


class _Block:
    """One transformer block: attention, in windows or everywhere, and an MLP."""

    def __init__(self, block: Any, half: torch.dtype | None) -> None:
        attention, full = block.attn, torch.float32
        self._half = half
        self._window = block.window_size
        self._heads = attention.num_heads
        self._norms = [(norm, norm.eps) for norm in (block.norm1, block.norm2)]
        self._rows = table(attention.rel_pos_h.detach())
        self._columns = table(attention.rel_pos_w.detach())
        qkv = _Linear.of(attention.qkv, full)
        if half is not None:
            qkv = self._prepare_half(qkv, attention.scale, half)
        self._qkv = qkv
        dtype = half or full
        self._projection = _Linear.of(attention.proj, dtype)
        self._widening = _Linear.of(block.mlp.lin1, dtype)
        self._narrowing = _Linear.of(block.mlp.lin2, dtype)

    def _prepare_half(self, qkv: _Linear, scale: float, half: torch.dtype) -> _Linear:
        """Put the scale into the queries while the weights still have 32 bits."""
        factor = torch.ones_like(qkv.bias)
        factor[: len(factor) // 3] = scale
        # As with the keys in `attend_in_half`, a common part only costs digits.
        self._rows, self._columns = (
            ((each - each.mean(1, keepdim=True)) / scale).to(half)
            for each in (self._rows, self._columns)
        )
        return _Linear(
            (qkv.weight * factor[:, None]).to(half), (qkv.bias * factor).to(half)
        )

    def __call__(self, x: torch.Tensor, check: Callable[[], None]) -> torch.Tensor:
        """Return (1, rows, columns, channels) for the same, in 32 bits."""
        check()
        x = x + self._attention(self._normalised(x, 0), check)
        check()
        y = functional.gelu(self._widening.apply(self._normalised(x, 1)))
        check()
        return x + self._narrowing.apply(y)

    def _normalised(self, x: torch.Tensor, which: int) -> torch.Tensor:
        norm, eps = self._norms[which]
        y = functional.layer_norm(x, x.shape[-1:], norm.weight, norm.bias, eps)
        return y if self._half is None else y.to(self._half)

    def _attention(self, x: torch.Tensor, check: Callable[[], None]) -> torch.Tensor:
        _, height, width, channels = x.shape
        qkv = self._qkv.apply(x)[0]
        n, m = (self._window, self._window) if self._window else (height, width)
        down, across = -(-height // n), -(-width // m)
        if (down * n, across * m) != (height, width):
            # Meta pads with zeros before the linear layer, which makes them its bias.
            padded = self._qkv.bias.repeat(down * n, across * m, 1)
            padded[:height, :width] = qkv
            qkv = padded
        q, k, v = (
            qkv.view(down, n, across, m, 3, self._heads, -1)
            .permute(4, 0, 2, 5, 1, 3, 6)
            .reshape(3, down * across * self._heads, n * m, -1)
        )
        function = attend if self._half is None else attend_in_half
        seen = function(q, k, v, self._rows, self._columns, check)
        seen = (
            seen.view(down, across, self._heads, n, m, -1)
            .permute(0, 3, 1, 4, 2, 5)
            .reshape(1, down * n, across * m, channels)
        )
        return self._projection.apply(seen[:, :height, :width])
