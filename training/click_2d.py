"""Train the click model that ships inside: ``python training/click_2d.py``.

Goes on where it stopped if the run's folder holds a state. Chooses nothing on the
split test: a seeded part of split train is held out for that.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from click_check import mean_ious
from click_objective import Part, loss_of
from click_samples import Picture, Sample, draw_scenes, read_nuclei, sample
from nuclei_set import DATA
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from napari_segsuite.data.atomic import atomic_file
from napari_segsuite.engine.device import Compute, choose, one_thread_per_lane
from napari_segsuite.engine.lanes import Lanes
from napari_segsuite.engine.prompting.click.network import ClickNet
from napari_segsuite.engine.weights import load, own, put, snapshot
from napari_segsuite.models.shipment import SHIPPED

# Nuclei are many and alike, histology is few and hard; scenes keep it general.
SHARES = {"fluorescence": 0.34, "histology": 0.31, "brightfield": 0.07, "scenes": 0.28}
ROUNDS = 3
HELD_OUT = 0.1


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what comes out."""

    minutes: float
    seed: int
    scenes: int
    batch: int
    """Samples per lane and step."""
    rate: float
    """Highest learning rate."""


class Data:
    """Training pictures and held-out pictures, by kind."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.train: dict[str, list[Picture]] = {}
        self.held_out: dict[str, list[Picture]] = {}
        rng = np.random.default_rng(20)
        for kind, pictures in read_nuclei(folder, "train").items():
            order = rng.permutation(len(pictures))
            count = max(1, round(HELD_OUT * len(pictures)))
            usable = [pictures[i] for i in order if any(pictures[i].boxes)]
            self.held_out[kind] = usable[:count]
            self.train[kind] = usable[count:]
        self.train["scenes"] = draw_scenes(recipe.seed, recipe.scenes)
        self.held_out["scenes"] = draw_scenes(10_000, min(40, recipe.scenes))

    def batch(self, recipe: Recipe, number: int, parts: int) -> list[Part]:
        """Return the parts of batch `number`; the same number gives the same."""
        rng = np.random.default_rng([recipe.seed, 1, number])
        kinds, shares = list(SHARES), list(SHARES.values())
        made: list[Sample] = []
        while len(made) < parts * recipe.batch:
            pictures = self.train[kinds[rng.choice(len(kinds), p=shares)]]
            drawn = sample(pictures[rng.integers(len(pictures))], rng)
            if drawn is not None:
                made.append(drawn)
        return [Part.begin(made[i::parts], rng) for i in range(parts)]


class Run:
    """A training: network, optimiser, mean of the weights, and time spent."""

    def __init__(
        self, folder: Path, recipe: Recipe, compute: Compute, sight: Path
    ) -> None:
        torch.manual_seed(recipe.seed)
        self.folder, self.recipe, self.compute = folder, recipe, compute
        card, unet = load(sight)
        self.sight = card.architecture
        """The U-Net that looks at crops, as its card describes it."""
        self.network, self.mean = (
            ClickNet(sight=self.sight).to(
                compute.device, memory_format=torch.channels_last
            )
            for _ in range(2)
        )
        assert self.network.sight is not None
        put(own(unet), own(self.network.sight.unet))
        learning = [each for each in self.network.parameters() if each.requires_grad]
        self.optimiser = torch.optim.AdamW(learning, recipe.rate, weight_decay=0.02)
        self.batches, self.steps, self.seconds = 0, 0, 0.0
        self.history: list[dict[str, object]] = []
        self.mean.load_state_dict(self.network.state_dict())

    def start_from(self, weights: Path) -> None:
        """Take over the weights of another run; its layers may be narrower."""
        grow(load_file(weights), own(self.network))
        self.mean.load_state_dict(self.network.state_dict())

    def step(self, lanes: Lanes, parts: list[Part]) -> float:
        """Take one step; return the loss."""
        done = min(self.seconds / 60 / self.recipe.minutes, 1)
        rate = self.recipe.rate * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * min(1.0, (self.steps + 1) / 150)
        loss = lanes.backward(partial(loss_of, compute=self.compute), parts)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 3.0)
        self.optimiser.step()
        self.steps += 1
        if self.steps % 10 == 0:
            lanes.merge_statistics()
        keep = min(0.999, (self.steps + 1) / (self.steps + 20))
        latest = own(self.network)
        with torch.no_grad():
            for name, values in own(self.mean).items():
                new = latest[name]
                if values.is_floating_point():
                    values.lerp_(new, 1 - keep)
                else:
                    values.copy_(new)
        return loss

    def save(self) -> None:
        """Write the mean weights, and all that is needed to go on."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"net.{n}": t for n, t in snapshot(self.network).items()}
        tensors |= {f"mean.{n}": t for n, t in snapshot(self.mean).items()}
        for name, weight in self.network.named_parameters():
            for fact in ("exp_avg", "exp_avg_sq"):
                if weight in self.optimiser.state:
                    moment = self.optimiser.state[weight][fact]
                    tensors[f"{fact}.{name}"] = moment.cpu().contiguous().clone()
        facts = {
            "batches": self.batches,
            "steps": self.steps,
            "seconds": self.seconds,
            "history": self.history,
        }
        told = {
            "seed": self.recipe.seed,
            "sight": self.sight,
            "steps": self.steps,
            "minutes": round(self.seconds / 60, 1),
            "samples": self.steps * self.recipe.batch * self.compute.lanes,
        }
        with atomic_file(self.folder / "facts.json", overwrite=True) as path:
            path.write_text(json.dumps(told))
        with atomic_file(self.folder / "weights.safetensors", overwrite=True) as path:
            save_file(snapshot(self.mean), path)
        with atomic_file(self.folder / "state.safetensors", overwrite=True) as path:
            save_file(tensors, path, metadata={"facts": json.dumps(facts)})

    def resume(self) -> bool:
        """Go on from the folder's state; return whether there was one."""
        path = self.folder / "state.safetensors"
        if not path.exists():
            return False
        with safe_open(path, "pt") as file:
            facts = json.loads(file.metadata()["facts"])
        tensors = load_file(path)
        for prefix, network in (("net.", self.network), ("mean.", self.mean)):
            mine = {
                name.removeprefix(prefix): values
                for name, values in tensors.items()
                if name.startswith(prefix)
            }
            put(mine, own(network))
        for name, weight in self.network.named_parameters():
            if not weight.requires_grad:
                continue
            self.optimiser.state[weight] = {
                "step": torch.tensor(float(facts["steps"])),
                "exp_avg": tensors[f"exp_avg.{name}"].to(weight),
                "exp_avg_sq": tensors[f"exp_avg_sq.{name}"].to(weight),
            }
        self.batches, self.steps = facts["batches"], facts["steps"]
        self.seconds, self.history = facts["seconds"], facts["history"]
        return True


