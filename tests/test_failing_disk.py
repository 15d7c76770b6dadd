"""Every operation on files fails once; what was there before stays, and it is told.

Two disks fail: one whose n-th operation does, for every n, and one that takes no more
than so many bytes per file, whatever language the bytes come from.
"""

from __future__ import annotations

import builtins
import errno
import io
import itertools
import os
import sys
import threading
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from napari_segsuite.data.atomic import TEMPORARY_PREFIX
from napari_segsuite.data.formats import describe, open_array, write_labels
from napari_segsuite.data.journal.facts import LayerFacts
from napari_segsuite.data.journal.vectors import VectorJournal, VectorState, read
from napari_segsuite.data.prompts.record import PromptRecord, read_record, write_record
from napari_segsuite.errors import StorageError
from napari_segsuite.metrics import evaluate
from napari_segsuite.models.catalogue import Offer
from napari_segsuite.models.download import download
from napari_segsuite.models.folder import read_verified
from napari_segsuite.models.prompt_card import PromptCard
from napari_segsuite.models.publishing import publish
from napari_segsuite.widgets.measure.export import export_report

sys.path.append(str(Path(__file__).parent / "models" / "foreign"))
from misbehaving import HOST, Server, serving

resource = pytest.importorskip("resource", reason="needs POSIX limits")

NUMBERS = {
    errno.ENOSPC: "the disk is full",
    errno.EIO: "reports a fault",
    errno.EACCES: "you may not write there",
    errno.EROFS: "read-only",
}
EVERY_NUMBER = bool(os.environ.get("SEGSUITE_EVERY_FAULT"))
"""Whether each operation fails in each way, or in one way each."""


class Labels:
    """Labels that are saved; a folder is never replaced, so it is always new."""

    def __init__(self, suffix: str) -> None:
        self.suffix = suffix

    def write(self, folder: Path, version: int) -> None:
        array = np.full((30, 40), version, np.uint8)
        write_labels(self._path(folder, version), array, "YX", overwrite=True)

    def found(self, folder: Path) -> int | None:
        versions = [v for v in (1, 2, 3) if self._path(folder, v).exists()]
        if not versions:
            return None
        path = self._path(folder, versions[-1])
        (value,) = np.unique(open_array(describe(path, labels=True)))
        return int(value)

    def _path(self, folder: Path, version: int) -> Path:
        number = version if self.suffix == ".zarr" else ""
        return folder / f"labels{number}{self.suffix}"


class Prompts:
    """The journal of points."""

    FACTS = LayerFacts(
        name="points",
        scale=(1.0, 1.0),
        translate=(0.0, 0.0),
        rotate=((1.0, 0.0), (0.0, 1.0)),
        shear=(0.0,),
        affine=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        units=("pixel", "pixel"),
        axis_labels=("y", "x"),
    )

    def write(self, folder: Path, version: int) -> None:
        white = ((1.0, 1.0, 1.0, 1.0),)
        state = VectorState(
            kind="points",
            vertices=(((float(version), 0.0),),),
            kinds=("disc",),
            sizes=(1.0,),
            face_colors=white,
            edge_colors=white,
        )
        journal = VectorJournal(folder, "layer-0001", state, self.FACTS)
        try:
            journal.write()
        except StorageError:
            assert journal.due  # nothing is forgotten
            raise

    def found(self, folder: Path) -> int | None:
        path = folder / "layer-0001.vectors"
        return int(read(path)[1].vertices[0][0][0]) if path.exists() else None


class Record:
    """What was clicked, beside the labels that came of it."""

    def write(self, folder: Path, version: int) -> None:
        record = PromptRecord(
            model=str(version),
            model_sha256="0" * 64,
            image="cells",
            axes="YX",
            shape=(3, 4),
        )
        write_record(folder / "a.prompts.json", record, overwrite=True)

    def found(self, folder: Path) -> int | None:
        path = folder / "a.prompts.json"
        return int(read_record(path).model) if path.exists() else None


class Model:
    """A model folder that is replaced; `tests/models` does the same while training."""

    def write(self, folder: Path, version: int) -> None:
        publish(
            folder / "model",
            lambda file: PromptCard(
                kind="click",
                name="m",
                created=datetime(2026, 1, 2, tzinfo=UTC),
                package_version="0",
                architecture={},
                weights=file,
            ),
            lambda path: path.write_bytes(save({"w": np.full(9, version, np.uint8)})),
            final=True,
        )

    def found(self, folder: Path) -> int | None:
        if not (folder / "model" / "model.json").exists():
            return None
        return int(load(read_verified(folder / "model").weights)["w"][0])


