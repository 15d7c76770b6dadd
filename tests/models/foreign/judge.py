"""Try hostile files on ways in, with a judge that nothing escapes.

Usage: python -I judge.py FOLDER WAY...

Python tells its audit hooks of everything it does to the outside. What no model file
may make it do is written down; so are the seconds of computing and of waiting that
each file takes on each way, and the memory of the process. The last line is JSON.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))

from payloads import PAYLOADS

from napari_segsuite import api
from napari_segsuite.cli.main import main
from napari_segsuite.errors import SegsuiteError
from napari_segsuite.jobs.importing import ImportModel
from napari_segsuite.models.foreign.outline import read_outline
from napari_segsuite.runners.process import ProcessRunner

FORBIDDEN = (
    "os.system",
    "os.exec",
    "os.spawn",
    "os.posix_spawn",
    "os.fork",
    "os.symlink",
    "pickle.find_class",
    "pty.spawn",
    "socket.",
    "subprocess.Popen",
    "urllib.Request",
    "webbrowser.open",
    "builtins.input",
)
OURS = ("napari_segsuite.engine.foreign.child", "napari_segsuite.runners.worker")


def watch(seen: list[str]) -> None:
    """Write down what no model file may do to this process."""

    def hook(event: str, details: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN) and not any(
            word in str(details[:2]) for word in OURS
        ):
            seen.append(f"{event} {str(details)[:200]}")

    sys.addaudithook(hook)


def by_outline(file: Path, _out: Path) -> str:
    read_outline(file)
    return "harmless"


def by_job(file: Path, out: Path) -> str:
    api.run(ImportModel(file=file, out=out))
    return "imported"


def by_command(file: Path, _out: Path) -> str:
    return _command("models", "import", str(file))


def by_prediction(file: Path, out: Path) -> str:
    image = Path(__file__).with_name("judge.py")
    words = ("--model", str(file), "--image", str(image), "--out", str(out))
    return _command("predict", *words)


def _command(*words: str) -> str:
    streams = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = said = io.StringIO()
    try:
        code = main(words)
    finally:
        sys.stdout, sys.stderr = streams
    text = said.getvalue().strip().splitlines()[-1]
    if code != 1 or not text.startswith("segsuite: ") or "unforeseen" in text:
        return f"ended with {code}: {text}"
    return "refused"


def by_worker() -> Callable[[Path, Path], str]:
    runner = ProcessRunner()

    def by(file: Path, out: Path) -> str:
        api.run(ImportModel(file=file, out=out), runner=runner)
        return "imported"

    return by


def run(folder: Path, names: list[str]) -> dict[str, Any]:
    ways = {
        "outline": by_outline,
        "job": by_job,
        "command": by_command,
        "prediction": by_prediction,
        "worker": by_worker() if "worker" in names else by_job,
    }
    canary, seen, rows = folder / "canary", [], []
    for payload in PAYLOADS:
        payload.build(folder / payload.name, canary)
    # What is imported or started the first time is no business of the files.
    for name in names:
        _attempt(ways[name], folder / "nothing", folder / "out")
    watch(seen)
    for name in names:
        for payload in PAYLOADS:
            begun, used = time.perf_counter(), time.process_time()
            end = _attempt(ways[name], folder / payload.name, folder / "out")
            seconds = time.process_time() - used
            waited = time.perf_counter() - begun
            rows.append((name, payload.name, end, seconds, waited))
    return {
        "rows": rows,
        "seen": seen,
        "canary": canary.exists(),
        "left": [path.name for path in folder.iterdir() if path.name == "out"],
        "kilobytes": _peak(),
    }


def _attempt(way: Callable[[Path, Path], str], file: Path, out: Path) -> str:
    try:
        return way(file, out)
    except SegsuiteError as error:
        kind = type(error).__name__
        return "refused" if kind in {"InputError", "ModelFolderError"} else kind
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:200]


def _peak() -> int:
    if sys.platform == "win32":
        return 0
    status = Path("/proc/self/status")
    if status.exists():
        # Linux's ru_maxrss begins with that of the process which started this one.
        found = re.search(r"VmHWM:\s*(\d+)", status.read_text())
        return int(found[1]) if found else 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    result = run(Path(sys.argv[1]), sys.argv[2:])
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
    os._exit(0)
