"""How good a network is on scenes that were held out of training."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from torchvision.models.detection import MaskRCNN

from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.maskrcnn.finding import find, labels_of
from napari_segsuite.engine.maskrcnn.patches import Cropper, cut
from napari_segsuite.engine.maskrcnn.scenes import Scene, part_of
from napari_segsuite.metrics import count
from napari_segsuite.metrics.instances import score_instances, total
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan

_SHARE = 0.1
_FEWEST_UNITS = 4
_FEWEST_OBJECTS = 6
# Enough to choose the best network by, few enough to be done in a second or two.
_WINDOWS = 20
_LEAST_SCORE = 0.5


def hold_out(
    scenes: Sequence[Scene], rng: np.random.Generator
) -> tuple[list[Scene], list[Scene]]:
    """Divide scenes into those to learn from and those to be scored on.

    Whole images are held out if there are four with objects, else whole planes, else
    the end of the only one if there are objects enough on both sides; else nothing.

    Parameters
    ----------
    scenes : sequence of Scene
        All of them; at least one has an object.
    rng : numpy.random.Generator
        The randomness.

    Returns
    -------
    seen, held_out : list of Scene
        `seen` has an object; `held_out` may be empty.
    """
    with_objects = [i for i, scene in enumerate(scenes) if len(scene.areas)]
    pictures = sorted({scenes[i].picture for i in with_objects})
    if len(pictures) >= _FEWEST_UNITS:
        many = max(1, round(_SHARE * len(pictures)))
        chosen = set(rng.choice(pictures, many, replace=False).tolist())
        out = {i for i, scene in enumerate(scenes) if scene.picture in chosen}
    elif len(with_objects) >= _FEWEST_UNITS:
        many = max(1, round(_SHARE * len(with_objects)))
        # Neighbours in a stack look alike: those at the end are the least known.
        out = set(with_objects[-many:])
    else:
        return _divided(scenes)
    return (
        [scene for i, scene in enumerate(scenes) if i not in out],
        [scene for i, scene in enumerate(scenes) if i in out],
    )


class Validation:
    """Windows of held-out scenes.

    Parameters
    ----------
    scenes : sequence of Scene
        What is held out.
    plan : MaskRCNNPlan
        Patch size and scale.
    rng : numpy.random.Generator
        The randomness of the choice of windows.
    """

    def __init__(
        self, scenes: Sequence[Scene], plan: MaskRCNNPlan, rng: np.random.Generator
    ) -> None:
        self._patches = []
        if any(len(scene.areas) for scene in scenes):
            cropper = Cropper(scenes, plan.patch_size, plan.scale, rng)
            crops = [cropper.draw(1.0, with_object=True) for _ in range(_WINDOWS)]
            self._patches = [
                cut(scenes[crop.scene], crop, plan.patch_size) for crop in crops
            ]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held out."""
        return not self._patches

    def f1(self, network: MaskRCNN, compute: Compute) -> float:
        """Return the F1 of objects matched at an IoU of 0.5; NaN without any.

        Parameters
        ----------
        network : MaskRCNN
            In evaluation mode, on the device of `compute`.
        compute : Compute
            Where to compute.
        """
        if self.is_empty:
            return math.nan
        reports = []
        for patch in self._patches:
            found = find(network, [patch.image], compute)[0]
            shape = patch.labels.shape
            guess = labels_of(found, (shape[0], shape[1]), _LEAST_SCORE)
            table = count(patch.labels.numpy(), guess)
            reports.append(score_instances(table, thresholds=(0.5,)))
        return total(reports).matches[0].f1


def _divided(scenes: Sequence[Scene]) -> tuple[list[Scene], list[Scene]]:
    """Hold out the last fifth of the largest scene, if there is enough of it."""
    largest = max(range(len(scenes)), key=lambda i: len(scenes[i].areas))
    scene = scenes[largest]
    axis = int(np.argmax(scene.labels.shape))
    ends = scene.centres[:, axis] if len(scene.areas) else np.zeros(0)
    cut_at = int(0.8 * scene.labels.shape[axis])
    behind = int(np.count_nonzero(ends > cut_at))
    if behind < _FEWEST_OBJECTS or len(ends) - behind < _FEWEST_OBJECTS:
        return list(scenes), []
    size = scene.labels.shape[axis] - cut_at
    parts = [
        part_of(scene, axis, 0, cut_at),
        part_of(scene, axis, cut_at, size),
    ]
    others = [one for i, one in enumerate(scenes) if i != largest]
    return [parts[0], *others], [parts[1]]
