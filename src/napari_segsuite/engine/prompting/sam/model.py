"""Segment Anything as a promptable model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from segment_anything import sam_model_registry
from segment_anything.modeling import Sam

from napari_segsuite.data.prompts.prompt import PlanePrompt
from napari_segsuite.engine.device import Compute, choose
from napari_segsuite.engine.prompting.model import Candidate, Embedded, Plane
from napari_segsuite.engine.prompting.sam.encoder import FastEncoder
from napari_segsuite.engine.prompting.sam.frame import Frame
from napari_segsuite.engine.prompting.sam.masks import candidate
from napari_segsuite.engine.prompting.sam.preprocessing import prepare
from napari_segsuite.engine.prompting.sam.prompts import translate
from napari_segsuite.errors import InputError, ModelFolderError
from napari_segsuite.models.folder import read_verified
from napari_segsuite.models.foreign.sam_layout import VARIANTS
from napari_segsuite.models.prompt_card import PromptCard

# SAM's decoder gives one mask for prompts that leave no doubt, then three for one
# click: the whole, a part, a part of the part (Kirillov et al., ICCV 2023, §3).
_ALONE = 0
_THREE = (1, 2, 3)
_MOST = 3


@dataclass(frozen=True, slots=True, eq=False)
class SamEmbedded:
    """A plane as SAM keeps it between prompts."""

    features: torch.Tensor
    """float32, (1, channels, n, n), on the device: what the image encoder gave."""
    frame: Frame
    """The plane in the square that SAM sees."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the plane."""
        return self.frame.shape

    def arrays(self) -> Mapping[str, npt.NDArray[np.float32]]:
        """Return the features: 4 MB, for in 32 bits a restart changes no answer."""
        return {"features": self.features.cpu().numpy()}


class SamModel:
    """Segment Anything.

    Parameters
    ----------
    sam : Sam
        Meta's model with its weights, in 32 bits; it is taken over.
    compute : Compute
        Where to compute, and whether the image encoder may use 16 bits.
    """

    def __init__(self, sam: Sam, compute: Compute) -> None:
        self._sam = sam.to(compute.device).eval().requires_grad_(False)
        self._device = compute.device
        self._size = int(sam.image_encoder.img_size)
        self._features = (
            1,
            sam.prompt_encoder.embed_dim,
            *sam.prompt_encoder.image_embedding_size,
        )
        self._encoder = FastEncoder(sam.image_encoder, compute.half)
        with torch.inference_mode():
            self._places = sam.prompt_encoder.get_dense_pe()

    def embed(
        self, plane: Plane, check: Callable[[], None] = lambda: None
    ) -> SamEmbedded:
        """Prepare a plane for prompts.

        Parameters
        ----------
        plane : array of float32, (1, Y, X) or (3, Y, X)
            What the model sees, from 0 (black) to 1 (white).
        check : callable, optional
            Called every few hundred milliseconds; raises to cancel.

        Raises
        ------
        InputError
            If the plane is too narrow: more than 2048 times as long as wide.
        """
        frame = Frame.of((plane.shape[1], plane.shape[2]), self._size)
        check()
        with torch.inference_mode():
            image = prepare(plane, self._sam)
        return SamEmbedded(self._encoder.encode(image, check), frame)

    def restore(
        self, arrays: Mapping[str, npt.NDArray[Any]], shape: tuple[int, int]
    ) -> SamEmbedded:
        """Return what `embed` returned for a plane of that shape.

        Raises
        ------
        InputError
            If the arrays are not what `SamEmbedded.arrays` gives for this model.
        """
        features = arrays.get("features")
        if (
            features is None
            or features.shape != self._features
            or features.dtype != np.float32
        ):
            msg = "The kept embedding is not one of this model. Make it anew."
            raise InputError(msg)
        kept = torch.tensor(features, device=self._device)
        return SamEmbedded(kept, Frame.of(shape, self._size))

    def segment(self, embedded: Embedded, prompt: PlanePrompt) -> tuple[Candidate, ...]:
        """Return three masks of the object meant, the best first.

        Parameters
        ----------
        embedded : SamEmbedded
            What `embed` or `restore` returned.
        prompt : PlanePrompt
            What is said about the object, inside the plane; something in it says
            where.

        Returns
        -------
        tuple of Candidate
            For one foreground click alone, SAM's three, the one with the highest
            expected IoU first. For all else SAM's answer to prompts without doubt,
            then the two best of the three.
        """
        kept = cast(SamEmbedded, embedded)
        said = translate(prompt, kept.frame, self._device)
        with torch.inference_mode():
            sparse, dense = self._sam.prompt_encoder(
                points=said.points, boxes=said.boxes, masks=said.masks
            )
            logits, scores = self._sam.mask_decoder.predict_masks(
                image_embeddings=kept.features,
                image_pe=self._places,
                sparse_prompt_embeddings=sparse,
                dense_prompt_embeddings=dense,
            )
            logits, expected = logits[0].cpu(), scores[0].tolist()
            ranked = sorted(_THREE, key=lambda which: -expected[which])
            if not said.ambiguous:
                ranked = [_ALONE, *ranked]
            return tuple(
                candidate(logits[which], expected[which], kept.frame)
                for which in ranked[:_MOST]
            )


def load(card: PromptCard, folder: Path, device: torch.device) -> SamModel:
    """Load Segment Anything from a model folder, verified.

    Parameters
    ----------
    card : PromptCard
        The card of the model; its architecture has the argument ``variant``.
    folder : Path
        The model folder.
    device : torch.device
        Where to compute.

    Raises
    ------
    ModelFolderError
        If the folder is damaged, or the weights are not those of the variant.
    """
    variant = card.architecture.get("arguments", {}).get("variant")
    known = [each.name for each in VARIANTS]
    if variant not in known:
        msg = (
            f"The model in {folder} is Segment Anything with the image encoder "
            f"{variant!r}; known are {', '.join(known)}. Get a fresh copy of it, or "
            "update napari-segsuite."
        )
        raise ModelFolderError(msg)
    with torch.device("meta"):  # takes neither memory nor time for random weights
        sam = sam_model_registry[variant](checkpoint=None)
    try:
        tensors = read_tensors(read_verified(folder).weights)
        full = {name: values.float() for name, values in tensors.items()}
        sam.load_state_dict(full, strict=True, assign=True)
    except (RuntimeError, SafetensorError) as error:
        msg = (
            f"The weights in {folder} do not fit Segment Anything's {variant} "
            f"({error}). Get a fresh copy of the model."
        )
        raise ModelFolderError(msg) from error
    name = cast(Literal["cpu", "cuda", "mps"], device.type)
    return SamModel(sam, choose(name))
