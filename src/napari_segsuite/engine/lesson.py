"""What a training learns, and how it is looked at: the face of all lessons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.objective import Goal
from napari_segsuite.engine.preview import Previews
from napari_segsuite.engine.validation import Examiner
from napari_segsuite.plan.objects import ObjectReadout


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that the training loop needs of a lesson."""

    goal: Goal[Any]
    """What training makes small."""
    examiner: Examiner
    """What scores the network."""
    previews: Previews
    """What is shown meanwhile."""
    maps: Callable[[Classifier, torch.Tensor], torch.Tensor]
    """What previews are read from."""
    readout: ObjectReadout | None = None
    """How objects are read from the network's maps."""
    paint: Examiner | None = None
    """What scores a network on all that is painted, if that is little."""


class Lesson(Protocol):
    """Labels in memory, and how they are learned."""

    def parts(self) -> Iterator[torch.Tensor]:
        """Yield all that is learned from."""

    def prepare(self, compute: Compute) -> Prepared:
        """Choose what is held out, and show a first preview."""
