"""A plane as SAM sees it: 8 bits, scaled, normalised, in the corner of a square.

The 8 bits and the rounding of the scaled image are those of Meta's `SamPredictor`, so
that an image that has 8 bits gives the same numbers here as there.
"""

from __future__ import annotations

import numpy as np
import torch
from segment_anything.modeling import Sam
from segment_anything.utils.transforms import ResizeLongestSide

from napari_segsuite.engine.prompting.model import Plane


def prepare(plane: Plane, sam: Sam) -> torch.Tensor:
    """Return the input of the image encoder.

    Parameters
    ----------
    plane : array of float32, (1, Y, X) or (3, Y, X)
        Grey or colours, from 0 (black) to 1 (white).
    sam : Sam
        Meta's model: the side of its square, mean and deviation of its colours.

    Returns
    -------
    float32 torch.Tensor, (1, 3, size, size)
        On the device of the model.
    """
    bytes_ = np.rint(np.clip(plane, 0, 1) * 255).astype(np.uint8)
    colours = np.broadcast_to(bytes_, (3, *bytes_.shape[1:])).transpose(1, 2, 0)
    scale = ResizeLongestSide(sam.image_encoder.img_size)
    scaled = scale.apply_image(np.ascontiguousarray(colours))
    image = torch.from_numpy(scaled).permute(2, 0, 1).to(sam.device)
    normalised: torch.Tensor = sam.preprocess(image)
    return normalised[None]
