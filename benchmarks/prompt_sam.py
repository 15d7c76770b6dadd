"""Segment Anything ViT-B against Meta's own package: same weights, same prompts.

The weights are random, saved as Meta saves them; tables of positions, which Meta
starts at zero, are random too. Each side has a process of its own: Meta's
`SamPredictor`; ours in 32 bits, which must give the same; ours as it runs.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from results import table, write_section

_ROUNDS = 2
_SHAPE = (520, 696)
_DECODED = 9
_SIDES = {"meta": "Meta", "exact": "ours, 32 bits", "fast": "ours"}
_PROMPTS: dict[str, dict[str, Any]] = {
    "one click": {"clicks": [(200, 300, True)]},
    "three clicks": {"clicks": [(200, 300, True), (210, 310, True), (100, 50, False)]},
    "box": {"box": (100, 200, 180, 330)},
    "box and click": {"box": (100, 200, 180, 330), "clicks": [(140, 260, True)]},
}


def picture() -> np.ndarray:
    """Return a grey image of disks in 8 bits."""
    from napari_segsuite.data.synthesis.disks import disks

    images, _ = disks(np.random.default_rng(0), 20)
    image = np.vstack([np.hstack(images[i : i + 5]) for i in range(0, 20, 5)])
    tiles = [-(-n // m) for n, m in zip(_SHAPE, image.shape, strict=True)]
    return np.tile(image, tiles)[: _SHAPE[0], : _SHAPE[1]].astype(np.uint8)


def save_model(folder: Path) -> None:
    """Save random weights as Meta does, and as a model folder."""
    import torch
    from safetensors.torch import save_file
    from segment_anything import sam_model_registry

    from napari_segsuite.models.prompt_card import PromptCard
    from napari_segsuite.models.publishing import publish

    torch.manual_seed(0)
    sam = sam_model_registry["vit_b"](checkpoint=None)
    with torch.no_grad():
        for name, values in sam.image_encoder.named_parameters():
            if "rel_pos" in name or name.endswith("qkv.bias"):
                values.normal_(std=0.1)
            elif "pos_embed" in name:
                values.normal_(std=0.5)
    torch.save(sam.state_dict(), folder / "sam.pth")
    architecture = {
        "class": "segment_anything.sam",
        "arguments": {"variant": "vit_b"},
    }
    publish(
        folder / "model",
        lambda weights: PromptCard(
            kind="sam",
            name="random",
            created=datetime.now(UTC),
            package_version="0",
            architecture=architecture,
            weights=weights,
        ),
        lambda path: save_file(sam.state_dict(), path),
        final=True,
    )


def run_meta(folder: Path, rounds: int) -> dict[str, Any]:
    """Embed and prompt with Meta's `SamPredictor`."""
    from segment_anything import SamPredictor, sam_model_registry

    image = np.repeat(picture()[..., None], 3, axis=2)
    loaded = _timed(lambda: sam_model_registry["vit_b"](folder / "sam.pth"))
    predictor = SamPredictor(loaded.pop("value"))
    embedded = [_timed(lambda: predictor.set_image(image)) for _ in range(rounds)]
    out: dict[str, Any] = {"features": predictor.features.numpy()}
    seconds = []
    for name, prompt in _PROMPTS.items():
        given: dict[str, Any] = {"multimask_output": name == "one click"}
        if "clicks" in prompt:
            given["point_coords"] = np.array([(x, y) for y, x, _ in prompt["clicks"]])
            given["point_labels"] = np.array([int(p) for *_, p in prompt["clicks"]])
        if "box" in prompt:
            y0, x0, y1, x1 = prompt["box"]
            given["box"] = np.array([x0, y0, x1, y1])
        logits, scores, _ = predictor.predict(**given, return_logits=True)
        order = np.argsort(-scores)
        out[f"{name} logits"], out[f"{name} scores"] = logits[order], scores[order]
        seconds += [
            _timed(lambda given=given: predictor.predict(**given))["seconds"]
            for _ in range(_DECODED)
        ]
    np.savez(folder / "meta.npz", **out)
    return _figures(loaded, embedded, seconds)


