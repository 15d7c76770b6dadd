"""Downloads from a server that misbehaves."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from misbehaving import HOST, Server, serving

from napari_segsuite.errors import Cancelled, InputError, StorageError
from napari_segsuite.models.catalogue import Offer
from napari_segsuite.models.download import download

DATA = bytes(range(256)) * 1200  # 300 KiB
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(DATA) as server:
        yield server


def offer(path: str, **changes: object) -> Offer:
    whole = Offer(
        name="toy",
        title="A toy",
        url=f"{HOST}/{path}",
        size=len(DATA),
        sha256=SHA,
        licence="MIT",
        page="https://models.example",
    )
    return replace(whole, **changes)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_and_under_its_own_name(
    server: Server, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []

    file = download(
        offer("good"),
        tmp_path / "new",
        tell=lambda done, size: told.append((done, size)),
        transport=server.transport,
    )

    assert file.read_bytes() == DATA
    assert names(tmp_path / "new") == [f"{SHA}-toy.pth"]
    assert told[-1] == (len(DATA), len(DATA))
    assert server.asked == [("/good", "")]


def test_what_is_there_is_not_asked_for_again(server: Server, tmp_path: Path) -> None:
    first = download(offer("good"), tmp_path, transport=server.transport)

    assert download(offer("good"), tmp_path, transport=server.transport) == first
    assert len(server.asked) == 1


def test_a_poisoned_file_in_the_cache_is_found_out(
    server: Server, tmp_path: Path
) -> None:
    file = download(offer("good"), tmp_path, transport=server.transport)
    file.write_bytes(b"evil")

    with pytest.raises(InputError, match="not the file that was expected"):
        download(offer("good"), tmp_path, transport=server.transport)
    assert names(tmp_path) == []


@pytest.mark.parametrize("way", ["cut", "without-ranges", "other-part", "busy", "near"])
def test_trouble_on_the_way_is_overcome(
    server: Server, tmp_path: Path, way: str
) -> None:
    file = download(offer(way), tmp_path, transport=server.transport)

    assert file.read_bytes() == DATA
    assert names(tmp_path) == [file.name]


def test_a_download_goes_on_where_it_was_cut(server: Server, tmp_path: Path) -> None:
    download(offer("cut"), tmp_path, transport=server.transport)

    third = len(DATA) // 3 + 1
    ranges = [wanted for _, wanted in server.asked]
    assert ranges == ["", f"bytes={third}-", f"bytes={2 * third}-"]


def test_a_poisoned_part_is_found_out(server: Server, tmp_path: Path) -> None:
    (tmp_path / "toy.part").write_bytes(b"evil" * 100)

    with pytest.raises(InputError, match=f"{SHA}. It was deleted"):
        download(offer("good"), tmp_path, transport=server.transport)
    assert names(tmp_path) == []


def test_a_part_that_is_too_long_is_begun_anew(server: Server, tmp_path: Path) -> None:
    (tmp_path / "toy.part").write_bytes(DATA + b"more")

    file = download(offer("good"), tmp_path, transport=server.transport)

    assert file.read_bytes() == DATA


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ("shorter", r"307,199 bytes or more .* instead of 307,200"),
        ("longer", r"307,201 bytes or more"),
        ("endless", "it is another file"),
        ("other-bytes", "its SHA-256 is .* It was deleted"),
        ("missing", "answers with 404"),
        ("always-busy", "answers with 503"),
        ("always-cut", "broke off.*try again to go on"),
        ("elsewhere", "sends to https://evil.example"),
        ("unencrypted", "sends to http://models.example"),
        ("to-a-file", "sends to file://"),
        ("circle", "redirects in circles"),
        ("no-http", "could not be downloaded"),
    ],
)
def test_what_cannot_be_had_is_told(
    server: Server, tmp_path: Path, way: str, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        download(offer(way), tmp_path, transport=server.transport)
    assert all(name == "toy.part" for name in names(tmp_path))


def test_odd_headers_are_not_believed(server: Server, tmp_path: Path) -> None:
    file = download(offer("odd-numbers"), tmp_path, transport=server.transport)

    assert file.read_bytes() == DATA


@pytest.mark.parametrize("way", ["drip", "silent"])
def test_cancelling_never_waits_for_the_server(
    server: Server, tmp_path: Path, way: str
) -> None:
    cancelled = threading.Event()
    threading.Timer(0.5, cancelled.set).start()

    def check() -> None:
        if cancelled.is_set():
            raise Cancelled

    begun = time.monotonic()
    with pytest.raises(Cancelled):
        download(offer(way), tmp_path, check=check, transport=server.transport)
    # The server would need hours, or be silent until its own limit.
    assert time.monotonic() - begun < 20
    assert len((tmp_path / "toy.part").read_bytes()) < 100 if way == "drip" else True


def test_a_file_that_nobody_vouches_for_needs_the_user(
    server: Server, tmp_path: Path
) -> None:
    unknown = offer("good", sha256="", exact=False, size=300_000)

    with pytest.raises(InputError, match=f"SHA-256 {SHA}"):
        download(unknown, tmp_path, transport=server.transport)
    file = download(unknown, tmp_path, sha256=SHA.upper(), transport=server.transport)

    assert file.read_bytes() == DATA
    # The second time nothing but the end of the file was asked for.
    assert [wanted for _, wanted in server.asked] == ["", f"bytes={len(DATA)}-"]


def test_a_file_of_roughly_the_size_may_not_be_endless(
    server: Server, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="it is another file"):
        download(offer("endless", exact=False), tmp_path, transport=server.transport)


@pytest.mark.parametrize("url", ["http://models.example/good", "file:///etc/passwd"])
def test_only_https_is_asked(server: Server, tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="was refused"):
        download(replace(offer("good"), url=url), tmp_path, transport=server.transport)
    assert server.asked == []


def test_nothing_is_asked_offline(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGSUITE_OFFLINE", "1")

    with pytest.raises(InputError, match="switched off by SEGSUITE_OFFLINE"):
        download(offer("good"), tmp_path, transport=server.transport)
    assert server.asked == []


def test_a_full_disk_is_told_before(server: Server, small_disk: Path) -> None:
    with pytest.raises(StorageError, match="Free some space first"):
        download(offer("good"), small_disk / "new", transport=server.transport)
    assert server.asked == []


def test_a_disk_that_fills_up_is_told(
    server: Server, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if another program had filled it after we looked."""
    usage = shutil.disk_usage(small_disk)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1 << 40))

    with pytest.raises(StorageError, match="the disk is full"):
        download(offer("good"), small_disk / "new", transport=server.transport)
    assert names(small_disk / "new") in ([], ["toy.part"])
