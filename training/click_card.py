"""Make a model folder of a training run: ``python training/click_card.py``.

``--ship`` puts it among the models that ship inside; a model that ships is never
written by the package itself.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from model_card import IMAGES, LICENCE, half, ship
from safetensors.torch import load_file, save_file

import napari_segsuite
from napari_segsuite.engine.prompting.click.model import ARCHITECTURE
from napari_segsuite.engine.prompting.click.network import DEPTHS, WIDTHS
from napari_segsuite.models.card import WeightsFile
from napari_segsuite.models.prompt_card import PromptCard
from napari_segsuite.models.publishing import discard, publish
from napari_segsuite.models.shipment import SHIPPED

NAME = "click-2d"

PROVENANCE = {
    "data": (
        f"{IMAGES}: fluorescence, histology, brightfield; CC0. Scenes of random shapes "
        "and textures, and nuclei from the package's own generator."
    ),
    "recipe": "training/click_2d.py; simulated clicks, boxes and rough masks",
    "limits": (
        "2D planes; one object per prompt. Objects without an edge or texture of "
        "their own need several clicks; thin, branched shapes are cut short."
    ),
}


def write(run: Path, folder: Path) -> PromptCard:
    """Publish the weights of a run as a model folder.

    Parameters
    ----------
    run : Path
        The folder of the run: ``weights.safetensors``, ``facts.json`` and, if it was
        measured, ``scores.json``.
    folder : Path
        The model folder.
    """
    discard(folder)  # so that the weights get their lasting name
    tensors = half(load_file(run / "weights.safetensors"))
    facts = json.loads((run / "facts.json").read_text())
    sight = facts.pop("sight")
    scores = run / "scores.json"

    def card(weights: WeightsFile) -> PromptCard:
        return PromptCard(
            kind="click",
            name=NAME,
            created=datetime.now(UTC),
            package_version=napari_segsuite.__version__,
            architecture={
                "class": ARCHITECTURE,
                "arguments": {
                    "widths": list(WIDTHS),
                    "depths": list(DEPTHS),
                    "sight": sight,
                },
            },
            weights=weights,
            licence=LICENCE,
            source="trained for napari-segsuite; ships inside",
            scores=json.loads(scores.read_text()) if scores.exists() else {},
            provenance=PROVENANCE | {name: str(value) for name, value in facts.items()},
        )

    return publish(folder, card, lambda path: save_file(tensors, path), final=True)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--ship", action="store_true", help="make it ship inside")
    given = parser.parse_args()
    folder = given.run / NAME
    card = write(given.run, folder)
    print(f"{folder}: {card.weights.size / 1e6:.2f} MB, {card.scores}")
    if given.ship:
        ship(folder, SHIPPED / NAME)


if __name__ == "__main__":
    main()
