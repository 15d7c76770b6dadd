"""Cuts the power of a simulated disk at random moments, and looks what is left.

The disk is as bad as POSIX allows: what was written since a file's last fsync is there
in part, as zeros, or not at all; names made, changed or deleted since their folder's
last fsync are each there or not.

``python tests/data/journal/power_cuts.py 20000 [SEED]`` prints a line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from killed_painters import FACTS, SHAPE, stroke

from napari_segsuite.data.journal import layer as journal_layer
from napari_segsuite.data.journal.records import read
from napari_segsuite.data.journal.writer import JournalWriter
from napari_segsuite.errors import InputError

STROKES = 40


class Recorder:
    """Notes what the disk is asked for under a folder, while really doing it.

    `log` holds ``("write", file, bytes)``, ``("sync", file)``, ``("name", folder,
    name, file)``, ``("unname", folder, name)``, ``("ack", strokes)``; files and
    folders are numbers.
    """

    def __init__(self, root):
        self.log = []
        self._root = str(root)
        self._handles = {}
        self._numbers = {str(root): 0}
        self._count = 0
        self._real = {}

    def __enter__(self):
        for name in ("open", "close", "write", "fsync", "replace", "unlink", "mkdir"):
            self._real[name] = getattr(os, name)
            setattr(os, name, getattr(self, "_" + name))
        return self

    def __exit__(self, *_):
        for name, real in self._real.items():
            setattr(os, name, real)

    def _inside(self, path):
        return str(path).startswith(self._root)

    def _new(self, path):
        self._count += 1
        self._numbers[str(path)] = self._count
        parent, name = os.path.split(str(path))
        self.log.append(("name", self._numbers[parent], name, self._count))

    def _open(self, path, flags, *args, **kwargs):
        handle = self._real["open"](path, flags, *args, **kwargs)
        if self._inside(path):
            if str(path) not in self._numbers:
                self._new(path)
            self._handles[handle] = self._numbers[str(path)]
        return handle

    def _close(self, handle):
        self._real["close"](handle)
        self._handles.pop(handle, None)

    def _write(self, handle, data):
        count = self._real["write"](handle, data)
        if handle in self._handles:
            self.log.append(("write", self._handles[handle], bytes(data[:count])))
        return count

    def _fsync(self, handle):
        # The disk is simulated: its real one need not be waited for.
        if handle in self._handles:
            self.log.append(("sync", self._handles[handle]))

    def _replace(self, source, target):
        self._real["replace"](source, target)
        number = self._numbers.pop(str(source))
        self._numbers[str(target)] = number
        (folder, old), (_, new) = os.path.split(str(source)), os.path.split(str(target))
        self.log.append(("rename", self._numbers[folder], old, new, number))

    def _unlink(self, path, **kwargs):
        self._real["unlink"](path, **kwargs)
        if str(path) in self._numbers:
            del self._numbers[str(path)]
            folder, name = os.path.split(str(path))
            self.log.append(("unname", self._numbers[folder], name))

    def _mkdir(self, path, *args, **kwargs):
        self._real["mkdir"](path, *args, **kwargs)
        if self._inside(path):
            self._new(path)


def after_cut(log, rng):
    """Return names and bytes that a power cut after `log` may leave.

    Returns
    -------
    dict, dict
        For each folder its names with the files; for each file its bytes.
    """
    safe_bytes, loose_bytes = {}, {}
    safe_names, loose_names = {0: {}}, {}
    for kind, number, *rest in log:
        if kind == "write":
            loose_bytes.setdefault(number, []).append(rest[0])
        elif kind == "sync":
            safe_bytes[number] = safe_bytes.get(number, b"") + b"".join(
                loose_bytes.pop(number, [])
            )
            for change in loose_names.pop(number, []):
                apply(change, safe_names.setdefault(number, {}))
        elif kind != "ack":
            loose_names.setdefault(number, []).append((kind, *rest))
    for folder, changes in loose_names.items():
        for change in changes:
            if rng.random() < 0.5:
                apply(change, safe_names.setdefault(folder, {}))
    for file, parts in loose_bytes.items():
        data = bytearray(b"".join(parts))
        del data[rng.randint(0, len(data)) :]
        if data and rng.random() < 0.3:
            start = rng.randrange(len(data))
            end = rng.randint(start, len(data))
            data[start:end] = bytes(end - start)
        safe_bytes[file] = safe_bytes.get(file, b"") + bytes(data)
    return safe_names, safe_bytes


def apply(change, names):
    """Carry out a change of names in a folder."""
    kind, name, *rest = change
    if kind == "name":
        names[name] = rest[0]
    elif kind == "unname":
        names.pop(name, None)
    else:
        new, number = rest
        names.pop(name, None)
        names[new] = number


def record(place, seed):
    """Paint on a recorded disk; return its log and the array after each stroke."""
    journal_layer._SPARE_BYTES = 20_000
    array, states = np.zeros(SHAPE, np.uint16), []
    rng = random.Random(seed)  # noqa: S311
    with Recorder(place) as disk:
        writer = JournalWriter(place / "journals", lambda _error: None)
        journal = writer.add(array, FACTS)
        journal._limit = 20_000
        for number in range(STROKES):
            journal.touch(stroke(array, rng))
            states.append(array.copy())
            if not writer.flush(5):
                raise RuntimeError("the painting was not written")
            disk.log.append(("ack", number + 1))
    return disk.log, states


def materialise(names, contents, folder, number=0):
    """Write what is left to a real folder."""
    for name, child in names.get(number, {}).items():
        if child in names:
            (folder / name).mkdir()
            materialise(names, contents, folder / name, child)
        else:
            (folder / name).write_bytes(contents.get(child, b""))


def survived(folder):
    """Return the array that can be read back; None if there is none."""
    try:
        content = read(sorted(folder.rglob("layer-*.journal")))
    except InputError:
        return None
    array = np.zeros(content.tiling.shape, content.tiling.dtype)
    for index, packed in content.tiles.items():
        array[content.tiling.window(index)] = content.tiling.unpack(index, packed)
    return array


def main(cuts, seed):
    """Cut the power so many times and tell how often strokes were lost."""
    rng = random.Random(seed)  # noqa: S311
    wrong, compactions = [], 0
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        for number in range(cuts):
            if number % 1000 == 0:
                (place / f"{number}").mkdir()
                log, states = record(place / f"{number}", seed + number)
                compactions += sum(entry[0] == "unname" for entry in log)
            end = rng.randint(0, len(log))
            acknowledged = max((e[1] for e in log[:end] if e[0] == "ack"), default=0)
            left = place / "left"
            left.mkdir()
            materialise(*after_cut(log[:end], rng), left)
            found = survived(left)
            shutil.rmtree(left)
            known = states[max(0, acknowledged - 1) : acknowledged + 1]
            if acknowledged and not any(np.array_equal(found, a) for a in known):
                wrong.append(number)
    report = {"cuts": cuts, "seed": seed, "compactions": compactions}
    print(json.dumps({**report, "wrong": wrong}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