class Report:
    """Scores that are exported."""

    def __init__(self, suffix: str) -> None:
        self._name = f"report{suffix}"
        self._texts: dict[str, int] = {}

    def write(self, folder: Path, version: int) -> None:
        shape = (version, 7)
        report = evaluate(np.ones(shape, np.uint8), np.ones(shape, np.uint8))
        about = {"truth": f"version {version}", "prediction": "b"}
        export_report(report, folder / self._name, about)

    def found(self, folder: Path) -> int | None:
        if not self._texts:
            self._learn()
        path = folder / self._name
        return self._texts[path.read_text()] if path.exists() else None

    def _learn(self) -> None:
        for version in (1, 2, 3):
            with TemporaryDirectory() as folder:
                self.write(Path(folder), version)
                self._texts[(Path(folder) / self._name).read_text()] = version


class Download:
    """Files that are downloaded; each has its own name, so that none is replaced."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def write(self, folder: Path, version: int) -> None:
        data = bytes([version]) * 50_000
        offer = Offer(
            name=f"toy-{version}",
            title="A toy",
            url=f"{HOST}/good",
            size=len(data),
            sha256=sha256(data).hexdigest(),
            licence="MIT",
            page="https://models.example",
        )
        self._server.data = data
        download(offer, folder / "downloads", transport=self._server.transport)

    def found(self, folder: Path) -> int | None:
        files = sorted(folder.glob("downloads/*.pth"), key=lambda p: p.stem[-1])
        for path in files:
            assert path.name.startswith(sha256(path.read_bytes()).hexdigest())
        return int(files[-1].stem[-1]) if files else None


WRITERS = {
    "labels.tif": Labels(".tif"),
    "labels.npy": Labels(".npy"),
    "labels.zarr": Labels(".zarr"),
    "points": Prompts(),
    "prompts.json": Record(),
    "model": Model(),
    **{f"report{s}": Report(s) for s in (".csv", ".json", ".html", ".txt")},
}


class FailingDisk:
    """Lets the n-th operation of this process on files fail."""

    OPERATIONS = (
        *((os, n) for n in ("open", "write", "fsync", "replace", "rename", "link")),
        *((os, n) for n in ("chmod", "mkdir", "unlink", "rmdir")),
        (io, "open"),
        (builtins, "open"),
    )

    def __init__(self, patch: pytest.MonkeyPatch, nth: int, number: int) -> None:
        self.left, self.number = nth, number
        self.failed = ""
        self._lock = threading.Lock()
        for module, name in self.OPERATIONS:
            patch.setattr(module, name, self._wrapped(name, getattr(module, name)))

    def _wrapped(self, name, operation):
        def call(*values, **options):
            with self._lock:
                self.left -= 1
                now = self.left == 0
            if now:
                self.failed = name
                raise OSError(self.number, os.strerror(self.number))
            return operation(*values, **options)

        return call


def litter(folder: Path) -> list[str]:
    return [p.name for p in folder.rglob("*") if p.name.startswith(TEMPORARY_PREFIX)]


def fail_each(writer: Any, tmp_path: Path) -> None:
    """Let each operation of a writer fail once, and look what is there."""
    (tmp_path / "warm").mkdir()
    writer.write(tmp_path / "warm", 1)  # imports are files too
    ways = tuple(NUMBERS)
    faults = 0
    for nth in itertools.count(1):
        fired = False
        for number in ways if EVERY_NUMBER else (ways[nth % len(ways)],):
            folder = tmp_path / f"{nth}-{number}"
            folder.mkdir()
            writer.write(folder, 1)
            told = ""
            with pytest.MonkeyPatch.context() as patch:
                disk = FailingDisk(patch, nth, number)
                try:
                    writer.write(folder, 2)
                except StorageError as error:
                    told = str(error)
            fired |= bool(disk.failed)
            faults += bool(disk.failed)
            found = writer.found(folder)
            # What fails after the name was given, the new file survives.
            assert found in ((1, 2) if told else (2,)), (nth, disk.failed, told)
            assert not told or NUMBERS[number] in told or "read back" in told, told
            if disk.failed not in ("unlink", "rmdir"):
                assert not litter(folder), (nth, disk.failed)
            writer.write(folder, 3)
            assert writer.found(folder) == 3
        if not fired:
            break
    assert faults >= 6


@pytest.mark.parametrize("name", WRITERS)
def test_every_operation_may_fail_once(name: str, tmp_path: Path) -> None:
    fail_each(WRITERS[name], tmp_path)


def test_every_operation_of_a_download_may_fail_once(tmp_path: Path) -> None:
    with serving(b"") as server:
        fail_each(Download(server), tmp_path)


@pytest.mark.parametrize("name", WRITERS)
def test_a_disk_may_be_full_at_any_byte(name: str, tmp_path: Path) -> None:
    writer = WRITERS[name]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer.write(tmp_path, 1)
    refused = 0
    for limit in (0, 1, 8, 30, 60, 100, 200, 300, 500, 800, 1200, 2000, 4000, 8000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
        try:
            writer.write(tmp_path, 2)
            break
        except StorageError as error:
            told = str(error)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert "larger than the system allows" in told
        assert writer.found(tmp_path) == 1
        assert not litter(tmp_path)
        refused += 1
    assert refused >= 3
    writer.write(tmp_path, 3)
    assert writer.found(tmp_path) == 3
