"""Scores of one class from its counts of true and false positives and negatives.

With a class's true positives TP (pixels that are in the class and predicted so),
false positives FP (predicted, but not in it) and false negatives FN (in it, but not
predicted), and its true negatives TN (neither in it nor predicted), every score but
the volume error lies in 0 … 1, and all are NaN where their denominator is 0. A class
that is in one of the two arrays only has TP = 0 and therefore Dice and IoU 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable


def dice(tp: int, fp: int, fn: int) -> float:
    """Return the Dice coefficient ``2 TP / (2 TP + FP + FN)``, also called F1.

    NaN if the class is in neither array.

    References
    ----------
    Dice L. R. (1945), Ecology 26(3), 297-302.
    """
    return _ratio(2 * tp, 2 * tp + fp + fn)


def iou(tp: int, fp: int, fn: int) -> float:
    """Return the intersection over union ``TP / (TP + FP + FN)`` (Jaccard index).

    NaN if the class is in neither array.

    References
    ----------
    Jaccard P. (1912), New Phytologist 11(2), 37-50.
    """
    return _ratio(tp, tp + fp + fn)


def precision(tp: int, fp: int) -> float:
    """Return ``TP / (TP + FP)``: which part of the prediction is right.

    NaN if the class is not predicted anywhere.
    """
    return _ratio(tp, tp + fp)


def recall(tp: int, fn: int) -> float:
    """Return ``TP / (TP + FN)``: which part of the truth was found (sensitivity).

    NaN if the class is nowhere in the truth.
    """
    return _ratio(tp, tp + fn)


def specificity(tn: int, fp: int) -> float:
    """Return ``TN / (TN + FP)``: which part of the rest was left alone.

    NaN if the truth has no other class.
    """
    return _ratio(tn, tn + fp)


def volume_error(n_true: int, n_pred: int) -> float:
    """Return ``(predicted - true) / true`` pixels: 0.1 means ten per cent too much.

    In -1 … infinity; NaN if the class is nowhere in the truth. Also called relative
    volume difference: errors in different places cancel, so read it beside Dice.

    References
    ----------
    Heimann T. et al. (2009), IEEE Transactions on Medical Imaging 28(8), 1251-1265.
    """
    return _ratio(n_pred - n_true, n_true)


def cohen_kappa(n_agreeing: int, products: int, n: int) -> float:
    """Return ``(po - pe) / (1 - pe)``, the agreement beyond chance.

    In -1 … 1: 1 is perfect, 0 what two independent painters reach by chance.

    Parameters
    ----------
    n_agreeing : int
        Pixels on which truth and prediction agree; ``po = n_agreeing / n``.
    products : int
        True times predicted pixels, summed over the classes; ``pe = products / n²``.
    n : int
        All scored pixels. NaN if there are none, or all are of one class in both.

    References
    ----------
    Cohen J. (1960), Educational and Psychological Measurement 20(1), 37-46.
    """
    return _ratio(n * n_agreeing - products, n * n - products)


def mean(scores: Iterable[float]) -> float:
    """Return the mean of `scores` without those that are NaN; NaN if none is left."""
    valid = [score for score in scores if not math.isnan(score)]
    return math.fsum(valid) / len(valid) if valid else math.nan


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
