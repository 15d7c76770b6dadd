"""How good a click network is on pictures held out of training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from click_objective import ious
from click_samples import Picture, Sample, sample
from clicks import anywhere, centre, correction

from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.prompting.click.maps import Hints, inputs
from napari_segsuite.engine.prompting.click.network import ClickNet


def mean_ious(
    network: ClickNet, compute: Compute, pictures: Sequence[Picture], count: int
) -> list[float]:
    """Return mean IoUs over samples that are always the same.

    Parameters
    ----------
    network : ClickNet
        The network; it is left in evaluation mode.
    compute : Compute
        Where it computes.
    pictures : sequence of Picture
        Where samples come from.
    count : int
        How many samples.

    Returns
    -------
    list of float
        After a click at the centre, one anywhere inside, and three clicks.
    """
    network.eval()
    rng = np.random.default_rng(5)
    found: list[Sample] = []
    while len(found) < count:
        drawn = sample(pictures[rng.integers(len(pictures))], rng)
        if drawn is not None:
            found.append(drawn)
    rows = [
        [
            _clicked(network, compute, each, centre(each.truth), 1),
            _clicked(network, compute, each, anywhere(each.truth, rng), 1),
            _clicked(network, compute, each, centre(each.truth), 3),
        ]
        for each in found
    ]
    return [round(float(mean), 4) for mean in np.mean(rows, axis=0)]


def _clicked(
    network: ClickNet,
    compute: Compute,
    drawn: Sample,
    first: tuple[int, int],
    clicks: int,
) -> float:
    """Return the IoU after so many clicks, each where the answer was most wrong."""
    hints = Hints(((float(first[0]), float(first[1]), True),))
    iou = 0.0
    for _ in range(clicks):
        seen = inputs(drawn.shown, hints)[None].to(compute.device)
        with torch.inference_mode(), compute.precision():
            seen = seen.contiguous(memory_format=torch.channels_last)
            sights = network.look(drawn.crop[None].to(compute.device))
            masks, scores = network(seen, sights)
        answer = masks[0, int(scores[0].argmax())].float().cpu()
        iou = float(ious(answer > 0, torch.from_numpy(drawn.truth)))
        wrong = correction(drawn.truth, (answer > 0).numpy())
        if wrong is None:
            return iou
        spots = (*hints.clicks, (float(wrong[0]), float(wrong[1]), wrong[2]))
        hints = Hints(spots, None, answer.sigmoid())
    return iou
