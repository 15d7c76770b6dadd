"""Give hostile files to the process that opens them, without asking the rules before.

Usage: python -I walls.py FOLDER CONTROLS MUTANTS

Torch is loaded once; each file is then opened in a process forked from this one: as our
converter opens it; without ``weights_only``, but within the same walls; and, for the
first CONTROLS of them, without any wall, which shows that the files are what they claim
to be. Then come MUTANTS of a sound file. The last line is JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

sys.path.append(str(Path(__file__).parents[2] / "models" / "foreign"))

import torch
from payloads import PAYLOADS, archive, weights

from napari_segsuite.engine.foreign import cell, child

SECONDS = 3


def as_converted(file: str) -> None:
    """Open a file as the converter does once its walls are closed."""
    with open(f"{file}.out", "wb") as out:
        _close(file)
        child._convert(file, out, [])
        out.flush()


def behind_walls(file: str) -> None:
    """Unpickle a file with torch's own wall open."""
    _close(file)
    torch.load(file, map_location="cpu", weights_only=False)


def in_the_open(file: str) -> None:
    """Unpickle a file as users of others do; torch is asked to by the environment."""
    cell.limit(os.path.getsize(file), 1 << 20, SECONDS)
    torch.load(file, map_location="cpu")


def _close(file: str) -> None:
    cell.limit(os.path.getsize(file), 1 << 20, SECONDS)
    cell.forbid_everything(file)


def fork(act: Callable[[str], None], file: Path) -> tuple[str, float, int]:
    """Return how a process ended that did `act` to a file, its seconds and KiB."""
    process = os.fork()
    if not process:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            act(str(file))
        except BaseException:
            os._exit(child.FAILED)
        os._exit(0)
    _, status, used = os.wait4(process, 0)
    code = os.waitstatus_to_exitcode(status)
    names = {0: "opened", child.FAILED: "refused", cell.REFUSED: "stopped"}
    end = names.get(code, f"ended with {code}")
    return end, used.ru_utime + used.ru_stime, used.ru_maxrss


def run(folder: Path, controls: int, mutants: int) -> dict[str, Any]:
    child._rehearse()
    canary, rows = folder / "canary", []
    archives = [payload for payload in PAYLOADS if payload.name.endswith(".pth")]
    for number, payload in enumerate(archives):
        file = folder / payload.name
        payload.build(file, canary)
        acts = [as_converted, behind_walls, *[in_the_open] * (number < controls)]
        for act in acts:
            rows.append((act.__name__, payload.name, *fork(act, file), canary.exists()))
            canary.unlink(missing_ok=True)
    for number in range(mutants):
        file = folder / "mutant.pth"
        file.write_bytes(mutant(number, folder / "sound.pth"))
        ended = fork(as_converted, file)
        rows.append(("as_converted", f"mutant {number}", *ended, canary.exists()))
    return {"rows": rows}


def mutant(seed: int, sound: Path) -> bytes:
    """Return a sound archive with a few bytes changed in its program."""
    random = Random(seed)  # noqa: S311
    if not sound.exists():
        archive(sound, weights())
    data = bytearray(sound.read_bytes())
    start = data.index(b"\x80\x02")
    for _ in range(random.randint(1, 4)):
        data[random.randrange(start, start + len(weights()))] = random.randrange(256)
    return bytes(data)


if __name__ == "__main__":
    result = run(Path(sys.argv[1]), *map(int, sys.argv[2:]))
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
    os._exit(0)
