"""Each wall holds by itself, whatever the process tries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from napari_segsuite.engine.foreign.cell import REFUSED

IMPORTS = "import os, sys, socket, subprocess, ctypes, pickle, mmap, shutil\n"
CLOSE = (
    "from napari_segsuite.engine.foreign import cell\ncell.forbid_everything({!r})\n"
)
END = "\nos._exit(0)"


def run(program: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-c", program],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "attempt",
    [
        "open('new', 'w')",
        "open('given', 'r+b')",
        "open('given', 'ab')",
        "open('other')",
        "os.open('given', os.O_RDWR)",
        "os.system('touch new')",
        "subprocess.run(['touch', 'new'])",
        "os.execv('/usr/bin/touch', ['touch', 'new'])",
        "os.posix_spawn('/usr/bin/touch', ['touch', 'new'], {})",
        "os.fork()",
        "os.remove('other')",
        "os.rename('other', 'new')",
        "os.symlink('other', 'new')",
        "os.mkdir('new')",
        "os.listdir('.')",
        "shutil.rmtree('.')",
        "socket.socket()",
        "socket.getaddrinfo('localhost', 80)",
        "ctypes.CDLL(None)",
        "pickle.loads(b'cos\\nsystem\\n.')",
        "eval('1 + 1')",
        "exec('x = 1')",
        "compile('1', 'x', 'eval')",
        "import colorsys",
        "sys.addaudithook(print)",
        "sys.settrace(print)",
        "os.kill(os.getpid(), 0)",
        "os.putenv('A', 'B')",
    ],
)
def test_nothing_else_can_be_done(tmp_path: Path, attempt: str) -> None:
    (tmp_path / "given").write_text("given")
    (tmp_path / "other").write_text("other")

    done = run(IMPORTS + CLOSE.format("given") + attempt + END, tmp_path)

    assert done.returncode == REFUSED, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given", "other"]
    assert (tmp_path / "given").read_text() == "given"


def test_the_one_file_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "given").write_text("given")
    program = CLOSE.format("given") + "text = open('given').read()\nimport os"

    done = run(IMPORTS + program + "\nos.write(1, text.encode())" + END, tmp_path)

    assert (done.returncode, done.stdout) == (0, "given")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_memory_files_and_time_are_bounded(tmp_path: Path) -> None:
    limit = "from napari_segsuite.engine.foreign import cell\ncell.limit(0, 1000, 1)\n"

    memory = run(limit + "bytearray(4 << 30)", tmp_path)
    disk = run(
        limit + "with open('new', 'wb') as file: file.write(bytes(2000))", tmp_path
    )
    time = run(limit + "while True: pass", tmp_path)

    assert "MemoryError" in memory.stderr
    assert disk.returncode != 0
    assert (tmp_path / "new").stat().st_size <= 1000
    assert time.returncode < 0


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    program = (
        "from napari_segsuite.engine.foreign import cell\nimport time\n"
        "cell.end_with_parent()\ntime.sleep(60)"
    )
    child = subprocess.Popen(
        [sys.executable, "-I", "-c", program], stdin=subprocess.PIPE, cwd=tmp_path
    )
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(1)
    child.communicate()

    assert child.wait(30) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can leave its network")
def test_leaving_the_network_never_fails(tmp_path: Path) -> None:
    program = (
        "from napari_segsuite.engine.foreign import cell\n"
        "cell.leave_network()\nprint(open('given').read())"
    )
    (tmp_path / "given").write_text("given")

    assert run(program, tmp_path).stdout == "given\n"
