"""Make a model folder of a training run: ``python training/click_card.py``.

``--ship`` puts it among the models that ship inside; a model that ships is never
written by the package itself.
"""

from __future__ import annotations

import argparse
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

import napari_segsuite
from napari_segsuite.data.atomic import atomic_file
from napari_segsuite.engine.prompting.click.model import ARCHITECTURE
from napari_segsuite.engine.prompting.click.network import DEPTHS, WIDTHS
from napari_segsuite.models.card import WeightsFile
from napari_segsuite.models.folder import CARD, discard, publish, verify
from napari_segsuite.models.prompt_card import PromptCard
from napari_segsuite.models.shipment import SHIPPED

NAME = "click-2d"

PROVENANCE = {
    "data": (
        "BBBC038 (2018 Data Science Bowl, stage 1), its training part: fluorescence, "
        "histology, brightfield; CC0. Scenes of random shapes and textures, and nuclei "
        "from the package's own generator."
    ),
    "recipe": "training/click_2d.py; simulated clicks, boxes and rough masks",
    "limits": (
        "2D planes; one object per prompt. Objects without an edge or texture of "
        "their own need several clicks; thin, branched shapes are cut short."
    ),
}


def half(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return kernels as float16; biases and statistics, which are few, stay exact."""
    return {
        name: values.half() if values.ndim > 1 else values
        for name, values in tensors.items()
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
    scores = run / "scores.json"

    def card(weights: WeightsFile) -> PromptCard:
        return PromptCard(
            kind="click",
            name=NAME,
            created=datetime.now(UTC),
            package_version=napari_segsuite.__version__,
            architecture={
                "class": ARCHITECTURE,
                "arguments": {"widths": list(WIDTHS), "depths": list(DEPTHS)},
            },
            weights=weights,
            licence="BSD-3-Clause; trained on CC0 images",
            source="trained for napari-segsuite; ships inside",
            scores=json.loads(scores.read_text()) if scores.exists() else {},
            provenance=PROVENANCE | {name: str(value) for name, value in facts.items()},
        )

    return publish(folder, card, lambda path: save_file(tensors, path), final=True)


def ship(folder: Path, target: Path) -> None:
    """Copy a sound model folder to where models ship from, the card last."""
    card = verify(folder)
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.safetensors"):
        if old.name != card.weights.file:
            old.unlink()
    for name in (card.weights.file, CARD):
        with atomic_file(target / name, overwrite=True) as path:
            shutil.copyfile(folder / name, path)


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
