from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from segment_anything import SamPredictor, sam_model_registry

from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.engine.prompting.sam import model as sam_model
from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.prompt_card import PromptCard
from napari_segsuite.models.publishing import publish

CPU = torch.device("cpu")


def save(folder: Path, tensors: dict[str, torch.Tensor], variant: str) -> PromptCard:
    card = publish(
        folder,
        lambda weights: PromptCard(
            kind="sam",
            name="test",
            created=datetime.now(UTC),
            package_version="0",
            architecture={
                "class": "segment_anything.sam",
                "arguments": {"variant": variant},
            },
            weights=weights,
        ),
        lambda path: save_file(tensors, path),
        final=True,
    )
    assert isinstance(card, PromptCard)
    return card


@pytest.mark.parametrize(
    ("tensors", "variant", "told"),
    [
        ({"image_encoder.pos_embed": torch.zeros(1, 64, 64, 768)}, "vit_b", "do not"),
        ({"anything": torch.zeros(2)}, "vit_l", "do not fit Segment Anything's vit_l"),
        ({"anything": torch.zeros(2)}, "default", "known are vit_b, vit_l, vit_h"),
        ({"anything": torch.zeros(2)}, "vit_t", "image encoder 'vit_t'"),
    ],
)
def test_other_weights_and_variants_are_refused(
    tensors: dict[str, torch.Tensor], variant: str, told: str, tmp_path: Path
) -> None:
    card = save(tmp_path / "m", tensors, variant)
    with pytest.raises(ModelFolderError, match=told):
        sam_model.load(card, tmp_path / "m", CPU)


def test_a_vit_b_in_metas_format_loads_and_decodes_as_metas_own(tmp_path: Path) -> None:
    meta = sam_model_registry["vit_b"](checkpoint=None)
    # Half the file, and as some programs save their weights; Meta's in 32 bits.
    half = {name: values.half() for name, values in meta.state_dict().items()}
    meta.load_state_dict({name: values.float() for name, values in half.items()})
    save(tmp_path / "m", half, "vit_b")
    card = read_card(tmp_path / "m")
    assert isinstance(card, PromptCard)
    model = sam_model.load(card, tmp_path / "m", CPU)
    features = np.random.default_rng(0).normal(size=(1, 256, 64, 64))
    embedded = model.restore({"features": features.astype(np.float32)}, (300, 500))
    predictor = SamPredictor(meta)
    predictor.features = torch.from_numpy(features).float()
    predictor.original_size, predictor.input_size = (300, 500), (614, 1024)
    predictor.is_image_set = True
    masks, scores, _ = predictor.predict(np.array([[250, 150]]), np.array([1]))
    clicked = PlanePrompt(clicks=(Click(y=150, x=250),))

    offers = model.segment(embedded, clicked)

    order = np.argsort(-scores)
    assert [offer.score for offer in offers] == pytest.approx(scores[order], abs=1e-4)
    for offer, which in zip(offers, order, strict=True):
        area = masks[which].sum()
        assert abs(np.count_nonzero(offer.mask) - area) <= 1e-4 * area
