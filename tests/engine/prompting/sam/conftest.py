"""A Segment Anything of Meta's own classes, small enough for tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from segment_anything.modeling import (
    ImageEncoderViT,
    MaskDecoder,
    PromptEncoder,
    Sam,
    TwoWayTransformer,
)

SIZE = 128
"""Side of the square that the small network sees; 8 × 8 tokens."""


@pytest.fixture(scope="session")
def small_sam() -> Callable[..., Sam]:
    """Return a function that builds a network with random weights.

    Windows of 3 × 3 tokens do not divide the 8 × 8, as 14 × 14 do not divide 64 × 64.
    """

    def build(seed: int = 0, heads: int = 2) -> Sam:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            sam = Sam(
                image_encoder=ImageEncoderViT(
                    img_size=SIZE,
                    embed_dim=48,
                    depth=3,
                    num_heads=heads,
                    norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
                    use_rel_pos=True,
                    window_size=3,
                    global_attn_indexes=(1,),
                    out_chans=32,
                ),
                prompt_encoder=PromptEncoder(
                    embed_dim=32,
                    image_embedding_size=(SIZE // 16, SIZE // 16),
                    input_image_size=(SIZE, SIZE),
                    mask_in_chans=16,
                ),
                mask_decoder=MaskDecoder(
                    transformer_dim=32,
                    transformer=TwoWayTransformer(2, 32, 4, 64),
                ),
            )
            with torch.no_grad():
                # Meta starts these at zero, which would hide mistakes with them.
                for name, values in sam.image_encoder.named_parameters():
                    if "pos" in name or name.endswith("qkv.bias"):
                        values.normal_(std=0.5)
                # Untrained masks are flat; these have edges.
                for head in sam.mask_decoder.output_hypernetworks_mlps:
                    head.layers[-1].weight.mul_(20)
        return sam.eval()

    return build
