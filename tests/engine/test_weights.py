from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch
from torch import nn

from napari_segsuite.data.classes import table_of
from napari_segsuite.engine import networks, weights
from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.card import ModelCard
from napari_segsuite.models.publishing import publish
from napari_segsuite.plan.unet import UNetPlan

PLAN = UNetPlan(
    ndim=2,
    channels=1,
    patch_size=(8, 8),
    strides=((1, 1), (2, 2), (2, 2)),
    features=(2, 4, 4),
    batch_size=1,
    normalisation="range",
)


def network(classes: int, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return networks.build(networks.architecture(PLAN, classes)).eval()


def save(folder: Path, source: nn.Module, described_classes: int) -> None:
    publish(
        folder,
        lambda file: ModelCard(
            name="m",
            created=datetime.now(UTC),
            package_version="0",
            plan=PLAN,
            architecture=networks.architecture(PLAN, described_classes),
            classes=table_of(range(1, 1 + described_classes)),
            axes="YX",
            weights=file,
        ),
        lambda path: weights.write(weights.snapshot(source), path),
        final=True,
    )


def test_a_network_comes_back_as_it_was(tmp_path: Path) -> None:
    source, image = network(2), torch.rand(1, 1, 8, 8)
    save(tmp_path / "m", source, 2)
    card, loaded = weights.load(tmp_path / "m")
    assert card.name == "m"
    assert torch.equal(loaded(image), source(image))


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save(tmp_path / "m", network(2), 3)
    with pytest.raises(ModelFolderError, match="do not fit the network"):
        weights.load(tmp_path / "m")


def test_a_snapshot_does_not_change_with_the_network() -> None:
    source = network(2)
    kept = weights.snapshot(source)
    name, value = next(iter(source.named_parameters()))
    before = value.detach().clone()
    nn.init.zeros_(value)
    assert torch.equal(kept[name], before)


def test_old_classes_keep_their_answers_when_one_is_added() -> None:
    source, target, image = network(2), network(3, seed=1), torch.rand(1, 1, 8, 8)
    weights.transfer(source, target, ids=[2, 7], new_ids=[2, 5, 7])
    assert torch.equal(target(image)[:, [0, 2]], source(image))


def test_half_precision_on_disk_is_full_precision_in_memory(tmp_path: Path) -> None:
    source = network(2)
    halved = {
        name: values.half() if values.ndim > 1 else values
        for name, values in weights.snapshot(source).items()
    }
    publish(
        tmp_path / "m",
        lambda file: ModelCard(
            name="m",
            created=datetime.now(UTC),
            package_version="0",
            plan=PLAN,
            architecture=networks.architecture(PLAN, 2),
            classes=table_of((1, 2)),
            axes="YX",
            weights=file,
        ),
        lambda path: weights.write(halved, path),
        final=True,
    )

    _, loaded = weights.load(tmp_path / "m")

    held = weights.own(loaded)
    floats = [values for values in held.values() if values.is_floating_point()]
    assert {values.dtype for values in floats} == {torch.float32}
    for name, values in weights.own(source).items():
        assert torch.equal(held[name], halved[name].to(values.dtype))
    image = torch.rand(1, 1, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(loaded(image), source(image), atol=0.01, rtol=0.01)
