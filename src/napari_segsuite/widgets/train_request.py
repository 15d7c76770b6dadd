"""What the user asks for when pressing Train."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from napari.layers import Image, Labels

from napari_segsuite.data.classes import ClassTable
from napari_segsuite.jobs.training import Box, TrainingOptions
from napari_segsuite.plan.unet import PlanChoices
from napari_segsuite.widgets.label_meaning import Learn


@dataclass(frozen=True)
class TrainRequest:
    """What the user asks for when pressing Train."""

    images: tuple[Image, ...]
    """The image; several layers are its channels."""
    axes: str
    """The axes of each of them."""
    labels: Labels
    """The painting."""
    classes: ClassTable
    """Names and colours of the painted ids."""
    name: str = ""
    """The model's name; empty takes the image's."""
    start_from: Path | None = None
    """A model folder to fine-tune."""
    resume: bool = False
    """Whether the unfinished training of that model goes on instead, with the options
    with which it began."""
    unpainted_is_background: bool = False
    """Whether unpainted pixels are a class too."""
    learn: Learn = "classes"
    """What the ids of the labels are."""
    annotated: tuple[Box, ...] = ()
    """To learn objects: the boxes in which every object is drawn; none stand for the
    slices with objects."""
    plan: PlanChoices = PlanChoices()
    """What is fixed of the plan."""
    training: TrainingOptions = TrainingOptions()
    """How to train."""

    @property
    def model_name(self) -> str:
        """The name of the model to make."""
        return self.name or self.images[0].name
