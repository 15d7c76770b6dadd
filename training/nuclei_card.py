"""Make the model that ships of a trained one: ``python training/nuclei_card.py``.

``--ship`` puts it among the models that ship inside; a model that ships is never
written by the package itself.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from model_card import IMAGES, LICENCE, half, ship
from safetensors.torch import load_file, save_file

from napari_segsuite.models.card import TrainedCard, WeightsFile
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.kinds import as_trained
from napari_segsuite.models.publishing import discard, publish
from napari_segsuite.models.shipment import SHIPPED

ABOUT = {
    "nuclei-unet": {
        "data": f"{IMAGES}: fluorescence, histology, brightfield; CC0.",
        "recipe": (
            "benchmarks/instances_unet.py (fluorescence, 75 minutes on 2 cores), then "
            "twice training/nuclei_unet.py --start-from (36 minutes, 65 minutes with "
            "--rate 0.002), training/deeper.py, and once more (82 minutes on 1 core, "
            "--rate 0.0015); images in grey, also inverted and, of colour images, in "
            "random mixes of their channels"
        ),
        "limits": (
            "2D planes of one channel; colour images are averaged to grey. It learned "
            "from nuclei 7 to 50 pixels wide, shown at 0.6 to 1.6 times their size; of "
            "histology it saw 79 images, of brightfield 12."
        ),
    },
    "nuclei-maskrcnn": {
        "data": f"{IMAGES}: fluorescence; CC0.",
        "recipe": (
            "training/nuclei_maskrcnn.py (80 minutes on 2 cores, images as they are), "
            "then with --start-from and --inverted (16 minutes, --rate 0.0007)"
        ),
        "limits": (
            "2D planes of one channel; colour images are averaged to grey. It learned "
            "from fluorescence, mostly bright nuclei on dark ground, a quarter of it "
            "inverted, 7 to 50 pixels wide."
        ),
    },
}
# Who trains further on a little paint has not the patches of a long training: many
# small ones show more of it.
FURTHER: dict[str, dict[str, object]] = {
    "nuclei-unet": {"patch_size": (128, 128), "batch_size": 4}
}
# Of what training notes, the names of the image files say nothing here.
NOTED = ("loss", "seed")


def write(
    model: Path, name: str, scores: dict[str, float], folder: Path
) -> TrainedCard:
    """Publish a trained model as one that ships, in half precision.

    Parameters
    ----------
    model : Path
        The folder of the trained model.
    name : str
        What it will be called; one of `ABOUT`.
    scores : dict
        Scores to add to those that training noted.
    folder : Path
        The folder to make; a model that is there goes.
    """
    trained = as_trained(read_card(model), model)
    tensors = half(load_file(model / trained.weights.file))
    noted = {key: trained.provenance[key] for key in NOTED if key in trained.provenance}

    def card(weights: WeightsFile) -> TrainedCard:
        return trained.replace(
            name=name,
            plan=trained.plan.replace(**FURTHER.get(name, {})),
            weights=weights,
            unfinished=None,
            licence=LICENCE,
            source="trained for napari-segsuite",
            scores={**trained.scores, **scores},
            provenance={**ABOUT[name], **noted},
        )

    discard(folder)  # so that the weights get their lasting name
    return publish(folder, card, lambda path: save_file(tensors, path), final=True)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a trained model")
    parser.add_argument("--name", choices=list(ABOUT), required=True)
    parser.add_argument("--out", type=Path, help="folder to make; else beside --model")
    parser.add_argument("--scores", type=Path, help="JSON: scores by name")
    parser.add_argument("--ship", action="store_true", help="make it ship inside")
    given = parser.parse_args()
    scores = json.loads(given.scores.read_text()) if given.scores else {}
    folder = given.out or given.model.parent / given.name
    card = write(given.model, given.name, scores, folder)
    print(f"{folder}: {card.weights.size / 1e6:.2f} MB, {card.scores}")
    if given.ship:
        ship(folder, SHIPPED / given.name)


if __name__ == "__main__":
    main()