def grow(old: Mapping[str, torch.Tensor], new: Mapping[str, torch.Tensor]) -> None:
    """Put weights into those of a wider network, which answers the same at first.

    Parameters
    ----------
    old : mapping
        Weights by name; none may be wider than in the new network.
    new : mapping
        Weights of the wider network, as they were drawn. What is not in `old` stays;
        old channels do not listen to new ones yet.
    """
    with torch.no_grad():
        for name, kept in old.items():
            values = new[name]
            if values.ndim > 1:
                values[: kept.shape[0], kept.shape[1] :] = 0
            values[tuple(slice(size) for size in kept.shape)] = kept.to(values)


def batches(data: Data, run: Run, parts: int) -> Iterator[list[Part]]:
    """Yield batches without end; the next is made while one is learnt from."""
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(data.batch, run.recipe, run.batches, parts)
        while True:
            made = ahead.result()
            run.batches += 1
            ahead = pool.submit(data.batch, run.recipe, run.batches, parts)
            yield made


def train(run: Run, data: Data, check_minutes: float, count: int) -> None:
    """Train until the time is over."""
    started, before, checked = time.monotonic(), run.seconds, run.seconds
    losses: list[list[float]] = [[] for _ in range(ROUNDS)]
    with Lanes(run.network, run.compute.lanes) as lanes:
        run.network.train()
        for parts in batches(data, run, lanes.count):
            for turn in range(ROUNDS):
                if turn:
                    rng = np.random.default_rng([run.recipe.seed, 2, run.batches, turn])
                    for part in parts:
                        part.go_on(rng)
                losses[turn].append(run.step(lanes, parts))
            run.seconds = before + time.monotonic() - started
            over = run.seconds >= 60 * run.recipe.minutes
            if run.batches % 50 == 0:
                means = " ".join(f"{np.mean(each[-50:]):.3f}" for each in losses)
                print(
                    f"{run.seconds:7.0f} s  step {run.steps:6d}  loss {means}",
                    flush=True,
                )
            if over or run.seconds - checked >= 60 * check_minutes:
                checked = run.seconds
                lanes.merge_statistics()
                scores = {
                    kind: mean_ious(run.mean, run.compute, pictures, count)
                    for kind, pictures in data.held_out.items()
                }
                run.history.append(
                    {"seconds": round(run.seconds), "steps": run.steps, "iou": scores}
                )
                print(
                    f"{run.seconds:7.0f} s  held out (centre, anywhere, 3): {scores}",
                    flush=True,
                )
                run.save()
            if over:
                return


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of this run")
    parser.add_argument("--data", type=Path, default=DATA, help="the nuclei set")
    parser.add_argument("--minutes", type=float, default=70)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenes", type=int, default=900)
    parser.add_argument("--batch", type=int, default=12, help="samples per thread")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--check-minutes", type=float, default=5)
    parser.add_argument("--check-count", type=int, default=64)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--start-from", type=Path, help="weights of another run")
    parser.add_argument(
        "--sight", type=Path, default=SHIPPED / "nuclei-unet", help="model that looks"
    )
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    recipe = Recipe(given.minutes, given.seed, given.scenes, given.batch, given.rate)
    compute = choose(given.device)
    started = time.monotonic()
    data = Data(given.data, recipe)
    print(f"data ready in {time.monotonic() - started:.0f} s", flush=True)
    run = Run(given.run, recipe, compute, given.sight)
    if not run.resume() and given.start_from is not None:
        run.start_from(given.start_from)
    with one_thread_per_lane(compute):
        train(run, data, given.check_minutes, given.check_count)


if __name__ == "__main__":
    main()
