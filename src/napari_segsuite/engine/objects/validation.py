"""How well a network tells objects apart that were held out of training."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np
import torch
from numpy.typing import NDArray

from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.frames import Window
from napari_segsuite.data.painted import IGNORED
from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.objects.held_out import HeldOut
from napari_segsuite.engine.objects.regions import ObjectRegion
from napari_segsuite.engine.objects.watershed import separate
from napari_segsuite.engine.validation import HeldOutScores, Settled
from napari_segsuite.metrics import count, dice, score_instances
from napari_segsuite.plan.objects import ObjectReadout

_IOU = 0.5
_CHOICES = {
    "min_score": (0.0, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9),
    "seed": (0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7),
    "seed_rise": (0.0, 0.12, 0.24, 0.36),
    "foreground": (0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65),
}
# What leaves out less is kept if it is nearly as good.
_NEARLY = 0.002
# What a network sees around a window, in pixels.
_CONTEXT = 32
# At the end there is time to look at more, and few objects would choose by chance.
_MORE = 6


class ObjectValidation:
    """Windows with held-out objects.

    Parameters
    ----------
    regions : sequence of ObjectRegion
        What is annotated, held out or not.
    held_out : sequence of HeldOut
        What is held out, in random order.
    pixels : int
        About how many pixels to look at each time; at the end six times as many;
        large parts are cut down.
    readout : ObjectReadout
        How objects are read from maps.
    """

    def __init__(
        self,
        regions: Sequence[ObjectRegion],
        held_out: Sequence[HeldOut],
        pixels: int,
        readout: ObjectReadout,
    ) -> None:
        self._readout = readout
        self._images: list[torch.Tensor] = []
        self._inside: list[Window] = []
        self._truth: list[NDArray[np.int32]] = []
        self._known: list[NDArray[np.bool_]] = []
        self._spacings: list[Spacing | None] = []
        self._few = 0
        edge = pixels // 4
        seen = 0
        for part in held_out:
            if seen >= _MORE * pixels:
                break
            self._few += seen < pixels
            region = regions[part.region]
            window = _middle(part.window, edge)
            outer = tuple(
                slice(max(0, w.start - _CONTEXT), min(n, w.stop + _CONTEXT))
                for w, n in zip(window, region.labels.shape, strict=True)
            )
            self._images.append(region.image[(slice(None), *outer)])
            self._inside.append(
                tuple(
                    slice(w.start - o.start, w.stop - o.start)
                    for w, o in zip(window, outer, strict=True)
                )
            )
            self._truth.append(region.labels[window].numpy())
            self._known.append((region.foreground[window] != IGNORED).numpy())
            self._spacings.append(region.spacing)
            seen += self._truth[-1].size

    def score(self, classifier: Classifier) -> HeldOutScores:
        """Score a network: F1 of objects, and Dice of the foreground."""
        maps = self._maps(classifier, self._few)
        return self._scores(maps, self._readout)

    def settle(self, classifier: Classifier) -> Settled:
        """Choose how objects are read from a network's maps, by their F1.

        Objects that the network is not sure of are left out, if that is better; seeds
        are what a young and an old network differ most in, how high they lie and how
        that depends on size; then rims are moved; and so once more, since one depends
        on the other. Where nothing is better, or nothing is held out, the readout
        stays as it was.
        """
        maps = self._maps(classifier, len(self._images))
        best = self._settled(maps, self._readout)
        if not maps:
            return best
        for name in (*_CHOICES, *_CHOICES):
            for value in _CHOICES[name]:
                other = self._settled(maps, best.readout.replace(**{name: value}))
                if other.scores.f1 > best.scores.f1:
                    best = other
        kinder = (
            self._settled(maps, best.readout.replace(min_score=least))
            for least in _CHOICES["min_score"]
        )
        enough = best.scores.f1 - _NEARLY
        # Without objects, drawn or found, F1 is NaN and none is enough.
        return next((one for one in kinder if one.scores.f1 >= enough), best)

    def _settled(
        self, maps: Sequence[NDArray[np.float32]], readout: ObjectReadout
    ) -> Settled:
        return Settled(readout, self._scores(maps, readout))

    def _maps(self, classifier: Classifier, count: int) -> list[NDArray[np.float32]]:
        return [classifier.maps(image).numpy() for image in self._images[:count]]

    def _scores(
        self, maps: Sequence[NDArray[np.float32]], readout: ObjectReadout
    ) -> HeldOutScores:
        if not maps:
            return HeldOutScores(dice=nan, f1=nan)
        tp = fp = fn = 0
        overlap = np.zeros(3, dtype=np.int64)
        for i, (foreground, distance) in enumerate(maps):
            found = separate(foreground, distance, readout, self._spacings[i])
            truth, known = self._truth[i], self._known[i]
            guess = np.where(known, found[self._inside[i]], 0)
            match = score_instances(count(truth, guess), thresholds=(_IOU,)).matches[0]
            tp, fp, fn = tp + match.tp, fp + match.fp, fn + match.fn
            both, said, drawn = (truth > 0) & (guess > 0), guess > 0, truth > 0
            overlap += [both.sum(), (said & ~both).sum(), (drawn & ~both).sum()]
        return HeldOutScores(dice=dice(*(int(n) for n in overlap)), f1=dice(tp, fp, fn))


def _middle(window: Window, pixels: int) -> Window:
    """Return the middle of a window, of at most about so many pixels."""
    sizes = [part.stop - part.start for part in window]
    share = (pixels / np.prod(sizes)) ** (1 / len(sizes))
    if share >= 1:
        return window
    cut = []
    for part, size in zip(window, sizes, strict=True):
        kept = max(1, int(size * share))
        start = part.start + (size - kept) // 2
        cut.append(slice(start, start + kept))
    return tuple(cut)