def run_ours(folder: Path, side: str, rounds: int) -> dict[str, Any]:
    """Embed and prompt with our model, in 32 bits or as it chooses itself."""
    import torch
    from segment_anything import sam_model_registry

    from napari_segsuite.data.prompts.planes import InputMap
    from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
    from napari_segsuite.data.prompts.runs import MaskRuns
    from napari_segsuite.engine import device
    from napari_segsuite.engine.device import Compute
    from napari_segsuite.engine.prompting.sam import model as sam_model
    from napari_segsuite.models.folder import read_card
    from napari_segsuite.models.kinds import as_promptable

    cpu = torch.device("cpu")
    half = device.choose("cpu").half
    plane = InputMap(channels=(0,), windows=((0, 255),)).apply(picture()[None])
    model_folder = folder / "model"

    def load() -> sam_model.SamModel:
        if side == "exact":
            sam = sam_model_registry["vit_b"](folder / "sam.pth")
            return sam_model.SamModel(sam, Compute(cpu, None, 1))
        card = as_promptable(read_card(model_folder), model_folder)
        return sam_model.load(card, model_folder, cpu)

    loaded = _timed(load)
    model = loaded.pop("value")
    embedded = [_timed(lambda: model.embed(plane)) for _ in range(rounds)]
    kept = embedded[-1]["value"]
    out: dict[str, Any] = {"features": kept.features.numpy()}
    seconds = []
    for name, said in _PROMPTS.items():
        prompt = PlanePrompt(
            box=said.get("box"),
            clicks=tuple(
                Click(y=y, x=x, positive=p) for y, x, p in said.get("clicks", ())
            ),
        )
        offers = model.segment(kept, prompt)
        out[f"{name} scores"] = np.array([offer.score for offer in offers])
        out[f"{name} masks"] = np.stack(
            [MaskRuns.of(one.mask, one.offset).on_plane(_SHAPE) for one in offers]
        )
        seconds += [
            _timed(lambda prompt=prompt: model.segment(kept, prompt))["seconds"]
            for _ in range(_DECODED)
        ]
    np.savez(folder / f"{side}.npz", **out)
    return {
        **_figures(loaded, embedded, seconds),
        "half": side == "fast" and half is not None,
    }


def _timed(do: Callable[[], Any]) -> dict[str, Any]:
    wall, processor = time.perf_counter(), time.process_time()
    value = do()
    return {
        "seconds": time.perf_counter() - wall,
        "processor": time.process_time() - processor,
        "value": value,
    }


def _figures(
    loaded: dict[str, Any], embedded: list[dict[str, Any]], decoded: list[float]
) -> dict[str, Any]:
    return {
        "load": loaded["seconds"],
        "embed": min(one["seconds"] for one in embedded),
        "processor": min(one["processor"] for one in embedded),
        "decode": statistics.median(decoded),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def compare(folder: Path, side: str) -> dict[str, float]:
    """Return how far our answers are from Meta's."""
    meta, ours = np.load(folder / "meta.npz"), np.load(folder / f"{side}.npz")
    features = meta["features"].ravel(), ours["features"].ravel()
    scores, logits, shares = [0.0], [0.0], []
    for name in _PROMPTS:
        # Of three masks for one click Meta gives all, for other prompts one.
        for i, expected in enumerate(meta[f"{name} logits"]):
            mask = ours[f"{name} masks"][i]
            scores.append(abs(meta[f"{name} scores"][i] - ours[f"{name} scores"][i]))
            logits.append(np.abs(expected[mask != (expected > 0)]).max(initial=0))
            shares.append(np.mean(mask == (expected > 0)))
    return {
        "correlation": float(np.corrcoef(*features)[0, 1]),
        "scores": float(max(scores)),
        "logits": float(max(logits)),
        "same": float(np.mean(shares)),
    }


def _in_a_process(side: str, folder: Path, rounds: int) -> dict[str, Any]:
    # As our workers have it; without it, either side crawls beside other programs.
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, "-W", "ignore", __file__, side, folder, str(rounds)]
    out = subprocess.run(
        command, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return json.loads(out.splitlines()[-1])


def main(rounds: int = _ROUNDS) -> None:
    """Measure and write the section."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_model(folder)
        figures = {side: _in_a_process(side, folder, rounds) for side in _SIDES}
        apart = {side: compare(folder, side) for side in _SIDES if side != "meta"}
    meta = figures["meta"]
    speed = [
        (
            title,
            f"{mine['embed']:.1f} s",
            f"{meta['embed'] / mine['embed']:.1f}",
            f"{mine['processor']:.1f} s",
            f"{meta['processor'] / mine['processor']:.1f}",
            f"{mine['decode'] * 1000:.0f} ms",
            f"{mine['decode'] / meta['decode']:.2f}",
            f"{mine['load']:.1f} s",
            f"{mine['memory']:.2f} GB",
        )
        for side, title in _SIDES.items()
        for mine in (figures[side],)
    ]
    lines = table(
        (
            f"image of {_SHAPE[0]}×{_SHAPE[1]}",
            "embedding",
            "times faster",
            "its processor time",
            "times less",
            "a prompt",
            "of Meta's time",
            "loading",
            "peak memory",
        ),
        speed,
    )
    lines.append("")
    lines += table(
        (
            "against Meta",
            "correlation of embeddings",
            "largest difference of a score",
            "largest logit where a mask differs",
            "pixels of masks that agree",
        ),
        [
            (
                _SIDES[side],
                f"{far['correlation']:.7f}",
                f"{far['scores']:.1e}",
                f"{far['logits']:.1e}",
                f"{far['same']:.4%}",
            )
            for side, far in apart.items()
        ],
    )
    uses = "uses" if figures["fast"]["half"] else "has no use for"
    lines += [
        "",
        f"Masks and scores of {len(_PROMPTS)} prompts: {', '.join(_PROMPTS)}. On this "
        f"processor, our encoder {uses} bfloat16.",
    ]
    write_section("prompt_sam", "Segment Anything ViT-B, random weights", lines)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        main(*map(int, sys.argv[1:]))
    elif sys.argv[1] == "meta":
        print(json.dumps(run_meta(Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        print(json.dumps(run_ours(Path(sys.argv[2]), sys.argv[1], int(sys.argv[3]))))
