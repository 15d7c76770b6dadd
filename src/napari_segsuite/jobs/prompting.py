"""Segment objects from clicks, boxes and rough masks."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from napari_segsuite._model import Model
from napari_segsuite.data.prompts.planes import PlaneRef
from napari_segsuite.data.prompts.prompt import PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.jobs.base import Job, Result
from napari_segsuite.jobs.training import Device


class MaskOffer(Model):
    """One mask that a model offers."""

    mask: MaskRuns
    """The mask."""
    score: float
    """The IoU, 0 to 1, that the model expects."""


class EmbeddingResult(Result):
    """A plane is ready for prompts."""

    seconds: float
    """Time it took."""
    source: Literal["memory", "disk", "model"]
    """Where the embedding came from."""
    device: str = ""
    """Where the model computes: cpu, cuda or mps."""


class EmbedPlane(Job[EmbeddingResult]):
    """Prepare a plane, so that the first click on it is answered at once."""

    kind: ClassVar[str] = "embed-plane"
    handler: ClassVar[str] = "napari_segsuite.engine.prompting.answering:embed"
    result_type: ClassVar[type[Result]] = EmbeddingResult

    model: Path
    """The model folder."""
    plane: PlaneRef
    """The plane."""
    cache: Path | None = None
    """A folder in which embeddings outlive the worker; None: none is kept there."""
    device: Device = "auto"
    """Where to compute."""


class SegmentResult(Result):
    """The answer to a prompt."""

    offers: tuple[MaskOffer, ...]
    """One to three masks, the best first."""
    source: Literal["memory", "disk", "model"]
    """Where the plane's embedding came from."""


class SegmentPrompt(Job[SegmentResult]):
    """Segment the object that a prompt on one plane means."""

    kind: ClassVar[str] = "segment-prompt"
    handler: ClassVar[str] = "napari_segsuite.engine.prompting.answering:segment"
    result_type: ClassVar[type[Result]] = SegmentResult

    model: Path
    """The model folder."""
    plane: PlaneRef
    """The plane."""
    prompt: PlanePrompt
    """What is said about the object."""
    cache: Path | None = None
    """A folder in which embeddings outlive the worker; None: none is kept there."""
    device: Device = "auto"
    """Where to compute."""


class Followed(Model):
    """One object to follow through a stack."""

    object: int = Field(ge=1)
    """Its id."""
    prompts: dict[int, PlanePrompt]
    """What is said about it, by place among the planes. A plane with background
    clicks alone means that the object ends before it."""


class FollowOptions(Model):
    """When to stop following."""

    agreement: float = Field(default=0.4, ge=0, le=1)
    """The object ends where its mask's IoU with the plane before falls below this."""
    fading: float = Field(default=0.5, ge=0, le=1)
    """The object ends where its contrast with its surroundings falls below this part
    of what it has on the plane with the prompt; half is where blur puts an edge."""
    smallest: int = Field(default=4, ge=1)
    """The object ends where it has fewer pixels than this."""


class FollowedResult(Result):
    """Objects followed through a stack."""

    spans: dict[int, tuple[int, int]]
    """By object: its first and its last place, both included."""
    seconds: float
    """Time it took."""


class FollowObjects(Job[FollowedResult]):
    """Follow objects from the planes with prompts through a stack, both ways.

    Each plane of each object is told as a `FollowedPlane` event when it is done.
    """

    kind: ClassVar[str] = "follow-objects"
    handler: ClassVar[str] = "napari_segsuite.engine.prompting.following:follow"
    result_type: ClassVar[type[Result]] = FollowedResult

    model: Path
    """The model folder."""
    planes: tuple[PlaneRef, ...]
    """The planes of the range, in order along z or t."""
    objects: tuple[Followed, ...]
    """The objects."""
    options: FollowOptions = FollowOptions()
    """When to stop."""
    cache: Path | None = None
    """A folder in which embeddings outlive the worker; None: none is kept there."""
    device: Device = "auto"
    """Where to compute."""


class EverythingOptions(Model):
    """Which masks to keep; sizes in pixels."""

    spacing: int = Field(default=0, ge=0, le=512)
    """Distance of the clicks from each other; 0 chooses it by the image's size."""
    min_score: float = Field(default=0.7, ge=0, le=1)
    """The least IoU that the model itself expects of a mask."""
    min_stability: float = Field(default=0.85, ge=0, le=1)
    """The least IoU between a mask and itself under a stricter and a looser limit."""
    min_size: int = Field(default=16, ge=1)
    """The least pixels of an object."""
    max_size: int = Field(default=0, ge=0)
    """The most pixels of an object; 0: a quarter of the plane."""


class EverythingResult(Result):
    """All objects found on a plane."""

    offers: tuple[MaskOffer, ...]
    """The objects, without overlap, the surest first."""
    seconds: float
    """Time it took."""


class SegmentEverything(Job[EverythingResult]):
    """Segment every object of a plane, by prompting it all over."""

    kind: ClassVar[str] = "segment-everything"
    handler: ClassVar[str] = "napari_segsuite.engine.prompting.everything:segment_all"
    result_type: ClassVar[type[Result]] = EverythingResult

    model: Path
    """The model folder."""
    plane: PlaneRef
    """The plane."""
    region: tuple[tuple[int, int], tuple[int, int]] | None = None
    """(start, stop) of rows and of columns in which to look; None: everywhere."""
    options: EverythingOptions = EverythingOptions()
    """Which masks to keep."""
    cache: Path | None = None
    """A folder in which embeddings outlive the worker; None: none is kept there."""
    device: Device = "auto"
    """Where to compute."""
