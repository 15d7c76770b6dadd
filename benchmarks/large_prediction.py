"""Prediction of a large image: peak memory, speed against MONAI, seams.

Our worker process predicts from file to file; its peak memory is the kernel's own
figure. MONAI's sliding_window_inference (overlap 0.25, Gaussian) runs the same
network on the same picture in a process of its own, on an array that is in memory
already and without writing anything.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from results import table, write_section

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.prediction import Predict, PredictOptions
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.runners.inline import InlineRunner


def ours(folder: Path) -> dict[str, float]:
    """Predict the large picture as a worker does."""
    from napari_segsuite.runners.process import ProcessRunner

    with ProcessRunner() as runner:
        runner.warm_up(("napari_segsuite.engine.predict_unet",))
        image = ArrayRef(path=folder / "large.npy", axes="YX")
        job = Predict(model=folder / "model", image=image, out=folder / "ours.npy")
        small = image.replace(path=folder / "small.npy")
        warm = job.replace(image=small, out=folder / "warm.npy")
        runner.submit(warm).result()
        began = time.monotonic()
        runner.submit(job).result()
        seconds = time.monotonic() - began
        status = Path(f"/proc/{runner.worker_pid}/status").read_text()
        peak = int(status.split("VmHWM:")[1].split()[0]) / 1e6
    return {"seconds": seconds, "peak": peak}


def monai(folder: Path) -> dict[str, float]:
    """Predict the large picture by MONAI's sliding window."""
    import torch
    from monai.inferers import sliding_window_inference

    from napari_segsuite.engine import weights

    _, network = weights.load(folder / "model")
    network.eval()
    picture = np.load(folder / "large.npy").astype(np.float32)
    low, high = np.percentile(picture[::8, ::8], (1, 99.8))
    picture = (picture - np.float32(low)) / np.float32(high - low)
    tensor = torch.from_numpy(picture)[None, None]
    began = time.monotonic()
    with torch.inference_mode():
        said = sliding_window_inference(
            tensor, (512, 512), 4, network, overlap=0.25, mode="gaussian"
        )
        said.argmax(1).to(torch.uint8).numpy()
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"seconds": seconds, "peak": peak}


def seams(folder: Path) -> tuple[float, float]:
    """Return the largest difference in probability between small tiles and one.

    Over the whole picture, and away from its rim.
    """
    image = ArrayRef(path=folder / "small.npy", axes="YX")
    found = []
    with InlineRunner() as runner:
        for tile in (256, 2048):
            job = Predict(
                model=folder / "model",
                image=image,
                out=folder / f"labels{tile}.npy",
                probabilities=folder / f"soft{tile}.npy",
                options=PredictOptions(tile_size=tile),
            )
            result = runner.submit(job).result().probabilities
            found.append(np.asarray(result.open(), np.float32))
    difference = np.abs(found[0] - found[1]).max(axis=0)
    return float(difference.max()), float(difference[64:-64, 64:-64].max())


def main() -> None:
    """Measure and write the section."""
    from napari_segsuite.data.strokes import paint_strokes
    from napari_segsuite.data.synthesis.nuclei import nuclei

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", choices=("ours", "monai"))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--size", type=int, default=8192)
    options = parser.parse_args()
    if options.side:
        print(json.dumps({"ours": ours, "monai": monai}[options.side](options.folder)))
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        rng = np.random.default_rng(0)
        picture, truth = nuclei(rng, (1000, 1000), (0.25, 0.25), count=400)
        repeats = -(-options.size // 1000)
        large = np.tile(picture, (repeats, repeats))[: options.size, : options.size]
        np.save(folder / "large.npy", large)
        np.save(folder / "small.npy", large[:1531, :1321])
        np.save(folder / "picture.npy", picture)
        np.save(
            folder / "painted.npy",
            paint_strokes(np.where(truth > 0, 2, 1).astype(np.uint8), rng),
        )
        job = TrainUNet(
            images=(ArrayRef(path=folder / "picture.npy", axes="YX"),),
            labels=(ArrayRef(path=folder / "painted.npy", axes="YX"),),
            out=folder / "model",
            training=TrainingOptions(max_seconds=10),
        )
        with InlineRunner() as runner:
            runner.submit(job).result()
        everywhere, inside = seams(folder)
        sides = {side: _in_a_process(side, folder) for side in ("monai", "ours")}
    rows = [
        (side, f"{figures['seconds']:.1f} s", f"{figures['peak']:.2f} GB")
        for side, figures in sides.items()
    ]
    lines = table(("", "time", "peak memory"), rows)
    ratio = sides["monai"]["seconds"] / sides["ours"]["seconds"]
    lines += [
        "",
        f"Ours is {ratio:.1f} times faster. Largest difference in probability between "
        f"tiles of 256 and one tile of 1531 × 1321: {everywhere:.1e}; away from the "
        f"rim {inside:.1e}.",
    ]
    write_section("large_prediction", f"Prediction of {options.size}²", lines)


def _in_a_process(side: str, folder: Path) -> dict[str, float]:
    environment = dict(os.environ)
    if side == "monai":
        environment.pop("OMP_WAIT_POLICY", None)
    out = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--side", side, "--folder", folder],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return json.loads(out.splitlines()[-1])


if __name__ == "__main__":
    main()
