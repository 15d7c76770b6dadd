"""Weights of a Mask R-CNN that goes on with other classes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torchvision.models.detection import MaskRCNN

from napari_segsuite.engine import weights

_PER_CLASS = {
    "roi_heads.box_predictor.cls_score.": 1,
    "roi_heads.box_predictor.bbox_pred.": 4,
    "roi_heads.mask_predictor.mask_fcn_logits.": 1,
}
"""How the names of weights begin that have so many rows per class."""


def transfer(
    source: MaskRCNN, target: MaskRCNN, ids: Sequence[int], new_ids: Sequence[int]
) -> None:
    """Copy weights into a network of the same build with other classes.

    Parameters
    ----------
    source, target : MaskRCNN
        Networks that differ in their classes only.
    ids, new_ids : sequence of int
        Class ids in the order of their classes from 1 on. Classes that both know keep
        what was learned, as does background; others keep what `target` has.
    """
    kept = [0] + [1 + new_ids.index(i) for i in ids if i in new_ids]
    known = [0] + [1 + list(ids).index(i) for i in ids if i in new_ids]
    old = weights.own(source)
    with torch.no_grad():
        for name, values in weights.own(target).items():
            rows = next((n for b, n in _PER_CLASS.items() if name.startswith(b)), 0)
            if rows:
                shape = (-1, rows, *values.shape[1:])
                values.view(shape)[kept] = old[name].reshape(shape)[known]
            else:
                values.copy_(old[name])
