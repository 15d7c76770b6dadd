"""Two kinds of models, and a clear word where the other is needed."""

import json

import pytest

from napari_segsuite.errors import ModelFolderError, StorageError
from napari_segsuite.models.card import ModelCard
from napari_segsuite.models.folder import (
    read_card,
    read_unfinished,
    read_verified,
    verify,
)
from napari_segsuite.models.kinds import as_promptable, as_unet
from napari_segsuite.models.prompt_card import PromptCard
from napari_segsuite.models.publishing import claim, discard, publish
from napari_segsuite.models.shipment import SHIPPED, is_shipped
from napari_segsuite.models.summary import describe

EXPECTED = """\
name     clicks
kind     promptable, around a click
made     2026-01-02 03:04 by napari-segsuite 0.1.0
licence  BSD-3-Clause
from     our own
weights  {size} MB, {sha}…
iou      0.8400
seed     3"""


def test_a_promptable_model_survives_its_folder(promptable, prompt_card_maker):
    card = read_card(promptable)
    assert isinstance(card, PromptCard)
    assert card == prompt_card_maker(card.weights)
    assert verify(promptable) == card
    assert read_verified(promptable).card == card
    assert as_promptable(card, promptable) is card


def test_a_promptable_model_can_be_replaced(
    promptable, prompt_card_maker, weights_writer
):
    card = publish(
        promptable,
        lambda w: prompt_card_maker(w, name="new"),
        weights_writer,
        final=True,
    )
    assert (card.name, verify(promptable)) == ("new", card)
    names = {"model.json", card.weights.file}
    assert {path.name for path in promptable.iterdir()} == names


def test_the_other_kind_is_refused_in_one_sentence(model, promptable):
    with pytest.raises(ModelFolderError, match=r"is a promptable model.*Prompt dock"):
        as_unet(read_card(promptable), promptable)
    with pytest.raises(ModelFolderError, match=r"is a promptable model"):
        read_unfinished(promptable)
    with pytest.raises(ModelFolderError, match=r"is a U-Net; choose it"):
        as_promptable(read_card(model), model)


def test_cards_without_kind_are_those_of_unets(model):
    values = json.loads((model / "model.json").read_text())
    del values["kind"]
    (model / "model.json").write_text(json.dumps(values))
    assert isinstance(read_card(model), ModelCard)


@pytest.mark.parametrize("kind", ["yolo", 3, None, [], {}])
def test_unknown_kinds_are_refused(promptable, kind):
    values = json.loads((promptable / "model.json").read_text())
    (promptable / "model.json").write_text(json.dumps({**values, "kind": kind}))
    with pytest.raises(ModelFolderError, match=r"of the kind .* unet, click, sam"):
        read_card(promptable)


def test_fields_of_the_other_kind_are_refused(promptable):
    values = json.loads((promptable / "model.json").read_text())
    (promptable / "model.json").write_text(json.dumps({**values, "history": []}))
    with pytest.raises(ModelFolderError, match=r"model.json, history: Extra inputs"):
        read_card(promptable)


def test_a_promptable_card_in_words(promptable):
    card = read_card(promptable)
    assert describe(card) == EXPECTED.format(
        size=f"{card.weights.size / 1e6:.1f}", sha=card.weights.sha256[:12]
    )


def test_shipped_models_stay_as_they_are(model, tmp_path):
    assert is_shipped(SHIPPED / "click-2d")
    assert not is_shipped(model)
    with pytest.raises(StorageError, match="ship inside"):
        discard(SHIPPED / "none")
    with pytest.raises(StorageError, match="ship inside"):
        claim(SHIPPED / "none")
    (tmp_path / "link").symlink_to(SHIPPED)
    with pytest.raises(StorageError, match="ship inside"):
        claim(tmp_path / "link" / "none")
