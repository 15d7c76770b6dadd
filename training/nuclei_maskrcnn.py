"""Train the Mask R-CNN that ships inside: ``python training/nuclei_maskrcnn.py``.

It learns to find nuclei in fluorescence. Started again with the same arguments, it goes
on where it stopped. It chooses the best network on a part of split train that is held
out, and never looks at split test.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from nuclei_run import run_training
from nuclei_set import DATA, read_split
from nuclei_variants import plain, store, versions

from napari_segsuite.jobs.instances import DetectorOptions, TrainMaskRCNN

NAME = "nuclei-maskrcnn"


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of this run")
    parser.add_argument("--data", type=Path, default=DATA, help="the nuclei set")
    parser.add_argument("--minutes", type=float, default=80, help="of training")
    parser.add_argument("--start-from", type=Path, help="model of another run")
    parser.add_argument(
        "--inverted", action="store_true", help="learn from inverted images too"
    )
    parser.add_argument(
        "--rate", type=float, default=0.001, help="highest learning rate"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    pictures = read_split(given.data, "train", ("fluorescence",))
    made = versions(pictures, given.seed) if given.inverted else plain(pictures)
    images, labels = store(made, given.run / "data")
    print(f"{len(images)} versions of {len(pictures)} images", flush=True)
    options = DetectorOptions(
        max_seconds=60 * given.minutes,
        learning_rate=given.rate,
        seed=given.seed,
        device=given.device,
    )

    def job_of(model: Path, resume: bool) -> TrainMaskRCNN:
        return TrainMaskRCNN(
            images=images,
            labels=labels,
            out=model,
            start_from=given.start_from,
            name=NAME,
            resume=resume,
            training=options,
        )

    print(run_training(given.run, job_of))


if __name__ == "__main__":
    main()
