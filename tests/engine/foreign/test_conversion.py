"""Archives by torch become safetensors files, tensor for tensor."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from payloads import archive, named, row, text, weights
from safetensors.torch import load_file

from napari_segsuite.engine.foreign.conversion import convert, scrubbed
from napari_segsuite.errors import Cancelled, InputError
from napari_segsuite.models.foreign.outline import Outline, Shape, read_outline


def converted(file: Path, folder: Path, outline: Outline | None = None) -> Path:
    folder.mkdir()
    target = folder / "weights.safetensors"
    convert(file, outline or read_outline(file), target)
    return target


def test_every_tensor_comes_out_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "traps"))
    layer = torch.nn.Conv2d(2, 3, 3)
    shared = torch.arange(12, dtype=torch.int64)
    wanted: dict[str, Any] = {
        **layer.state_dict(),
        "half": torch.rand(3, 5).half(),
        "bf16": torch.rand(5).bfloat16(),
        "double": torch.rand(2, 2, dtype=torch.float64),
        "transposed": torch.rand(4, 6).t(),
        "part": shared[3:7],
        "whole": shared,
        "flag": torch.tensor([True, False]),
        "bytes": torch.arange(7, dtype=torch.uint8),
        "scalar": torch.tensor(3.5),
        "none": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(torch.ones(2)),
    }
    saved = {"model_state": wanted, "epoch": 3, "lr": 0.1, "name": "x", "best": None}
    torch.save(saved, tmp_path / "a.pth")

    found = load_file(converted(tmp_path / "a.pth", tmp_path / "out"))

    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        assert found[name].dtype == values.dtype
        assert torch.equal(found[name], values.detach())


def test_numbers_must_be_finite(tmp_path: Path) -> None:
    data = np.array([1, 2, np.nan, 4], "<f4").tobytes()
    archive(tmp_path / "a.pth", weights(), numbers=data)

    with pytest.raises(InputError, match=r"not finite \(in 'w'\)"):
        converted(tmp_path / "a.pth", tmp_path / "out")


def test_the_child_is_not_believed(tmp_path: Path) -> None:
    """What it writes must be what the outline said."""
    archive(tmp_path / "a.pth", weights())
    other = Outline("torch", (), {"w": Shape("F32", (2, 2))})

    with pytest.raises(InputError, match=r"other weights than it lists.*'w'"):
        converted(tmp_path / "a.pth", tmp_path / "out", other)


def test_what_reaches_for_more_is_stopped(tmp_path: Path) -> None:
    """A file that our rules never let through, given to the child all the same."""
    made = named("builtins", "bytearray") + row(b"J\x00\x00\x00\x7f") + b"R"
    archive(tmp_path / "a.pth", weights(text("x"), made))
    outline = Outline("torch", (), {"w": Shape("F32", (4,))})

    with pytest.raises(InputError, match="is not imported, because") as caught:
        converted(tmp_path / "a.pth", tmp_path / "out", outline)
    assert "Traceback" not in str(caught.value)


def test_cancelling_ends_the_child(tmp_path: Path) -> None:
    archive(tmp_path / "a.pth", weights())
    (tmp_path / "out").mkdir()
    begun = time.monotonic()

    def check() -> None:
        if time.monotonic() - begun > 0.2:
            raise Cancelled

    with pytest.raises(Cancelled):
        convert(
            tmp_path / "a.pth",
            read_outline(tmp_path / "a.pth"),
            tmp_path / "out" / "w.safetensors",
            check=check,
        )


def test_only_what_is_needed_of_the_environment_is_kept() -> None:
    hostile = {
        "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1",
        "PYTHONPATH": "/evil",
        "PYTHONSTARTUP": "/evil",
        "LD_PRELOAD": "/evil.so",
        "LD_LIBRARY_PATH": "/evil",
        "LANG": "C.UTF-8",
    }

    kept = scrubbed({**os.environ, **hostile})

    assert hostile.keys() & kept.keys() == {"LANG"}
