"""Our table of Segment Anything's tensors, against Meta's package."""

from __future__ import annotations

import pytest
import torch
from segment_anything import sam_model_registry

from napari_segsuite.models.foreign.sam_layout import VARIANTS, Variant, sam_shapes


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_the_shapes_are_those_of_metas_package(variant: Variant) -> None:
    with torch.device("meta"):
        wanted = sam_model_registry[variant.name]().state_dict()

    assert sam_shapes(variant) == {n: tuple(v.shape) for n, v in wanted.items()}
