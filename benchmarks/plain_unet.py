"""A plain MONAI U-Net, trained by MONAI's usual recipe: what users get without us.

`monai.networks.nets.UNet` learns foreground and background from random crops of all
kinds of images, in grey, with `DiceCELoss` and Adam; it predicts by a sliding window.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from baselines import Foreground
from monai.inferers import sliding_window_inference
from monai.losses import DiceCELoss
from monai.networks.nets import UNet
from nuclei_objects import Picture
from numpy.typing import NDArray

from napari_segsuite.data.atomic import atomic_file

CROP = 128
BATCH = 8
RATE = 1e-3
_SAVE_EVERY = 60.0


class PlainUNet:
    """A network, its optimiser, and where training stands.

    Parameters
    ----------
    folder : Path
        Takes the state; training goes on from what is there.
    seed : int, optional
        Of the weights and of the crops.
    """

    def __init__(self, folder: Path, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self._seed = seed
        self._state = folder / "plain_unet.pt"
        self._network = UNet(
            spatial_dims=2,
            in_channels=1,
            out_channels=2,
            channels=(16, 32, 64, 128, 256),
            strides=(2, 2, 2, 2),
            num_res_units=2,
        )
        self._optimiser = torch.optim.Adam(self._network.parameters(), RATE)
        self.steps, self.seconds = 0, 0.0
        if self._state.exists():
            state = torch.load(self._state, weights_only=True)
            self._network.load_state_dict(state["network"])
            self._optimiser.load_state_dict(state["optimiser"])
            self.steps, self.seconds = state["steps"], state["seconds"]

    def train(self, pictures: Sequence[Picture], minutes: float) -> None:
        """Train until so many minutes are spent, those before included."""
        loss_of = DiceCELoss(to_onehot_y=True, softmax=True)
        images = [_scaled(one.image) for one in pictures]
        truths = [(one.labels > 0).astype(np.float32) for one in pictures]
        self._network.train()
        saved = self.seconds
        while self.seconds < 60 * minutes:
            began = time.monotonic()
            rng = np.random.default_rng([self._seed, self.steps])
            crops = [_crop(images, truths, rng) for _ in range(BATCH)]
            image, truth = (torch.from_numpy(part) for part in np.stack(crops, axis=1))
            self._optimiser.zero_grad()
            loss = loss_of(self._network(image[:, None]), truth[:, None])
            loss.backward()
            self._optimiser.step()
            self.steps += 1
            self.seconds += time.monotonic() - began
            if self.steps % 200 == 0:
                print(
                    f"plain U-Net: step {self.steps}, {self.seconds:.0f} s, {loss:.3f}"
                )
            if self.seconds > saved + _SAVE_EVERY:
                self._save()
                saved = self.seconds
        self._save()

    def foreground(self) -> Foreground:
        """Return what the network takes for foreground."""
        self._network.eval()

        def inside(picture: Picture) -> NDArray[np.bool_]:
            image = torch.from_numpy(_scaled(picture.image))[None, None]
            with torch.inference_mode():
                said = sliding_window_inference(
                    image, (CROP, CROP), 4, self._network, overlap=0.25
                )
            found: NDArray[np.bool_] = said[0].argmax(0).numpy() > 0
            return found

        return inside

    def _save(self) -> None:
        self._state.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "network": self._network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "steps": self.steps,
            "seconds": self.seconds,
        }
        with atomic_file(self._state, overwrite=True) as path:
            torch.save(state, path)


def _scaled(image: NDArray) -> NDArray[np.float32]:
    """Return an image from 0 to 1, as MONAI's `ScaleIntensity` does."""
    low, high = float(image.min()), float(image.max())
    scaled: NDArray[np.float32] = (image.astype(np.float32) - low) / max(high - low, 1)
    return scaled


def _crop(
    images: Sequence[NDArray[np.float32]],
    truths: Sequence[NDArray[np.float32]],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Return a random crop of an image and its truth, flipped at random, (2, Y, X)."""
    number = int(rng.integers(len(images)))
    y, x = (int(rng.integers(n - CROP + 1)) for n in images[number].shape)
    both = np.stack(
        [part[number][y : y + CROP, x : x + CROP] for part in (images, truths)]
    )
    for axis in (1, 2):
        if rng.random() < 0.5:
            both = np.flip(both, axis)
    return both
