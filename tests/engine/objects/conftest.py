"""What tests of objects share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.data.painted import IGNORED
from napari_segsuite.engine.objects.regions import ObjectRegion
from napari_segsuite.engine.objects.targets import target_of


@pytest.fixture
def region() -> Callable[..., ObjectRegion]:
    """Return a function that makes a region from ids 1, 2, ...; -1 is not annotated."""

    def make(labels: NDArray[Any], image: NDArray[Any] | None = None) -> ObjectRegion:
        annotated = labels != IGNORED
        drawn = np.where(annotated, labels, 0).astype(np.int32)
        target = target_of(drawn, annotated, ((False, False),) * labels.ndim)
        boxes = [
            ([part.start for part in box], [part.stop - 1 for part in box])
            for box in ndimage.find_objects(drawn)
        ]
        values = drawn > 0 if image is None else image
        return ObjectRegion(
            image=torch.from_numpy(values[np.newaxis].astype(np.float32)),
            foreground=torch.from_numpy(target.foreground),
            distance=torch.from_numpy(target.distance),
            labels=torch.from_numpy(drawn),
            boxes=np.array(boxes, np.int64).reshape(-1, 2, labels.ndim),
            spacing=None,
        )

    return make
