"""Masks from clicks and boxes: accuracy, robustness, speed of the model that ships."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from click_cases import (
    CHANGES,
    Case,
    coins,
    nuclei,
    real_ct,
    synthetic_ct,
    textbook_disks,
)
from numpy.typing import NDArray
from results import table, write_section
from scipy import ndimage
from skimage import segmentation

from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.engine.prompting.loading import load_prompt_model
from napari_segsuite.engine.prompting.model import PromptModel
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.shipment import SHIPPED

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from clicks import anywhere, centre, correction

Mask = NDArray[np.bool_]
CLICKS = 5
USABLE = 0.7


@dataclass(frozen=True)
class Scores:
    """What one object got."""

    centre: list[float]
    """IoU after 1 to `CLICKS` clicks; the first at the centre."""
    anywhere: float
    box: float
    best_offered: float
    """IoU of the best of the masks offered after the first click."""
    seconds: list[float]
    """Time of each answer, the first click on the plane first."""


def iou(mask: Mask, truth: Mask) -> float:
    """Return the intersection over union of two masks."""
    return np.count_nonzero(mask & truth) / np.count_nonzero(mask | truth)


class Asked:
    """One object, its plane as the model keeps it, and the time of each answer."""

    def __init__(self, model: PromptModel, case: Case) -> None:
        self.truth = case.truth
        self.seconds: list[float] = []
        self._model = model
        self._embedded = model.embed(InputMap().apply(case.image))

    def masks(self, prompt: PlanePrompt) -> list[Mask]:
        """Return the masks offered, the best first."""
        began = time.perf_counter()
        offers = self._model.segment(self._embedded, prompt)
        self.seconds.append(time.perf_counter() - began)
        return [
            MaskRuns.of(one.mask, one.offset).on_plane(self.truth.shape)
            for one in offers
        ]

    def clicked(self, count: int) -> tuple[list[float], float]:
        """Return the IoU after each click, and the best offered after the first."""
        y, x = centre(self.truth)
        clicks = [Click(y=y, x=x)]
        reached: list[float] = []
        best = 0.0
        while len(reached) < count:
            masks = self.masks(PlanePrompt(clicks=tuple(clicks)))
            best = best or max(iou(mask, self.truth) for mask in masks)
            reached.append(iou(masks[0], self.truth))
            wrong = correction(self.truth, masks[0])
            if wrong is None:
                return reached + [1.0] * (count - len(reached)), best
            clicks.append(Click(y=wrong[0], x=wrong[1], positive=wrong[2]))
        return reached, best


def measure(model: PromptModel, case: Case, rng: np.random.Generator) -> Scores:
    """Prompt for one object as people do."""
    asked, truth = Asked(model, case), case.truth
    reached, best_offered = asked.clicked(CLICKS)
    y, x = anywhere(truth, rng)
    by_chance = asked.masks(PlanePrompt(clicks=(Click(y=y, x=x),)))[0]
    rows, columns = np.flatnonzero(truth.any(1)), np.flatnonzero(truth.any(0))
    around = (rows[0] - 0.5, columns[0] - 0.5, rows[-1] + 0.5, columns[-1] + 0.5)
    boxed = asked.masks(PlanePrompt(box=tuple(map(float, around))))[0]
    return Scores(
        reached, iou(by_chance, truth), iou(boxed, truth), best_offered, asked.seconds
    )


def flood(case: Case, tolerance: float) -> float:
    """Return the IoU of scikit-image's flood from a click at the centre."""
    plane = ndimage.gaussian_filter(InputMap().apply(case.image).mean(0), 1)
    mask = segmentation.flood(plane, centre(case.truth), tolerance=tolerance)
    return iou(mask, case.truth)


def random_walker(case: Case, reach: int) -> float:
    """Return the IoU of scikit-image's random walker from a click at the centre.

    Background are the rims of a window that reaches `reach` pixels around the click.
    """
    y, x = centre(case.truth)
    top, left = max(y - reach, 0), max(x - reach, 0)
    plane = InputMap().apply(case.image).mean(0)
    plane = plane[top : y + reach + 1, left : x + reach + 1]
    seeds = np.zeros(plane.shape, int)
    seeds[[0, -1]] = seeds[:, [0, -1]] = 2
    seeds[max(y - top - 1, 0) : y - top + 2, max(x - left - 1, 0) : x - left + 2] = 1
    mask = np.zeros(case.truth.shape, bool)
    found = segmentation.random_walker(plane, seeds, beta=1000, mode="cg_j") == 1
    mask[top : y + reach + 1, left : x + reach + 1] = found
    return iou(mask, case.truth)


