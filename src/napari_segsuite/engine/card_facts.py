"""What the card of a trained model tells, whatever its network is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypedDict

import napari_segsuite
from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.classes import ClassTable
from napari_segsuite.jobs.instances import TrainMaskRCNN
from napari_segsuite.jobs.training import TrainUNet
from napari_segsuite.models.card import TrainedCard

_MOST_IMAGES = 20


class CardFacts(TypedDict):
    """The parts of a card that are alike for all networks."""

    name: str
    created: datetime
    package_version: str
    classes: ClassTable
    axes: str
    spacing: Spacing | None
    licence: str
    source: str
    provenance: dict[str, str]


def card_facts(
    job: TrainUNet | TrainMaskRCNN,
    classes: ClassTable,
    start: TrainedCard | None,
    facts: dict[str, str],
) -> CardFacts:
    """Return what a job tells of the model that it makes, as of now.

    Parameters
    ----------
    job : TrainUNet or TrainMaskRCNN
        The job.
    classes : tuple of ClassInfo
        What the model tells apart.
    start : TrainedCard or None
        The card of the model that the job starts from.
    facts : dict
        What else there is to say of how the model was made.
    """
    origin = {} if job.start_from is None else {"started from": job.start_from.name}
    return CardFacts(
        name=job.name or job.out.name,
        created=datetime.now(UTC),
        package_version=napari_segsuite.__version__,
        classes=classes,
        axes=job.images[0].axes,
        spacing=job.images[0].spacing,
        # What is trained further stays under the licence of what it came from.
        licence="" if start is None else start.licence,
        source="" if start is None else start.source,
        provenance={
            "seed": str(job.training.seed),
            "images": ", ".join(ref.path.name for ref in job.images[:_MOST_IMAGES]),
            **origin,
            **facts,
        },
    )
