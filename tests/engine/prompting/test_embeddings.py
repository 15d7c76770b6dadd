from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_segsuite.data.atomic import TEMPORARY_PREFIX
from napari_segsuite.data.prompts.prompt import PlanePrompt
from napari_segsuite.engine.prompting.embeddings import Embeddings
from napari_segsuite.engine.prompting.model import Candidate, Embedded, Plane
from napari_segsuite.errors import Cancelled, InputError
from napari_segsuite.jobs.events import Notice


@dataclass(frozen=True, eq=False)
class Sums:
    """What `Adder` keeps of a plane."""

    values: NDArray[np.float32]
    shape: tuple[int, int]

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        return {"values": self.values}


@dataclass
class Adder:
    """A promptable model whose embedding is the sum of each row; counts its work."""

    size: int = 1
    embedded: int = 0
    asked: list[str] = field(default_factory=list)

    def embed(self, plane: Plane, check: Callable[[], None] = lambda: None) -> Sums:
        check()
        self.embedded += 1
        return Sums(np.repeat(plane.sum(2), self.size), plane.shape[1:])

    def restore(
        self, arrays: Mapping[str, NDArray[Any]], shape: tuple[int, int]
    ) -> Sums:
        if set(arrays) != {"values"}:
            raise InputError("not one of this model")
        return Sums(arrays["values"], shape)

    def segment(self, embedded: Embedded, prompt: PlanePrompt) -> tuple[Candidate, ...]:
        raise NotImplementedError


PLANE = np.arange(12, dtype=np.float32).reshape(1, 3, 4) / 11


class Cache:
    """`Embeddings` with one model, and what it told."""

    def __init__(self, folder: Path | None, model: Adder | None = None, **kwargs: int):
        self.model = model or Adder()
        self.notices: list[Notice] = []
        self._embeddings = Embeddings(folder, **kwargs)

    def get(self, plane: Plane = PLANE, key: str = "weights") -> tuple[Sums, str]:
        embedded, source = self._embeddings.get(
            key, plane, self.model, lambda: None, self.notices.append
        )
        assert isinstance(embedded, Sums)
        return embedded, source


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_a_second_visit_needs_no_model(tmp_path: Path) -> None:
    cache = Cache(tmp_path)

    assert [cache.get()[1] for _ in range(3)] == ["model", "memory", "memory"]
    assert cache.model.embedded == 1


def test_another_process_finds_it_on_disk(tmp_path: Path) -> None:
    made, _ = Cache(tmp_path / "new" / "folder").get()
    later = Cache(tmp_path / "new" / "folder")
    found, source = later.get()

    assert (source, later.model.embedded, found.shape) == ("disk", 0, (3, 4))
    np.testing.assert_array_equal(found.values, made.values)
    assert later.get()[1] == "memory"


def changed() -> Plane:
    plane = PLANE.copy()
    plane[0, 2, 3] = np.nextafter(plane[0, 2, 3], np.float32(0))
    return plane


@pytest.mark.parametrize(
    ("plane", "key"),
    [
        (changed(), "weights"),
        (PLANE, "other weights"),
        (PLANE.reshape(1, 4, 3), "weights"),
        (PLANE.reshape(1, 4, 3).transpose(0, 2, 1), "weights"),
    ],
    ids=["pixel", "model", "shape", "order"],
)
def test_what_has_changed_is_never_reused(
    plane: Plane, key: str, tmp_path: Path
) -> None:
    Cache(tmp_path).get()
    cache = Cache(tmp_path)

    assert cache.get(plane, key)[1] == "model"
    assert cache.get()[1] == "disk"


def test_planes_with_equal_bytes_but_other_strides_are_the_same(tmp_path: Path) -> None:
    Cache(tmp_path).get()

    assert Cache(tmp_path).get(np.repeat(PLANE, 2, axis=2)[..., ::2])[1] == "disk"


def test_memory_keeps_the_last_planes_and_forgets_the_rest() -> None:
    cache = Cache(None, planes=2)
    planes = [PLANE + i for i in range(3)]
    for plane in planes:
        cache.get(plane)

    assert [cache.get(planes[i])[1] for i in (2, 1, 2, 0)] == [
        "memory",
        "memory",
        "memory",
        "model",
    ]
    assert cache.get(planes[1])[1] == "model"  # the one used longest ago


def test_without_a_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Cache(None).get()

    assert files(tmp_path) == []


def cut(content: bytes) -> bytes:
    return content[:-3]


