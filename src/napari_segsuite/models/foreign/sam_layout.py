"""The tensors of Segment Anything, as Meta's package names and shapes them.

Source: ``segment_anything`` 1.0, ``build_sam.py`` and ``modeling``; fine-tuned models
(MedSAM, micro-sam) keep the same names, sometimes behind a prefix of the training
program's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from napari_segsuite.models.foreign.layouts import Layout
from napari_segsuite.models.foreign.outline import Shape

Sizes = tuple[int, ...]
Named = Iterator[tuple[str, Sizes]]

# By this tensor the network is recognised, and its width measured.
_LANDMARK = "image_encoder.pos_embed"
# Two constants that some programs save beside the weights.
_IGNORED = frozenset({"pixel_mean", "pixel_std"})
_FLOATS = frozenset({"F16", "BF16", "F32", "F64"})
_EMBEDDING = 256


@dataclass(frozen=True, slots=True)
class Variant:
    """A size of Segment Anything."""

    name: str
    """Its name in Meta's registry: ``"vit_b"``."""
    title: str
    width: int
    """Features of a token."""
    depth: int
    """Blocks of the image encoder."""
    heads: int
    """Attention heads of a block."""
    global_blocks: tuple[int, ...]
    """The blocks that attend to the whole image."""


VARIANTS = (
    Variant("vit_b", "Segment Anything ViT-B", 768, 12, 12, (2, 5, 8, 11)),
    Variant("vit_l", "Segment Anything ViT-L", 1024, 24, 16, (5, 11, 17, 23)),
    Variant("vit_h", "Segment Anything ViT-H", 1280, 32, 16, (7, 15, 23, 31)),
)
"""The sizes that Meta has published."""


def sam_layout(tensors: Mapping[str, Shape]) -> Layout | None:
    """Return the size of Segment Anything that tensors belong to.

    Parameters
    ----------
    tensors : mapping of str to Shape
        What a file holds.

    Returns
    -------
    Layout or None
        None if they have nothing in common with it; with `differences` if they
        resemble it, but some are missing, more, or of another shape or type.
    """
    landmark = next((name for name in tensors if name.endswith(_LANDMARK)), None)
    if landmark is None:
        return None
    prefix = landmark.removesuffix(_LANDMARK)
    width = (tensors[landmark].sizes or (0,))[-1]
    variant = min(VARIANTS, key=lambda variant: abs(variant.width - width))
    found = {
        name.removeprefix(prefix): shape
        for name, shape in tensors.items()
        if name.startswith(prefix)
    }
    wanted = sam_shapes(variant)
    foreign = [name for name in tensors if not name.startswith(prefix)]
    more = [name for name in found if name not in wanted and name not in _IGNORED]
    differences = (
        *(f"{name!r} is missing" for name in wanted if name not in found),
        *(_difference(name, wanted[name], found) for name in wanted if name in found),
        *(f"{name!r} is more than it has" for name in (*more, *foreign)),
    )
    return Layout(
        kind="sam",
        title=variant.title,
        architecture={
            "class": "segment_anything.sam",
            "arguments": {"variant": variant.name},
        },
        names={name: prefix + name for name in wanted},
        differences=tuple(text for text in differences if text),
    )


def sam_shapes(variant: Variant) -> dict[str, Sizes]:
    """Return the shape of each tensor of a size of Segment Anything, by name."""
    return dict(
        chain(_image_encoder(variant), _prompt_encoder(), _transformer(), _decoder())
    )


def _difference(name: str, sizes: Sizes, found: Mapping[str, Shape]) -> str:
    shape = found[name]
    if shape.sizes != sizes:
        return f"{name!r} has the shape {shape.sizes} instead of {sizes}"
    return "" if shape.dtype in _FLOATS else f"{name!r} has the type {shape.dtype}"


def _pair(name: str, *weight: int, bias: int | None = None) -> Named:
    """Yield a weight and its bias, as long as the weight's first axis if not given."""
    yield f"{name}.weight", weight
    yield f"{name}.bias", (weight[0] if bias is None else bias,)


