"""Weights of others become model folders."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from misbehaving import Server, serving
from payloads import evil_pickle
from safetensors.torch import save_file
from segment_anything import sam_model_registry

from napari_segsuite import api
from napari_segsuite.engine.foreign.importing import download_model
from napari_segsuite.errors import InputError, ModelFolderError, StorageError
from napari_segsuite.jobs.events import Event, Progress
from napari_segsuite.jobs.importing import DownloadModel, ImportModel
from napari_segsuite.models.folder import read_card, verify
from napari_segsuite.models.prompt_card import PromptCard
from napari_segsuite.models.web import Answer
from napari_segsuite.runners.context import Cache, RunContext

LANDMARK = "image_encoder.pos_embed"


@pytest.fixture(scope="module")
def sam() -> dict[str, torch.Tensor]:
    """The tensors of ViT-B: 187 MB, all alike, in half precision."""
    with torch.device("meta"):
        shapes = sam_model_registry["vit_b"]().state_dict()
    return {
        name: torch.full(values.shape, 0.5, dtype=torch.float16)
        for name, values in shapes.items()
    }


def test_a_fine_tuned_sam_is_imported(
    tmp_path: Path, sam: dict[str, torch.Tensor]
) -> None:
    file, out = tmp_path / "vit_b_cells.pt", tmp_path / "model"
    prefixed = {f"sam.{name}": values for name, values in sam.items()}
    torch.save({"model_state": prefixed, "iteration": 25_000}, file)
    events: list[Event] = []

    job = ImportModel(file=file, out=out, name="cells", licence="MIT")
    result = api.run(job, on_event=events.append)

    card = verify(out)
    assert isinstance(card, PromptCard)
    assert (card.kind, card.name, card.licence) == ("sam", "cells", "MIT")
    assert card.architecture["arguments"] == {"variant": "vit_b"}
    assert card.source == "vit_b_cells.pt"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert result.sha256 == card.provenance["SHA-256 of the file"] == digest
    assert result.title == "Segment Anything ViT-B"
    fractions = [event.fraction for event in events if isinstance(event, Progress)]
    assert fractions == sorted(fractions)
    assert {path.name for path in out.iterdir()} == {
        "model.json",
        "weights.safetensors",
    }


def test_safetensors_need_no_conversion(
    tmp_path: Path, sam: dict[str, torch.Tensor]
) -> None:
    file = tmp_path / "sam.safetensors"
    save_file(sam, file)

    folder = api.import_model(file)

    assert folder == api.find_model("sam")
    assert verify(folder).name == "sam"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"image_encoder.blocks.3.norm1.bias": torch.ones(5)},
            r"norm1\.bias' has the shape \(5,\) instead of \(768,\)",
        ),
        ({"adapter.weight": torch.ones(5)}, "'adapter.weight' is more than it has"),
        ({LANDMARK: torch.ones(1, 64, 64, 512)}, r"pos_embed' has the shape"),
    ],
)
def test_other_networks_are_told_apart(
    tmp_path: Path, sam: dict[str, torch.Tensor], change: dict, sentence: str
) -> None:
    save_file({**sam, **change}, tmp_path / "a.safetensors")

    with pytest.raises(InputError, match=sentence):
        api.run(ImportModel(file=tmp_path / "a.safetensors", out=tmp_path / "model"))
    assert not (tmp_path / "model").exists()


def test_networks_of_another_kind_are_named(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(3, 4).state_dict(), tmp_path / "a.pth")

    with pytest.raises(InputError, match=r"no network that is known here.*'weight'"):
        api.run(ImportModel(file=tmp_path / "a.pth", out=tmp_path / "model"))


def test_weights_that_are_not_finite_are_refused(
    tmp_path: Path, sam: dict[str, torch.Tensor]
) -> None:
    bad = torch.full_like(sam[LANDMARK], torch.nan)
    save_file({**sam, LANDMARK: bad}, tmp_path / "a.safetensors")

    with pytest.raises(ModelFolderError, match="not finite"):
        api.run(ImportModel(file=tmp_path / "a.safetensors", out=tmp_path / "model"))
    assert not (tmp_path / "model").exists()


def test_a_model_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine").touch()

    with pytest.raises(StorageError, match="exists already"):
        api.run(ImportModel(file=tmp_path / "a.pth", out=tmp_path / "model"))


def test_model_folders_of_ours_are_copied(tmp_path: Path) -> None:
    ours = api.find_model("click-2d")

    api.run(ImportModel(file=ours, out=tmp_path / "copy", name="copy"))

    old, new = read_card(ours), verify(tmp_path / "copy")
    assert (new.name, new.weights.sha256) == ("copy", old.weights.sha256)


def test_a_damaged_model_folder_is_not_copied(tmp_path: Path) -> None:
    ours = shutil.copytree(api.find_model("click-2d"), tmp_path / "model")
    with (ours / read_card(ours).weights.file).open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")

    with pytest.raises(ModelFolderError, match="not the file that was saved"):
        api.run(ImportModel(file=ours, out=tmp_path / "copy"))
    assert not (tmp_path / "copy").exists()


# Downloads of an offer without a digest of its own: any file will do, if vouched for.


def download(folder: Path, server: Server, sha256: str = "") -> list[Event]:
    events: list[Event] = []
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    job = DownloadModel(
        offer="medsam-vit-b",
        out=folder / "model",
        downloads=folder / "downloads",
        sha256=sha256,
    )
    context = RunContext(scratch, events.append, Cache())

    def transport(
        _url: str, headers: Mapping[str, str]
    ) -> AbstractContextManager[Answer]:
        return server.transport("https://models.example/good", headers)

    download_model(job, context, transport)
    return events


def test_a_download_becomes_a_model(
    tmp_path: Path, sam: dict[str, torch.Tensor]
) -> None:
    save_file(sam, tmp_path / "sam.safetensors")
    data = (tmp_path / "sam.safetensors").read_bytes()
    digest = hashlib.sha256(data).hexdigest()

    with serving(data) as server:
        with pytest.raises(InputError, match=f"Nobody has vouched.*--sha256 {digest}"):
            download(tmp_path, server)
        events = download(tmp_path, server, digest)

    card = verify(tmp_path / "model")
    assert isinstance(card, PromptCard)
    assert card.licence == "Apache-2.0"
    assert card.source.startswith("https://zenodo.org/")
    fractions = [event.fraction for event in events if isinstance(event, Progress)]
    assert fractions == sorted(fractions)
    assert list((tmp_path / "downloads").iterdir()) == []


def test_a_hostile_download_makes_no_model(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    data = evil_pickle(canary)

    with serving(data) as server, pytest.raises(InputError, match="pickled objects"):
        download(tmp_path, server, hashlib.sha256(data).hexdigest())

    assert not canary.exists()
    assert not (tmp_path / "model").exists()
    assert list((tmp_path / "downloads").iterdir()) == []