def tuned(
    peer: Callable[[Case, float], float], settings: Sequence[float], kind: str
) -> float:
    """Return the setting of a peer that is best on images of split train."""
    cases = nuclei("train", kind, 2, images=20)
    means = [np.mean([peer(case, one) for case in cases]) for one in settings]
    return settings[int(np.argmax(means))]


def row(name: str, found: list[Scores]) -> list[str]:
    """Return a row of the table of accuracy."""
    reached = np.array([one.centre for one in found])
    means = [
        reached[:, 0].mean(),
        np.mean([one.anywhere for one in found]),
        reached[:, 2].mean(),
        reached[:, 4].mean(),
        np.mean([one.box for one in found]),
        np.mean([one.best_offered for one in found]),
    ]
    usable = np.mean(reached.max(1) >= USABLE)
    return [name, str(len(found)), *(f"{m:.3f}" for m in means), f"{usable:.0%}"]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=SHIPPED / "click-2d")
    parser.add_argument("--part", type=float, default=1.0, help="share of the objects")
    parser.add_argument("--scores", type=Path, help="a JSON file for the model's card")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    model = load_prompt_model(given.model, torch.device("cpu"))
    per_image = {"fluorescence": 3, "histology": 8, "brightfield": 20}
    sets = {
        kind: nuclei("test", kind, max(1, round(given.part * most)))
        for kind, most in per_image.items()
    }
    others = {
        "coins (scikit-image)": coins(),
        "CT organs, our generator": synthetic_ct(),
        "CT organs, TotalSegmentator": real_ct(),
        "disks, our generator": textbook_disks(),
    }
    rows, seconds = [], []
    for name, cases in (sets | others).items():
        rng = np.random.default_rng(0)
        found = [measure(model, case, rng) for case in cases]
        rows.append(row(name, found))
        seconds += [s for one in found for s in one.seconds]
    if given.scores is not None:
        names = ("1 click, centre", "1 click, anywhere", "3 clicks", "5 clicks", "box")
        told = {
            f"test IoU, {cells[0]}, {name}": float(cell)
            for cells in rows[: len(sets)]
            for name, cell in zip(names, cells[2:], strict=False)
        }
        given.scores.write_text(json.dumps(told))
    peers = []
    for kind in ("fluorescence", "histology"):
        tolerance = tuned(flood, (0.02, 0.04, 0.08, 0.15, 0.25), kind)
        reach = int(tuned(random_walker, (12, 18, 26, 40), kind))
        cases = sets[kind]
        peers.append(
            [
                kind,
                f"{np.mean([flood(c, tolerance) for c in cases]):.3f}",
                f"{np.mean([random_walker(c, reach) for c in cases]):.3f}",
            ]
        )
    write_section(
        "prompt_quality",
        "Masks from clicks: the model that ships inside",
        [
            f"Model `{read_card(given.model).name}`, weights "
            f"`{read_card(given.model).weights.sha256[:12]}`. Mean IoU over a seeded "
            f"sample of objects of at least 30 pixels: of each image of split test, "
            f"{', '.join(f'{n} ({k})' for k, n in per_image.items())} at most. Clicks "
            "after the first go to the deepest point of the largest wrong region.",
            "",
            *table(
                [
                    "what",
                    "objects",
                    "1 click, centre",
                    "1 click, anywhere",
                    "3 clicks",
                    "5 clicks",
                    "box",
                    "best offered, 1 click",
                    f"IoU ≥ {USABLE} within 5 clicks",
                ],
                rows,
            ),
            "",
            f"Time of an answer, {given.threads} threads: median "
            f"{1e3 * np.median(seconds):.0f} ms,"
            f" 95th percentile {1e3 * np.percentile(seconds, 95):.0f} ms.",
            "",
            "The same first click, scikit-image's tools, their one setting chosen on "
            "split train:",
            "",
            *table(["kind", "flood", "random walker"], peers),
            "",
            "Images changed (test objects; after 1 click at the centre / after 3):",
            "",
            *robustness(model, sets),
        ],
    )


def robustness(model: PromptModel, sets: dict[str, list[Case]]) -> list[str]:
    """Return the table of scores on images that were changed."""
    kinds = ("fluorescence", "histology")
    rows, plain = [], {}
    for name, change in CHANGES.items():
        cells = []
        for kind in kinds:
            rng = np.random.default_rng(1)
            cases = [change(case, rng) for case in sets[kind][::4]]
            found = [Asked(model, c).clicked(3)[0] for c in cases if c.truth.any()]
            means = np.mean(found, axis=0)[[0, 2]]
            plain.setdefault(kind, means)
            kept = means / plain[kind]
            cells.append(
                f"{means[0]:.3f} / {means[1]:.3f} ({kept[0]:.0%} / {kept[1]:.0%})"
            )
        rows.append([name, *cells])
    return table(["change", *kinds], rows)


if __name__ == "__main__":
    main()
