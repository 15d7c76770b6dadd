"""What the click model learns from: one round of prompts, answers and losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from click_samples import Sample
from clicks import first_hints, next_hints
from torch.nn import functional

from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.prompting.click.maps import Hints, inputs
from napari_segsuite.engine.prompting.click.network import ClickNet

# How much the first mask counts, which always has to be the likeliest one. The others
# are there for what else a single click may mean; left to be the best of three alone,
# they would differ in how generous their borders are, which no score can foretell.
_FIRST = 0.6


@dataclass(eq=False)
class Part:
    """One lane's part of a batch, and what was said and answered so far."""

    samples: list[Sample]
    truths: list[np.ndarray]
    hints: list[Hints]
    answers: torch.Tensor | None = None
    """Probabilities (batch, Y, X) of the masks that were scored best."""
    sights: torch.Tensor | None = None
    """What the network sees whatever is said: the same in all rounds."""

    @classmethod
    def begin(cls, samples: Sequence[Sample], rng: np.random.Generator) -> Part:
        """Return the first round."""
        said = [first_hints(sample.truth, rng) for sample in samples]
        return cls(
            list(samples),
            [truth for _, truth in said],
            [hints for hints, _ in said],
        )

    def go_on(self, rng: np.random.Generator) -> None:
        """Say more, having seen the answers."""
        assert self.answers is not None
        self.hints = [
            next_hints(hints, truth, answer, rng)
            for hints, truth, answer in zip(
                self.hints, self.truths, self.answers, strict=True
            )
        ]

    def seen(self) -> torch.Tensor:
        """Return the input of the network."""
        pairs = zip(self.samples, self.hints, strict=True)
        return torch.stack([inputs(sample.shown, hints) for sample, hints in pairs])


def loss_of(network: ClickNet, part: Part, compute: Compute) -> torch.Tensor:
    """Answer the prompts of a part; return the loss."""
    seen = part.seen().to(compute.device, memory_format=torch.channels_last)
    truth = torch.from_numpy(np.stack(part.truths)).to(compute.device).float()
    with compute.precision():
        if part.sights is None:
            crops = torch.stack([sample.crop for sample in part.samples])
            part.sights = network.look(crops.to(compute.device))
        masks, scores = network(seen, part.sights)
    masks, scores = masks.float(), scores.float()
    with torch.no_grad():
        best = scores.argmax(1)
        chosen = masks[torch.arange(len(masks)), best].sigmoid()
        part.answers = chosen.cpu()
        target = ious(masks > 0, truth[:, None] > 0.5)
    each = mask_losses(masks, truth)
    ambiguous = torch.tensor(
        [len(h.clicks) == 1 and h.box is None and h.mask is None for h in part.hints],
        device=masks.device,
    )
    rest = torch.where(ambiguous, each.amin(1), each.mean(1))
    loss = _FIRST * each[:, 0] + (1 - _FIRST) * rest
    scored = functional.mse_loss(scores.sigmoid(), target)
    total: torch.Tensor = loss.mean() + 2 * scored
    return total


def mask_losses(masks: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Return soft Dice loss plus cross entropy per size of the object.

    Parameters
    ----------
    masks : tensor, (batch, masks, Y, X)
        Logits.
    truth : tensor, (batch, Y, X)
        1 inside, 0 outside.

    Returns
    -------
    tensor, (batch, masks)
    """
    wanted = truth[:, None].expand_as(masks)
    entropy = functional.binary_cross_entropy_with_logits(
        masks, wanted, reduction="none"
    ).sum((2, 3))
    area = truth.sum((1, 2))[:, None]
    found = masks.sigmoid()
    both = (found * wanted).sum((2, 3))
    dice = 1 - (2 * both + 1) / (found.sum((2, 3)) + area + 1)
    return dice + entropy / (2 * area + 400)


def ious(masks: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Return the IoU of boolean masks along the last two axes; 0 if both are empty."""
    both = (masks & truth).sum((-2, -1))
    either = (masks | truth).sum((-2, -1))
    return both / either.clamp_min(1)
