"""Train the U-Net that ships inside: ``python training/nuclei_unet.py --run RUN``.

It learns to tell nuclei apart in grey images of all kinds. Started again with the same
arguments, it goes on where it stopped. It chooses the best network on a tenth of split
train that is held out, and never looks at split test.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from nuclei_run import run_training
from nuclei_set import DATA, read_split
from nuclei_variants import store, versions

from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.plan.unet import PlanChoices

NAME = "nuclei-unet"
# Small enough that an image of 1024 x 1024 pixels takes two seconds on two cores.
PLAN = PlanChoices(dimensions="2d", levels=4, features=32, normalisation="percentile")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of this run")
    parser.add_argument("--data", type=Path, default=DATA, help="the nuclei set")
    parser.add_argument("--minutes", type=float, default=50, help="of training")
    parser.add_argument("--start-from", type=Path, help="model of another run")
    parser.add_argument(
        "--rate", type=float, default=0.004, help="highest learning rate"
    )
    parser.add_argument("--patch", type=int, default=0, help="edge; 0: the plan's")
    parser.add_argument("--batch", type=int, default=0, help="patches; 0: the plan's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    pictures = read_split(given.data, "train")
    images, labels = store(versions(pictures, given.seed), given.run / "data")
    print(f"{len(images)} versions of {len(pictures)} images", flush=True)
    options = TrainingOptions(
        max_seconds=60 * given.minutes,
        learning_rate=given.rate,
        seed=given.seed,
        device=given.device,
    )

    def job_of(model: Path, resume: bool) -> TrainUNet:
        return TrainUNet(
            images=images,
            labels=labels,
            learn="objects",
            out=model,
            start_from=given.start_from,
            name=NAME,
            resume=resume,
            plan=PLAN.replace(patch_size=given.patch, batch_size=given.batch),
            training=options,
        )

    print(run_training(given.run, job_of))


if __name__ == "__main__":
    main()
