"""What went wrong with each object: merged, split, missed, invented.

An object *lies in* another if the other holds more than half of its pixels; it lies in
one other at most.

- *correct*: matched.
- *ignored*: a predicted object of which more than half is on ignored pixels.
- *merged*: a predicted object in which two or more true objects lie, and those true
  objects.
- *split*: a true object that is covered by more than half by two or more predicted
  objects that lie in it, its fragments, and those fragments.
- *missed*: any other true object. *invented*: any other predicted object.

An object that fits several kinds has the first of them: of two cells that one predicted
object covers, the large one may match it and be correct while the small one is merged.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.metrics.contingency import Ids
from napari_segsuite.metrics.instances.pairs import ObjectPairs

Kinds = NDArray[np.uint8]


class Kind(IntEnum):
    """What became of an object; columns of kinds hold these codes."""

    CORRECT = 0
    MERGED = 1
    SPLIT = 2
    MISSED = 3
    INVENTED = 4
    IGNORED = 5


def object_kinds(pairs: ObjectPairs, matched: Ids) -> tuple[Kinds, Kinds]:
    """Tell what became of every object.

    Parameters
    ----------
    pairs : ObjectPairs
        The objects and their overlaps.
    matched : ndarray of int64, shape (matches,)
        Positions of the matched pairs, from `matching.match`.

    Returns
    -------
    ndarray of uint8, shape (n_true,)
        Codes of `Kind` of the true objects: correct, merged, split or missed.
    ndarray of uint8, shape (n_pred,)
        Of the predicted objects: correct, merged, split, invented or ignored.
    """
    true_index, pred_index, overlaps = (
        pairs.true_index,
        pairs.pred_index,
        pairs.overlaps,
    )

    true_lies = np.flatnonzero(2 * overlaps > pairs.true_areas[true_index])
    held = pred_index[true_lies]
    pred_merges = np.bincount(held, minlength=pairs.n_pred) > 1
    merged_pair = true_lies[pred_merges[held]]
    pred_lies = np.flatnonzero(2 * overlaps > pairs.pred_areas[pred_index])
    inner = true_index[pred_lies]
    n_fragments = np.bincount(inner, minlength=pairs.n_true)
    covered = np.bincount(inner, weights=overlaps[pred_lies], minlength=pairs.n_true)
    true_splits = (n_fragments > 1) & (2 * covered > pairs.true_areas)
    split_pair = pred_lies[true_splits[inner]]
    # From the last kind to the first, so that the first one stays.
    true_kinds = np.full(pairs.n_true, Kind.MISSED, np.uint8)
    true_kinds[true_splits] = Kind.SPLIT
    true_kinds[true_index[merged_pair]] = Kind.MERGED
    true_kinds[true_index[matched]] = Kind.CORRECT

    pred_kinds = np.full(pairs.n_pred, Kind.INVENTED, np.uint8)
    pred_kinds[pred_index[split_pair]] = Kind.SPLIT
    pred_kinds[pred_merges] = Kind.MERGED
    pred_kinds[pairs.pred_ignored] = Kind.IGNORED
    pred_kinds[pred_index[matched]] = Kind.CORRECT
    return true_kinds, pred_kinds
