"""Cards survive JSON."""

import json

import pytest
from pydantic import ValidationError

from napari_segsuite.models.card import ModelCard, WeightsFile
from napari_segsuite.models.folder import read_card


def test_round_trip_with_nan(model):
    card = read_card(model).replace(scores={"dice": float("nan"), "iou": 0.5})
    again = ModelCard.model_validate(json.loads(card.model_dump_json()))
    assert again.model_dump_json() == card.model_dump_json()


@pytest.mark.parametrize(
    "file", ["a/b.safetensors", "..safetensors/", "a.pth", "", "é.safetensors"]
)
def test_weights_are_plain_names(file):
    with pytest.raises(ValidationError, match="file"):
        WeightsFile(file=file, sha256="0" * 64, size=1)
