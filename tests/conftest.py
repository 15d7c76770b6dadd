"""What every test shares: one thread per library, a model library of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

# Before numpy and torch load: on few cores their threads, and those of worker
# processes, slow each other many times over.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "2")

# A program started in the background may inherit an ignored Ctrl+C, which is no
# business of the tests of Ctrl+C, nor of the processes that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Machines differ in speed, so no example has a deadline. The long form of the property
# tests is `pytest tests/metrics --hypothesis-profile=long`.
settings.register_profile("short", deadline=None)
examples = int(os.environ.get("SEGSUITE_EXAMPLES", "10000"))
settings.register_profile("long", deadline=None, max_examples=examples)
settings.load_profile("short")

PATIENCE_MS = 30_000
ROOT = Path(__file__).parents[1]
TOYS = str(Path(__file__).parent / "prompting_toys")


@pytest.fixture(autouse=True)
def own_model_library(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Keep tests away from the models of whoever runs them."""
    folder = tmp_path_factory.mktemp("library")
    monkeypatch.setenv("SEGSUITE_MODELS", str(folder))
    return folder


@pytest.fixture(autouse=True)
def own_journals(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Keep tests away from the unsaved painting of whoever runs them."""
    folder = tmp_path_factory.mktemp("journals")
    monkeypatch.setenv("SEGSUITE_JOURNALS", str(folder))
    return folder


@pytest.fixture
def qtbot(qtbot: Any) -> Any:
    """Wait long enough for a busy machine: only what never comes fails."""
    wait_until = qtbot.waitUntil

    def patient(callback: Callable[[], bool | None], *, timeout: int = 0) -> None:
        wait_until(callback, timeout=max(timeout, PATIENCE_MS))

    qtbot.waitUntil = patient
    return qtbot


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real images beside the repository, or skip loudly."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the real images of {folder}, which is not there")
    return folder


@pytest.fixture
def flood_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a promptable model without a network, for this process."""
    from safetensors.numpy import save_file

    from napari_segsuite.engine.prompting import loading
    from napari_segsuite.models.prompt_card import PromptCard
    from napari_segsuite.models.publishing import publish

    monkeypatch.syspath_prepend(TOYS)
    monkeypatch.setitem(loading._MODULES, "click", "segsuite_flood")
    folder = tmp_path / "flood"
    publish(
        folder,
        lambda weights: PromptCard(
            kind="click",
            name="flood",
            created=datetime(2026, 1, 2, tzinfo=UTC),
            package_version="0",
            architecture={"class": "flood", "arguments": {}},
            weights=weights,
        ),
        lambda path: save_file({"none": np.zeros(1, np.float32)}, path),
        final=True,
    )
    return folder


@pytest.fixture
def random_maskrcnn(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes a small Mask R-CNN with random weights."""

    def make(channels: int = 1) -> Path:
        # Not above: tests of the window must not load torch.
        import torch

        import napari_segsuite
        from napari_segsuite.data.classes import ClassInfo
        from napari_segsuite.engine import weights
        from napari_segsuite.engine.maskrcnn.network import architecture, build
        from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
        from napari_segsuite.models.publishing import publish
        from napari_segsuite.plan.maskrcnn import MaskRCNNPlan

        plan = MaskRCNNPlan(
            backbone="small",
            channels=channels,
            normalisation="percentile",
            scale=1.0,
            object_size=12.0,
            anchor_sizes=(4, 8, 16, 32, 64),
            patch_size=(64, 64),
            batch_size=1,
            detections_per_patch=10,
        )
        torch.manual_seed(0)
        described = architecture(plan, 2)
        tensors = weights.snapshot(build(described))
        folder = tmp_path / f"model{channels}"
        publish(
            folder,
            lambda file: MaskRCNNCard(
                name="random",
                created=datetime.now(UTC),
                package_version=napari_segsuite.__version__,
                plan=plan,
                architecture=described,
                classes=(ClassInfo(id=3, name="cell"), ClassInfo(id=8, name="debris")),
                axes="YX",
                weights=file,
            ),
            lambda path: weights.write(tensors, path),
            final=True,
        )
        return folder

    return make


@pytest.fixture
def random_unet(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes a small 2D U-Net with random weights."""

    def make(name: str, classes: Any, *, objects: Any = None) -> Path:
        # Not above: tests of the window must not load torch.
        import torch

        import napari_segsuite
        from napari_segsuite.engine import networks, weights
        from napari_segsuite.engine.objects.outputs import CHANNELS
        from napari_segsuite.models.card import ModelCard
        from napari_segsuite.models.publishing import publish
        from napari_segsuite.plan.unet import UNetPlan

        plan = UNetPlan(
            ndim=2,
            channels=1,
            patch_size=(16, 16),
            strides=((1, 1), (2, 2), (2, 2)),
            features=(4, 6, 8),
            batch_size=1,
            normalisation="percentile",
        )
        torch.manual_seed(3)
        described = networks.architecture(plan, CHANNELS if objects else len(classes))
        network = networks.build(described)
        with torch.no_grad():
            for key, values in weights.own(network).items():
                if key.startswith(networks.HEAD) and key.endswith("weight"):
                    values *= 40  # Sure of what it says, whatever that is.
        publish(
            tmp_path / name,
            lambda file: ModelCard(
                name=name,
                created=datetime.now(UTC),
                package_version=napari_segsuite.__version__,
                plan=plan,
                architecture=described,
                classes=classes,
                objects=objects,
                axes="YX",
                weights=file,
            ),
            lambda path: weights.write(weights.snapshot(network), path),
            final=True,
        )
        return tmp_path / name

    return make
