"""The instant classifier: pixels told apart by local features, within a second.

It shows the first preview while the network has not learned anything yet, and is the
network's first teacher where nothing is painted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from torch.nn import functional

from napari_segsuite.data.painted import IGNORED
from napari_segsuite.engine.regions import Region

_SIGMAS = (0.7, 1.5, 3.0, 6.0, 12.0)
_HIDDEN = 48
_STEPS = 150
_RATE = 0.02
_MOST_PIXELS = 8000
# Pixels that a step learns from. The preview waits for all steps: on twenty images it
# was as good as with every pixel in every step (mean Dice 0.913 and 0.913).
_BATCH = 1024
_JITTER = 0.1
_LARGEST = 5.0
# Pixels classified at once: what is known of them stays in the processor's cache.
_AT_ONCE = 4096


class InstantClassifier:
    """A perceptron with one hidden layer on multi-scale features of a pixel.

    Parameters
    ----------
    mean, spread : float32 torch.Tensor, shape (features,)
        How features are brought to a common scale.
    weights : sequence of float32 torch.Tensor
        First matrix and bias, second matrix and bias.
    """

    def __init__(
        self,
        mean: torch.Tensor,
        spread: torch.Tensor,
        weights: Sequence[torch.Tensor],
    ) -> None:
        self._mean = mean
        self._spread = spread
        self._weights = weights

    @classmethod
    def fit(
        cls, regions: Sequence[Region], classes: int, generator: torch.Generator
    ) -> Self:
        """Learn from painted pixels, a few thousand at most.

        Parameters
        ----------
        regions : sequence of Region
            What is painted.
        classes : int
            Number of classes.
        generator : torch.Generator
            The randomness.
        """
        values, target = _painted(regions, generator)
        mean, spread = values.mean(0), values.std(0, correction=0) + 1e-3
        values = _scaled(values, mean, spread)
        counts = torch.bincount(target, minlength=classes)
        batch = torch.arange(min(_BATCH, len(target)))
        balance = torch.where(counts > 0, len(target) / counts.clamp(min=1), 0.0)
        weights = [
            torch.randn(values.shape[1], _HIDDEN, generator=generator)
            / values.shape[1] ** 0.5,
            torch.zeros(_HIDDEN),
            0.1 * torch.randn(_HIDDEN, classes, generator=generator) / _HIDDEN**0.5,
            torch.zeros(classes),
        ]
        for weight in weights:
            weight.requires_grad_()
        optimizer = torch.optim.AdamW(weights, lr=_RATE)
        for step in range(_STEPS):
            optimizer.param_groups[0]["lr"] = _RATE * (1 - step / _STEPS)
            chosen = (batch + step * len(batch)) % len(target)
            noise = torch.randn((len(batch), values.shape[1]), generator=generator)
            loss = functional.cross_entropy(
                _logits(values[chosen] + _JITTER * noise, weights),
                target[chosen],
                weight=balance,
                label_smoothing=0.05,
            )
            for weight, slope in zip(
                weights, torch.autograd.grad(loss, weights), strict=True
            ):
                weight.grad = slope
            optimizer.step()
        return cls(mean, spread, [weight.detach() for weight in weights])

    def probabilities(self, image: torch.Tensor) -> torch.Tensor:
        """Classify every pixel.

        Parameters
        ----------
        image : float32 torch.Tensor, shape (channels, *spatial)
            Intensities on the common scale.

        Returns
        -------
        float32 torch.Tensor, shape (classes, *spatial)
            Probabilities.
        """
        mean, spread = self._mean[:, None], self._spread[:, None]
        first, bias, second, last = self._weights
        with torch.inference_mode():
            values = features(image).flatten(1)
            found = torch.empty(len(last), values.shape[1])
            for start in range(0, values.shape[1], _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                scaled = _scaled(values[:, part], mean, spread)
                hidden = functional.relu(first.T @ scaled + bias[:, None])
                found[:, part] = (second.T @ hidden + last[:, None]).softmax(0)
        # What inference mode has made cannot be learned from.
        return found.reshape(-1, *image.shape[1:]).clone()


def features(image: torch.Tensor) -> torch.Tensor:
    """Return what surrounds each pixel, at several scales.

    At each scale: the blurred intensity, the length of its gradient, and mean and
    spread of the eigenvalues of its Hessian, made comparable between scales.

    Parameters
    ----------
    image : float32 torch.Tensor, shape (channels, *spatial)
        Intensities.

    Returns
    -------
    float32 torch.Tensor, shape (features, *spatial)
        The intensities, then four features per scale and channel.
    """
    found = [image]
    for sigma in _SIGMAS:
        # Coarse scales need no fine pixels; this keeps them as cheap as the others.
        shrink = int(sigma // 3) or 1
        small = _shrunk(image, shrink)
        own = sigma / shrink
        blurred = small
        for axis in range(1, image.ndim):
            blurred = _blur(blurred, own, axis)
        found.append(_grown(_derived(blurred, own), shrink, image.shape[1:]))
    return torch.cat(found)


def _derived(blurred: torch.Tensor, sigma: float) -> torch.Tensor:
    axes = list(range(1, blurred.ndim))
    gradient = [_slope(blurred, axis) for axis in axes]
    length = torch.stack(gradient).square().sum(0).sqrt()
    trace = torch.zeros_like(blurred)
    squares = torch.zeros_like(blurred)
    for i, slope in enumerate(gradient):
        for k in range(i, len(axes)):
            second = _slope(slope, axes[k])
            squares += second.square() * (1 if i == k else 2)
            if i == k:
                trace += second
    mean = trace / len(axes)
    spread = (squares / len(axes) - mean.square()).clamp(min=0).sqrt()
    return torch.cat([blurred, length * sigma, mean * sigma**2, spread * sigma**2])


def _slope(values: torch.Tensor, axis: int) -> torch.Tensor:
    """Return central differences; one-sided at the rim, 0 along an axis of one."""
    size = values.shape[axis]
    if size == 1:
        return torch.zeros_like(values)
    (slope,) = torch.gradient(values, dim=axis)
    return slope


def _blur(values: torch.Tensor, sigma: float, axis: int) -> torch.Tensor:
    radius = max(1, int(3 * sigma + 0.5))
    ramp = torch.arange(-radius, radius + 1, dtype=torch.float32)
    kernel = torch.exp(ramp.square() / (-2 * sigma**2))
    kernel = kernel / kernel.sum()
    rows = values.movedim(axis, -1)
    padded = functional.pad(rows.flatten(0, -2), (radius, radius), mode="replicate")
    size = values.shape[axis]
    blurred = torch.zeros_like(rows.flatten(0, -2))
    for i, weight in enumerate(kernel.tolist()):
        blurred.add_(padded[:, i : i + size], alpha=weight)
    return blurred.reshape(rows.shape).movedim(-1, axis)


def _shrunk(image: torch.Tensor, by: int) -> torch.Tensor:
    if by == 1:
        return image
    pool = functional.avg_pool2d if image.ndim == 3 else functional.avg_pool3d
    steps = [min(by, n) for n in image.shape[1:]]
    # Keep the grid of whole steps: a ragged rim is averaged over what is there.
    return pool(image[None], steps, ceil_mode=True, count_include_pad=False)[0]


def _grown(values: torch.Tensor, by: int, shape: torch.Size) -> torch.Tensor:
    if by == 1:
        return values
    size = [min(by, n) * m for n, m in zip(shape, values.shape[1:], strict=True)]
    mode = "bilinear" if values.ndim == 3 else "trilinear"
    grown = functional.interpolate(values[None], size=size, mode=mode)[0]
    return grown[(slice(None), *(slice(0, n) for n in shape))]


def _painted(
    regions: Sequence[Region], generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return features and classes of painted pixels, of some if many, shuffled."""
    values, targets = [], []
    for region in regions:
        painted = region.target != IGNORED
        values.append(features(region.image)[:, painted].T)
        targets.append(region.target[painted])
    value, target = torch.cat(values), torch.cat(targets)
    chosen = torch.randperm(len(target), generator=generator)[:_MOST_PIXELS]
    return value[chosen], target[chosen]


def _scaled(
    values: torch.Tensor, mean: torch.Tensor, spread: torch.Tensor
) -> torch.Tensor:
    return ((values - mean) / spread).clamp(-_LARGEST, _LARGEST)


def _logits(values: torch.Tensor, weights: Sequence[torch.Tensor]) -> torch.Tensor:
    first, bias, second, last = weights
    return functional.relu(values @ first + bias) @ second + last
