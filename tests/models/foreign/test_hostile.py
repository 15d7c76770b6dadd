"""A model file cannot run code: every hostile file on every way in.

The short form tries the ways that need no other process; ``SEGSUITE_HOSTILE=long``
also the worker. `tests/engine/foreign/test_walls.py` tries the walls behind these.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from npe2 import PluginManifest
from payloads import PAYLOADS, archive, evil_pickle, weights

import napari_segsuite
from napari_segsuite.models.foreign.outline import read_outline

LONG = os.environ.get("SEGSUITE_HOSTILE") == "long"
WAYS = ["outline", "job", "command", "prediction", *(["worker"] if LONG else [])]
# Files that are only odd: reading what is in them does no harm. What they hold is no
# network that we know, so that importing them ends there.
HARMLESS = {
    "cycle.pth",
    "laughing_lists.pth",
    "deep_tables.pth",
    "nan_weights.safetensors",
}


def hostile_environment(folder: Path) -> dict[str, str]:
    """Return variables by which libraries and Python run code, and their traps."""
    traps = folder / "traps"
    traps.mkdir()
    canary = folder / "canary"
    for name in ("sitecustomize.py", "usercustomize.py", "torch.py", "pickle.py"):
        (traps / name).write_text(f"open({str(canary)!r}, 'w').close()\n")
    return {
        "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1",
        "TORCH_LOAD_PICKLE_MODULE": "pickle",
        "NUMCODECS_ALLOW_PICKLE": "1",
        "PYTHONSTARTUP": str(traps / "torch.py"),
        "PYTHONINSPECT": "1",
        "LD_LIBRARY_PATH": str(traps),
    }


@pytest.fixture(scope="module")
def judgement(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("hostile")
    program = Path(__file__).with_name("judge.py")
    done = subprocess.run(
        [sys.executable, "-I", str(program), str(folder), *WAYS],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
        cwd=folder,
        env={
            **os.environ,
            **hostile_environment(folder),
            "SEGSUITE_MODELS": str(folder / "library"),
        },
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_there_are_enough_of_them() -> None:
    assert len({payload.name for payload in PAYLOADS}) == len(PAYLOADS) >= 40


def test_nothing_was_run(judgement: dict[str, Any]) -> None:
    assert judgement["seen"] == []
    assert not judgement["canary"]


def test_every_file_was_refused_on_every_way(judgement: dict[str, Any]) -> None:
    wrong = [
        (way, name, end)
        for way, name, end, *_ in judgement["rows"]
        if end != "refused"
        and not (way == "outline" and name in HARMLESS and end == "harmless")
    ]

    assert len(judgement["rows"]) == len(WAYS) * len(PAYLOADS)
    assert wrong == []


def test_nothing_took_long_or_much(judgement: dict[str, Any]) -> None:
    """Computing time counts; the machine may be busy with other things as well."""
    slowest = max(judgement["rows"], key=lambda row: row[3])
    longest = max(judgement["rows"], key=lambda row: row[4])

    assert slowest[3] < 10, slowest
    assert longest[4] < 120, longest
    assert judgement["kilobytes"] < 1 << 20


def test_nothing_was_left(judgement: dict[str, Any]) -> None:
    assert judgement["left"] == []


def test_dropping_a_checkpoint_on_the_window_is_none_of_our_business() -> None:
    path = Path(napari_segsuite.__file__).with_name("napari.yaml")
    readers = PluginManifest.from_file(path).contributions.readers or []
    patterns = [pattern for reader in readers for pattern in reader.filename_patterns]

    assert not any(
        payload.name.endswith(p.strip("*")) for p in patterns for payload in PAYLOADS
    )


def test_the_files_are_made_like_sound_ones(tmp_path: Path) -> None:
    """What is refused is refused for its payload, not for how we write archives."""
    archive(tmp_path / "good.pth", weights())

    assert list(read_outline(tmp_path / "good.pth").tensors) == ["w"]


def test_the_payloads_would_run(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    file = tmp_path / "evil.pkl"
    file.write_bytes(evil_pickle(canary))
    program = "import pickle, sys; pickle.load(open(sys.argv[1], 'rb'))"
    subprocess.run([sys.executable, "-c", program, str(file)], check=True)

    assert canary.exists()
