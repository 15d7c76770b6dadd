"""The segmentation score of the Cell Tracking Challenge, SEG."""

from __future__ import annotations

from napari_segsuite.metrics.instances.pairs import ObjectPairs


def segmentation_sum(pairs: ObjectPairs) -> float:
    """Return the sum over true objects whose mean is SEG.

    A true object is matched by the predicted object that holds more than half of its
    pixels, and adds their IoU; without such an object it adds 0. SEG is the sum divided
    by the number of true objects; predicted objects without a match cost nothing.

    Parameters
    ----------
    pairs : ObjectPairs
        The objects and their overlaps.

    Returns
    -------
    float
        In 0 … number of true objects; 0 without objects.

    References
    ----------
    Maška M. et al. (2014), Bioinformatics 30(11), 1609-1617.
    """
    held = 2 * pairs.overlaps > pairs.true_areas[pairs.true_index]
    return float(pairs.ious[held].sum())
