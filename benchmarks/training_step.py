"""Our training step against a plain MONAI and PyTorch loop in 32 bits.

Same network, same weights to begin with, same batches, same loss (MONAI's DiceCELoss),
same optimiser; each side in a process of its own, as users run it, taking turns. Both
are scored on the same pictures that neither trained on.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time

from results import table, write_section

_STEPS = 150
_UNTIMED = 10
_ROUNDS = 3


def train(side: str) -> dict[str, float]:
    """Train `_STEPS` steps; return the median seconds of a step, and the Dice."""
    import numpy as np
    import torch
    from monai.losses import DiceCELoss
    from torch import nn

    from napari_segsuite.data.synthesis.disks import disks
    from napari_segsuite.engine import device, networks
    from napari_segsuite.engine.device import one_thread_per_lane
    from napari_segsuite.engine.lanes import Lanes
    from napari_segsuite.plan.unet import UNetPlan

    plan = UNetPlan(
        ndim=2,
        channels=1,
        patch_size=(128, 128),
        strides=((1, 1), (2, 2), (2, 2)),
        features=(16, 32, 64),
        batch_size=4,
        normalisation="range",
    )
    rng = np.random.default_rng(0)
    images, labels = disks(rng, 80)
    pictures = torch.from_numpy(images[:, None] / np.float32(255))
    truth = torch.from_numpy(labels[:, None].astype(np.int64)) - 1
    torch.manual_seed(0)
    network = networks.build(networks.architecture(plan, 2))
    loss = DiceCELoss(to_onehot_y=True, softmax=True)
    batches = rng.integers(0, 64, (_STEPS, plan.batch_size))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, foreach=True)
    compute = device.choose("cpu")
    seconds = []
    if side == "plain":
        for batch in batches:
            began = time.perf_counter()
            optimizer.zero_grad()
            loss(network(pictures[batch]), truth[batch]).backward()
            optimizer.step()
            seconds.append(time.perf_counter() - began)
    else:
        networks.place(network, plan, compute.device)
        layout = networks.memory_format(plan.ndim)

        def loss_of(copy: nn.Module, part: object) -> torch.Tensor:
            image = pictures[part].contiguous(memory_format=layout)
            with compute.precision():
                said = copy(image)
            return loss(said.float(), truth[part])

        lanes = Lanes(network, compute.lanes)
        with one_thread_per_lane(compute), lanes:
            for batch in batches:
                began = time.perf_counter()
                lanes.backward(loss_of, np.array_split(batch, lanes.count))
                optimizer.step()
                seconds.append(time.perf_counter() - began)
            lanes.merge_statistics()
    network.eval()
    with torch.inference_mode():
        found = network(pictures[64:]).argmax(1, keepdim=True)
    both = float(((found == 1) & (truth[64:] == 1)).sum())
    dice = 2 * both / float((found == 1).sum() + (truth[64:] == 1).sum())
    return {
        "step": statistics.median(seconds[_UNTIMED:]),
        "dice": dice,
        "half": float(compute.half is not None),
    }


def _in_a_process(side: str) -> dict[str, float]:
    environment = dict(os.environ)
    environment.pop("OMP_WAIT_POLICY", None)
    if side == "ours":
        environment["OMP_WAIT_POLICY"] = "PASSIVE"  # as our workers have it
    out = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, side],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return json.loads(out.splitlines()[-1])


def main() -> None:
    """Measure and write the section."""
    rounds = [(_in_a_process("plain"), _in_a_process("ours")) for _ in range(_ROUNDS)]
    ratios = [plain["step"] / ours["step"] for plain, ours in rounds]
    rows = [
        (
            f"{plain['step'] * 1000:.0f} ms",
            f"{ours['step'] * 1000:.0f} ms",
            f"{ratio:.2f}",
            f"{plain['dice']:.4f}",
            f"{ours['dice']:.4f}",
        )
        for (plain, ours), ratio in zip(rounds, ratios, strict=True)
    ]
    lines = table(
        ("plain step", "our step", "times faster", "plain Dice", "our Dice"), rows
    )
    has_half = "has" if rounds[0][1]["half"] else "lacks"
    lines += [
        "",
        f"Median: {statistics.median(ratios):.2f} times faster; the processor "
        f"{has_half} bfloat16 instructions.",
    ]
    write_section("training_step", "Training step", lines)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(train(sys.argv[1])))
    else:
        main()
