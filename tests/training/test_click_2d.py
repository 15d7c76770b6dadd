"""The training commands of the click model, on a set of two pictures per kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from click_2d import grow
from safetensors.numpy import load_file

from napari_segsuite.engine.prompting.click.network import CHANNELS, EDGE, ClickNet
from napari_segsuite.engine.weights import own
from napari_segsuite.models.folder import read_verified
from napari_segsuite.models.shipment import SHIPPED


def test_training_goes_on_where_it_stopped_and_makes_a_model(
    nuclei: Path, tmp_path: Path, command: Callable[..., str]
) -> None:
    run = tmp_path / "run"
    short = ["--run", run, "--data", nuclei, "--scenes", "2", "--batch", "2"]
    short += ["--threads", "1", "--check-count", "1"]

    first = command("click_2d.py", *short, "--minutes", "0.01")
    begun = json.loads((run / "facts.json").read_text())
    command("click_2d.py", *short, "--minutes", str(begun["minutes"] + 0.02))
    ended = json.loads((run / "facts.json").read_text())
    command("click_card.py", "--run", run)

    assert "held out" in first
    assert ended["steps"] > begun["steps"] >= 3
    assert ended["samples"] == 2 * ended["steps"]
    stored = read_verified(run / "click-2d")
    assert stored.card.kind == "click"
    sight = (SHIPPED / "nuclei-unet" / "weights.safetensors").stat().st_size
    # Kernels in half precision, its own and those of the U-Net that looks.
    assert stored.card.weights.size < sight + 4_000_000
    weights = load_file(run / "click-2d" / stored.card.weights.file)
    looking = load_file(SHIPPED / "nuclei-unet" / "weights.safetensors")
    name = "input_block.conv1.conv.weight"
    assert np.array_equal(weights[f"sight.unet.{name}"], looking[name])
    assert weights["stem.0.weight"].dtype == np.float16
    assert weights["stem.1.running_var"].dtype == np.float32


def test_a_wider_network_answers_as_the_one_it_grew_from() -> None:
    torch.manual_seed(0)
    small, wide = ClickNet((4, 6, 8), (1, 1)).eval(), ClickNet((6, 9, 8), (1, 1)).eval()
    seen = torch.randn(2, CHANNELS, EDGE, EDGE)

    grow(own(small), own(wide))

    nothing = small.look(seen[:, :3])
    with torch.inference_mode():
        assert torch.allclose(
            small(seen, nothing)[0], wide(seen, nothing)[0], atol=1e-4
        )
