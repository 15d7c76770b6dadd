"""What others use to tell nuclei apart: a foreground, and a watershed of distances.

The foreground is Otsu's threshold, or a random forest of pixels on multi-scale features
as in ilastik and Labkit, or any function. The two numbers of the watershed are chosen
on training images.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from nuclei_objects import Picture, Segment, grey, objects_of
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import multiscale_basic_features, peak_local_max
from skimage.filters import threshold_otsu
from skimage.segmentation import watershed
from sklearn.ensemble import RandomForestClassifier

from napari_segsuite.metrics.instances import total

# The numbers of the watershed are chosen on so many training images.
TUNED_ON = 60
MIN_DISTANCES = (3, 5, 7, 10, 14)
LEAST_AREAS = (0, 15, 40)
# Pixels that a forest learns from: of all training images of a kind, and of one.
FOREST_PIXELS = 40_000
FOREST_PIXELS_EACH = 2_000
_PERCENTILES = (1.0, 99.8)

Foreground = Callable[[Picture], NDArray[np.bool_]]


def tuned(foreground: Foreground, kind: str, part: float = 1.0) -> Segment:
    """Return foreground and watershed, with the best numbers on training images.

    Parameters
    ----------
    foreground : callable
        What a picture's nuclei cover.
    kind : str
        The kind of images.
    part : float, optional
        Of the training images.
    """
    some = grey("train", (kind,), part)[:TUNED_ON]
    masks = [foreground(one) for one in some]
    best, numbers = -1.0, (MIN_DISTANCES[0], LEAST_AREAS[0])
    for apart in MIN_DISTANCES:
        found = [split(mask, apart) for mask in masks]
        for least in LEAST_AREAS:
            reports = [
                objects_of(one, without_specks(labels, least))
                for one, labels in zip(some, found, strict=True)
            ]
            reached = total(reports).average_precision
            if reached > best:
                best, numbers = reached, (apart, least)
    apart, least = numbers
    return lambda picture: without_specks(split(foreground(picture), apart), least)


def split(inside: NDArray[np.bool_], min_distance: int) -> NDArray[np.int32]:
    """Tell objects apart by the distance to their rim.

    Parameters
    ----------
    inside : bool array, shape (Y, X)
        What objects cover.
    min_distance : int
        Least distance of two peaks, in pixels.

    Returns
    -------
    int32 array, shape (Y, X)
        Instance ids; 0 = none.
    """
    distance = ndimage.distance_transform_edt(inside)
    parts, _ = ndimage.label(inside)
    peaks = peak_local_max(distance, min_distance=min_distance, labels=parts)
    seeds = np.zeros(inside.shape, np.int32)
    seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    found: NDArray[np.int32] = watershed(-distance, seeds, mask=inside)
    return found


def without_specks(labels: NDArray[np.int32], least_area: int) -> NDArray[np.int32]:
    """Return labels without objects of fewer pixels."""
    areas = np.bincount(labels.ravel())
    return np.where(areas[labels] < least_area, 0, labels).astype(np.int32)


def otsu(picture: Picture) -> NDArray[np.bool_]:
    """Return Otsu's foreground: bright in fluorescence, dark elsewhere."""
    image = picture.image
    if image.min() == image.max():
        return np.zeros(image.shape, np.bool_)
    bright: NDArray[np.bool_] = image > threshold_otsu(image)
    return bright if picture.kind == "fluorescence" else ~bright


def pixel_forest(pictures: Sequence[Picture], seed: int = 0) -> Foreground:
    """Return the foreground by a random forest of pixels, as ilastik and Labkit do.

    Parameters
    ----------
    pictures : sequence of Picture
        Training images; random pixels of each are learned, colours included.
    seed : int, optional
        Of the pixels and of the forest.
    """
    rng = np.random.default_rng(seed)
    each = min(FOREST_PIXELS // len(pictures), FOREST_PIXELS_EACH)
    features, truth = [], []
    for one in pictures:
        seen = _features(one)
        where = rng.choice(len(seen), each, replace=False)
        features.append(seen[where])
        truth.append(one.labels.ravel()[where] > 0)
    forest = RandomForestClassifier(n_estimators=100, n_jobs=-1, random_state=seed)
    forest.fit(np.concatenate(features), np.concatenate(truth))

    def foreground(picture: Picture) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_] = forest.predict(_features(picture))
        return inside.reshape(picture.labels.shape)

    return foreground


def _features(picture: Picture) -> NDArray[np.float32]:
    """Return scikit-image's features of each pixel, (pixels, features)."""
    image = picture.colours.astype(np.float32)
    # Images differ in exposure: without a common scale a forest learns little.
    low, high = np.percentile(image, _PERCENTILES)
    image = np.clip((image - low) / max(high - low, 1), 0, 1)
    channel_axis = -1 if image.ndim == 3 else None
    found = multiscale_basic_features(image, channel_axis=channel_axis)
    return found.reshape(-1, found.shape[-1])