def flipped(content: bytes) -> bytes:
    return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        flipped,
        lambda content: b"",
        lambda content: content + b"x",
        lambda content: b"\xff" * len(content),
        lambda content: content.replace(b'"values"', b'"valuex"'),
    ],
    ids=["cut", "flipped", "empty", "longer", "nonsense", "renamed"],
)
def test_a_damaged_file_is_made_anew(
    damage: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    made, _ = Cache(tmp_path).get()
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    cache = Cache(tmp_path)
    found, source = cache.get()

    assert source == "model"
    np.testing.assert_array_equal(found.values, made.values)
    assert path.read_bytes() == whole
    assert cache.notices == []


def test_a_sound_file_of_something_else_is_made_anew(tmp_path: Path) -> None:
    class Other(Adder):
        def embed(self, plane: Plane, check: Callable[[], None] = lambda: None) -> Sums:
            class Renamed(Sums):
                def arrays(self) -> Mapping[str, NDArray[Any]]:
                    return {"others": self.values}

            return Renamed(plane.sum(2), plane.shape[1:])

    Cache(tmp_path, Other()).get()

    assert Cache(tmp_path).get()[1] == "model"


def sized(n: int) -> Adder:
    return Adder(size=n)  # three rows of n float32 each


def test_the_folder_stays_below_its_limit_and_loses_the_oldest(tmp_path: Path) -> None:
    cache = Cache(tmp_path, sized(1000), limit_bytes=40_000, planes=1)
    planes = [PLANE + i for i in range(4)]
    for age, plane in enumerate(planes[:3]):
        cache.get(plane)
        newest = max(files(tmp_path), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, (1000 + age, 1000 + age))
    cache.get(planes[0])  # used again: now the second is the oldest
    cache.get(planes[3])
    again = Cache(tmp_path, sized(1000), limit_bytes=40_000)

    assert sum(path.stat().st_size for path in files(tmp_path)) <= 40_000
    assert [again.get(planes[i])[1] for i in (0, 2, 3)] == ["disk"] * 3
    assert again.get(planes[1])[1] == "model"


def test_what_is_larger_than_the_limit_stays_in_memory(tmp_path: Path) -> None:
    cache = Cache(tmp_path, sized(1000), limit_bytes=10_000)

    assert [cache.get()[1], cache.get()[1]] == ["model", "memory"]
    assert files(tmp_path) == []
    assert cache.notices == []


def test_files_of_others_are_left_alone_and_leftovers_of_kills_go(
    tmp_path: Path,
) -> None:
    foreign = tmp_path / "thesis.safetensors"
    old, young = (tmp_path / f"{TEMPORARY_PREFIX}{name}" for name in ("old", "young"))
    for path in (foreign, old, young):
        path.write_bytes(b"x" * 5000)
    os.utime(old, (1000, 1000))
    os.utime(foreign, (1000, 1000))
    Cache(tmp_path, limit_bytes=1000).get()

    assert foreign.exists()
    assert young.exists()
    assert not old.exists()


def test_a_folder_that_cannot_be_made_costs_one_notice(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = Cache(tmp_path / "file" / "folder", planes=1)
    sources = [cache.get(PLANE + i)[1] for i in (0, 1, 1)]

    assert sources == ["model", "model", "memory"]
    (notice,) = cache.notices
    assert "Prompts work all the same" in notice.message
    assert str(tmp_path) in notice.message


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_can_only_be_read_is_read(tmp_path: Path) -> None:
    Cache(tmp_path).get()
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    cache = Cache(tmp_path)
    sources = [cache.get()[1], cache.get(PLANE + 1)[1]]
    tmp_path.chmod(stat.S_IRWXU)

    assert sources == ["disk", "model"]
    assert len(cache.notices) == 1


def test_a_full_disk_costs_one_notice_and_leaves_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    code = f"""
import resource, signal
from pathlib import Path
import numpy as np
import importlib.util
spec = importlib.util.spec_from_file_location("cases", {str(Path(__file__))!r})
cases = importlib.util.module_from_spec(spec)
import sys
sys.modules["cases"] = cases
spec.loader.exec_module(cases)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
cache = cases.Cache(Path({str(tmp_path)!r}), cases.sized(1000))
print([cache.get(cases.PLANE + i)[1] for i in (0, 1, 1)], len(cache.notices))
"""
    assert resource.RLIMIT_FSIZE
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["['model',", "'model',", "'memory']", "1"]
    assert files(tmp_path) == []


def test_cancel_keeps_nothing(tmp_path: Path) -> None:
    def cancel() -> None:
        raise Cancelled("The job was cancelled.")

    embeddings, model = Embeddings(tmp_path), Adder()
    with pytest.raises(Cancelled):
        embeddings.get("weights", PLANE, model, cancel, lambda _: None)

    assert files(tmp_path) == []
    assert embeddings.get("weights", PLANE, model, lambda: None, lambda _: None)[1] == (
        "model"
    )


def test_many_at_once_share_a_folder(tmp_path: Path) -> None:
    planes = [PLANE + i for i in range(6)]
    wrong: list[str] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        # Room for two of the six: files vanish while others look for them.
        cache = Cache(tmp_path, sized(200), limit_bytes=6000, planes=1)
        for i in rng.integers(0, 6, 60):
            found, _ = cache.get(planes[i])
            if not np.array_equal(found.values, np.repeat(planes[i].sum(2), 200)):
                wrong.append(f"plane {i}")
        wrong.extend(notice.message for notice in cache.notices)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert all(path.suffix == ".safetensors" for path in files(tmp_path))
