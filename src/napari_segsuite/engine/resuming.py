"""What a training must remember to go on after a kill as if nothing had happened.

On the CPU of one machine, a training that was resumed makes the same steps, bit for
bit, as one that was not interrupted, since all that changes from step to step is
remembered: weights, batch statistics, moving averages, the optimiser's moments, the
best network, the state of the random numbers, steps and seconds spent. What stays
(plan, pixels, held-out paint, the instant classifier) is made again from the same job
and the same seed. The schedule depends on the clock only where the time limit comes
before the limit of epochs; then no two runs are alike, resumed or not.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load as read_tensors
from torch import nn

from napari_segsuite.engine import weights
from napari_segsuite.engine.averaging import MovingAverage
from napari_segsuite.engine.schedule import Budget
from napari_segsuite.errors import InputError, ModelFolderError
from napari_segsuite.jobs.base import dump_job
from napari_segsuite.jobs.unfinished import Training, begun
from napari_segsuite.models.card import EpochRecord, TrainedCard
from napari_segsuite.models.unfinished import (
    Position,
    Standing,
    Unfinished,
    read_training,
)

# AdamW's first and second moment.
_MOMENTS = ("exp_avg", "exp_avg_sq")


class Moving:
    """All that changes from step to step, beside the best network.

    Parameters
    ----------
    network : torch.nn.Module
        The network that is trained.
    average : MovingAverage
        Its moving average.
    optimizer : torch.optim.AdamW
        Holds the network's weights, all of them.
    rng : numpy.random.Generator
        All randomness of training.
    budget : Budget
        The budget.
    """

    def __init__(
        self,
        network: nn.Module,
        average: MovingAverage,
        optimizer: torch.optim.AdamW,
        rng: np.random.Generator,
        budget: Budget,
    ) -> None:
        self._network = network
        self._average = average
        self._optimizer = optimizer
        self._rng = rng
        self._budget = budget

    def position(self, epoch: int, step: int, progress: float) -> Position:
        """Return where training stands at the end of an epoch."""
        return Position(
            epoch=epoch,
            step=step,
            progress=progress,
            spent=self._budget.spent,
            chance=dict(self._rng.bit_generator.state),
        )

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return a copy of all tensors, on the CPU; at least one step was made."""
        return {
            name: weights.detached(values) for name, values in self._targets().items()
        }

    def restore(self, resumed: Resumed) -> None:
        """Go on where a training stood.

        Raises
        ------
        ModelFolderError
            If its tensors are not those of this network.
        """
        position = resumed.facts.position
        for weight in self._network.parameters():
            self._optimizer.state[weight] = {
                "step": torch.tensor(float(position.step)),
                **{name: torch.empty_like(weight.detach()) for name in _MOMENTS},
            }
        try:
            weights.put(resumed.moving, self._targets())
            self._rng.bit_generator.state = position.chance
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            msg = (
                f"The unfinished training in {resumed.folder} does not fit the network "
                f"that it trains ({error}). Start from the model as it is."
            )
            raise ModelFolderError(msg) from error
        self._average.resume(position.step)
        self._budget.resume(position.spent)

    def _targets(self) -> dict[str, torch.Tensor]:
        moments = {
            f"{moment}.{name}": self._optimizer.state[weight][moment]
            for moment in _MOMENTS
            for name, weight in self._network.named_parameters()
        }
        return {
            **_prefixed("network", weights.own(self._network)),
            **_prefixed("average", weights.own(self._average.network)),
            **moments,
        }


@dataclass(frozen=True, slots=True)
class Resumed:
    """An unfinished training that goes on."""

    folder: Path
    """Its model folder."""
    card: TrainedCard
    """The card of the model so far."""
    facts: Unfinished
    """What is remembered beside tensors."""
    moving: dict[str, torch.Tensor]
    """What `Moving.tensors` returned."""
    best: dict[str, torch.Tensor]
    """The best network so far."""

    @property
    def history(self) -> list[EpochRecord]:
        """The epochs up to where it goes on."""
        last = self.facts.position.epoch
        return [record for record in self.card.history if record.epoch <= last]

    def check_data(self, data: str) -> None:
        """Check what is learned from, as told by `data_hash`.

        Raises
        ------
        InputError
            If it is not what it was when training began.
        """
        if data != self.facts.data:
            msg = (
                f"The image or its painting is not what the training in {self.folder} "
                "began with, so it cannot be resumed. Start from the model to train "
                "it further on what is painted now."
            )
            raise InputError(msg)


def resume(job: Training) -> Resumed:
    """Read the unfinished training that a job wants to go on with.

    Raises
    ------
    ModelFolderError
        If there is none, or it is damaged or of a newer format.
    InputError
        If the job differs from the one with which it began.
    """
    stored = read_training(job.out)
    before = begun(job.out, stored.facts, type(job))
    # Arrays may lie elsewhere now; that they are the same is checked by their hash.
    asked = _lasting(job).replace(images=before.images, labels=before.labels)
    names = type(job).model_fields
    other = [name for name in names if getattr(asked, name) != getattr(before, name)]
    if other:
        msg = (
            f"The training in {job.out} began with other options "
            f"({', '.join(other)}), so it cannot be resumed with these. Resume it with "
            "those it began with, or start from its model."
        )
        raise InputError(msg)
    tensors = read_tensors(stored.tensors)
    best = {
        name.removeprefix("best."): values
        for name, values in tensors.items()
        if name.startswith("best.")
    }
    moving = {n: v for n, v in tensors.items() if not n.startswith("best.")}
    return Resumed(job.out, stored.card, stored.facts, moving, best)


def tensors_of(
    moving: Mapping[str, torch.Tensor], best: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Return by one name each what the file of an unfinished training holds."""
    return {**moving, **_prefixed("best", best)}


def origin(job: Training) -> dict[str, object]:
    """Return a job as it is remembered."""
    return dump_job(_lasting(job))


def memory_of(
    job: Training, parts: Callable[[], Iterable[torch.Tensor]]
) -> Callable[[Position, Standing], Unfinished]:
    """Return what makes the memory of a training, beside its tensors.

    Parameters
    ----------
    job : TrainUNet or TrainMaskRCNN
        The training.
    parts : callable
        Returns all that is learned from; called once, when it is needed.
    """

    @functools.cache
    def data() -> str:
        return data_hash(parts())

    def unfinished_of(position: Position, standing: Standing) -> Unfinished:
        return Unfinished(
            job=origin(job), data=data(), position=position, standing=standing
        )

    return unfinished_of


def data_hash(parts: Iterable[torch.Tensor]) -> str:
    """Return the SHA-256 of all pixels and all paint in memory."""
    digest = hashlib.sha256()
    for values in parts:
        digest.update(repr(tuple(values.shape)).encode())
        digest.update(np.ascontiguousarray(values.numpy()).data)
    return digest.hexdigest()


def _lasting(job: Training) -> Training:
    """Return a job from its beginning, with paths that hold in any folder."""
    start = job.start_from
    return job.replace(
        images=tuple(r.replace(path=r.path.absolute()) for r in job.images),
        labels=tuple(r.replace(path=r.path.absolute()) for r in job.labels),
        start_from=None if start is None else start.absolute(),
        resume=False,
    )


def _prefixed(
    prefix: str, tensors: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    return {f"{prefix}.{name}": values for name, values in tensors.items()}