def _image_encoder(variant: Variant) -> Named:
    root, width = "image_encoder", variant.width
    yield _LANDMARK, (1, 64, 64, width)
    yield from _pair(f"{root}.patch_embed.proj", width, 3, 16, 16)
    for number in range(variant.depth):
        block = f"{root}.blocks.{number}"
        reach = 64 if number in variant.global_blocks else 14
        offsets = (2 * reach - 1, width // variant.heads)
        yield from _pair(f"{block}.norm1", width)
        yield f"{block}.attn.rel_pos_h", offsets
        yield f"{block}.attn.rel_pos_w", offsets
        yield from _pair(f"{block}.attn.qkv", 3 * width, width)
        yield from _pair(f"{block}.attn.proj", width, width)
        yield from _pair(f"{block}.norm2", width)
        yield from _pair(f"{block}.mlp.lin1", 4 * width, width)
        yield from _pair(f"{block}.mlp.lin2", width, 4 * width)
    yield f"{root}.neck.0.weight", (_EMBEDDING, width, 1, 1)
    yield from _pair(f"{root}.neck.1", _EMBEDDING)
    yield f"{root}.neck.2.weight", (_EMBEDDING, _EMBEDDING, 3, 3)
    yield from _pair(f"{root}.neck.3", _EMBEDDING)


def _prompt_encoder() -> Named:
    root = "prompt_encoder"
    matrix = f"{root}.pe_layer.positional_encoding_gaussian_matrix"
    yield matrix, (2, _EMBEDDING // 2)
    for number in range(4):
        yield f"{root}.point_embeddings.{number}.weight", (1, _EMBEDDING)
    yield f"{root}.not_a_point_embed.weight", (1, _EMBEDDING)
    yield from _pair(f"{root}.mask_downscaling.0", 4, 1, 2, 2)
    yield from _pair(f"{root}.mask_downscaling.1", 4)
    yield from _pair(f"{root}.mask_downscaling.3", 16, 4, 2, 2)
    yield from _pair(f"{root}.mask_downscaling.4", 16)
    yield from _pair(f"{root}.mask_downscaling.6", _EMBEDDING, 16, 1, 1)
    yield f"{root}.no_mask_embed.weight", (1, _EMBEDDING)


def _transformer() -> Named:
    root = "mask_decoder.transformer"
    for number in range(2):
        layer = f"{root}.layers.{number}"
        yield from _attention(f"{layer}.self_attn", _EMBEDDING)
        yield from _attention(f"{layer}.cross_attn_token_to_image", _EMBEDDING // 2)
        yield from _attention(f"{layer}.cross_attn_image_to_token", _EMBEDDING // 2)
        yield from _pair(f"{layer}.mlp.lin1", 2048, _EMBEDDING)
        yield from _pair(f"{layer}.mlp.lin2", _EMBEDDING, 2048)
        for norm in ("norm1", "norm2", "norm3", "norm4"):
            yield from _pair(f"{layer}.{norm}", _EMBEDDING)
    yield from _attention(f"{root}.final_attn_token_to_image", _EMBEDDING // 2)
    yield from _pair(f"{root}.norm_final_attn", _EMBEDDING)


def _attention(name: str, inner: int) -> Named:
    for part in ("q_proj", "k_proj", "v_proj"):
        yield from _pair(f"{name}.{part}", inner, _EMBEDDING)
    yield from _pair(f"{name}.out_proj", _EMBEDDING, inner)


def _decoder() -> Named:
    root = "mask_decoder"
    yield f"{root}.iou_token.weight", (1, _EMBEDDING)
    yield f"{root}.mask_tokens.weight", (4, _EMBEDDING)
    # Transposed convolutions have their inputs first.
    yield from _pair(f"{root}.output_upscaling.0", _EMBEDDING, 64, 2, 2, bias=64)
    yield from _pair(f"{root}.output_upscaling.1", 64)
    yield from _pair(f"{root}.output_upscaling.3", 64, 32, 2, 2, bias=32)
    for number in range(4):
        yield from _mlp(f"{root}.output_hypernetworks_mlps.{number}", 32)
    yield from _mlp(f"{root}.iou_prediction_head", 4)


def _mlp(name: str, outputs: int) -> Named:
    for number, features in enumerate((_EMBEDDING, _EMBEDDING, outputs)):
        yield from _pair(f"{name}.layers.{number}", features, _EMBEDDING)
