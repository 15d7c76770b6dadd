"""The textbook's lab: a U-Net on the shapes set, 300 steps, through the command."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from results import table, write_section

from napari_segsuite.data.formats import write_labels
from napari_segsuite.data.synthesis.disks import disks

_COMMAND = Path(sys.executable).with_name("segsuite")
_EPOCHS_OF_20_STEPS = 15


def _run(*arguments: object) -> None:
    subprocess.run([_COMMAND, *map(str, arguments)], check=True)


def main() -> None:
    """Measure and write the section."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for part, seed, count in (("train", 1, 24), ("test", 2, 24)):
            images, labels = disks(np.random.default_rng(seed), count)
            for kind, arrays in (("images", images), ("labels", labels)):
                (folder / part / kind).mkdir(parents=True)
                for i, array in enumerate(arrays):
                    write_labels(folder / part / kind / f"{i:02}.tif", array, "YX")
        began = time.monotonic()
        _run(
            "train", "unet", "--image", folder / "train/images", "--labels",
            folder / "train/labels", "--out", folder / "model", "--max-seconds", 3600,
            "--max-epochs", _EPOCHS_OF_20_STEPS, "--device", "cpu",
        )  # fmt: skip
        seconds = time.monotonic() - began
        _run(
            "predict", "--model", folder / "model", "--image", folder / "test/images",
            "--out", folder / "predicted",
        )  # fmt: skip
        _run(
            "evaluate", "--truth", folder / "test/labels", "--prediction",
            folder / "predicted", "--json", folder / "scores.json",
        )  # fmt: skip
        scores = json.loads((folder / "scores.json").read_text())
        card = json.loads((folder / "model/model.json").read_text())
    total = scores.get("total", scores)
    disk = next(row for row in total["classes"] if row["id"] == 2)
    steps = card["history"][-1]["step"]
    write_section(
        "shapes_lab",
        "Textbook lab: shapes set, through `segsuite`, CPU",
        table(
            ("steps", "seconds, start of torch included", "foreground IoU", "Dice",
             "pixel accuracy"),
            [(steps, f"{seconds:.0f}", f"{disk['iou']:.4f}", f"{disk['dice']:.4f}",
              f"{total['pixel_accuracy']:.4f}")],
        ),
    )  # fmt: skip


if __name__ == "__main__":
    main()
