"""Segment Anything is recognised by the names and shapes of its tensors."""

from __future__ import annotations

import pytest

from napari_segsuite.models.foreign.outline import Shape
from napari_segsuite.models.foreign.sam_layout import (
    VARIANTS,
    Variant,
    sam_layout,
    sam_shapes,
)

B = VARIANTS[0]
variants = pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.name)


def tensors(variant: Variant, prefix: str = "", dtype: str = "F32") -> dict[str, Shape]:
    return {
        prefix + name: Shape(dtype, sizes)
        for name, sizes in sam_shapes(variant).items()
    }


@variants
@pytest.mark.parametrize("prefix", ["", "sam.", "module.model."])
def test_each_size_is_recognised(variant: Variant, prefix: str) -> None:
    layout = sam_layout(tensors(variant, prefix))

    assert layout is not None
    assert not layout.differences
    assert layout.architecture["arguments"] == {"variant": variant.name}
    name = "mask_decoder.iou_token.weight"
    assert layout.names[name] == prefix + name


def test_constants_beside_the_weights_are_left_out() -> None:
    layout = sam_layout({**tensors(B), "pixel_mean": Shape("F32", (3, 1, 1))})

    assert layout is not None
    assert not layout.differences
    assert "pixel_mean" not in layout.names


def test_differences_are_named() -> None:
    found = tensors(B)
    del found["mask_decoder.iou_token.weight"]
    found["image_encoder.neck.0.weight"] = Shape("F32", (256, 768, 3, 3))
    found["image_encoder.neck.1.bias"] = Shape("I64", (256,))
    found["lora.a"] = Shape("F32", (4,))

    layout = sam_layout(found)

    assert layout is not None
    assert sorted(layout.differences) == [
        "'image_encoder.neck.0.weight' has the shape (256, 768, 3, 3) instead of "
        "(256, 768, 1, 1)",
        "'image_encoder.neck.1.bias' has the type I64",
        "'lora.a' is more than it has",
        "'mask_decoder.iou_token.weight' is missing",
    ]


def test_other_networks_have_nothing_in_common() -> None:
    assert sam_layout({"conv.weight": Shape("F32", (3, 3))}) is None


def test_an_odd_landmark_does_not_confuse() -> None:
    layout = sam_layout({"image_encoder.pos_embed": Shape("F32", ())})

    assert layout is not None
    assert layout.differences
