"""Model folders: trusted only when whole."""

import json
import os

import numpy as np
import pytest

from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.folder import read_card, read_verified, verify


def edit(folder, **changes):
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_nan_in_the_history_survives(model):
    assert np.isnan(read_card(model).history[0].dice)


def test_what_was_verified_is_what_is_loaded(model):
    stored = read_verified(model)
    assert stored.weights == (model / "weights.safetensors").read_bytes()
    assert stored.card == verify(model)


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors"])
def test_every_truncation_is_refused(model, name):
    data = (model / name).read_bytes()
    for percent in range(0, 100, 3):
        (model / name).write_bytes(data[: len(data) * percent // 100])
        for use in (verify, read_verified):
            with pytest.raises(ModelFolderError, match=r"damaged|format"):
                use(model)


def test_every_flipped_bit_of_the_weights_is_refused(model):
    path = model / "weights.safetensors"
    data = path.read_bytes()
    rng = np.random.default_rng(int(os.environ.get("SEGSUITE_SEED", "0")))
    flips = int(os.environ.get("SEGSUITE_FLIPS", "300"))
    for position in rng.integers(0, 8 * len(data), flips):
        flipped = bytearray(data)
        flipped[position // 8] ^= 1 << position % 8
        path.write_bytes(flipped)
        for use in (verify, read_verified):
            with pytest.raises(ModelFolderError, match="not the file that was saved"):
                use(model)


def test_flipped_bits_of_the_card_never_crash(model):
    path = model / "model.json"
    data = path.read_bytes()
    refused = 0
    for position in range(0, 8 * len(data), 7):
        flipped = bytearray(data)
        flipped[position // 8] ^= 1 << position % 8
        path.write_bytes(flipped)
        try:
            verify(model)
        except ModelFolderError:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"null", "damaged"),
        (b"[]", "damaged"),
        (b"[" * 100_000, "no JSON"),
        (b'{"name": "a", "name": "b"}', "stands twice"),
        (b" " * (2 << 20), "too large"),
    ],
)
def test_cards_that_are_none(model, content, sentence):
    (model / "model.json").write_bytes(content)
    with pytest.raises(ModelFolderError, match=sentence):
        read_card(model)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format_version": 2}, "Update napari-segsuite"),
        ({"format_version": 0}, "format_version"),
        ({"surprise": 1}, "surprise"),
        ({"name": ""}, "name"),
        ({"axes": None}, "axes"),
    ],
)
def test_cards_of_another_kind(model, changes, sentence):
    edit(model, **changes)
    with pytest.raises(ModelFolderError, match=sentence):
        read_card(model)


@pytest.mark.parametrize(
    "file", ["../evil.safetensors", "/etc/x.safetensors", "a/b.safetensors", "x.pth"]
)
def test_the_weights_are_a_name_never_a_path(model, file):
    edit(model, weights={"file": file, "sha256": "0" * 64, "size": 1})
    with pytest.raises(ModelFolderError, match=r"weights\.file"):
        read_card(model)


def test_missing_weights(model):
    (model / "weights.safetensors").unlink()
    for use in (verify, read_verified):
        with pytest.raises(ModelFolderError, match="cannot be read"):
            use(model)


@pytest.mark.parametrize("name", ["nothing", "file"])
def test_no_model_at_all(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(ModelFolderError, match="There is no model in"):
        read_card(tmp_path / name)
