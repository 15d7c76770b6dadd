"""A disk that is as bad as POSIX allows, made of a record of what was asked of it.

What was written since a file's last fsync is there in part, as zeros, or not at all;
names made, changed or deleted since their folder's last fsync are each there or not.
"""

from __future__ import annotations

import os
from pathlib import Path


class Recorder:
    """Notes what the disk is asked for under a folder, while really doing it.

    `log` holds ``("write", file, bytes)`` and ``("sync", file)``; ``("name", folder,
    name, file)``, ``("rename", folder, old, new, file)``, ``("unname", folder, name)``
    of names; ``("ack", number)`` of what was promised. Files and folders are numbers,
    the folder itself 0; those that are folders are in `folders`. What is not written
    by `os.write` is noted when the file is synced.
    """

    _REPLACED = (
        *("open", "close", "write", "fsync", "mkdir"),
        *("replace", "rename", "link", "unlink"),
    )

    def __init__(self, root):
        self.log = []
        self.folders = {0}
        self._root = str(root)
        self._paths = {}
        self._numbers = {str(root): 0}
        self._written = {}
        self._count = 0
        self._real = {}

    def __enter__(self):
        for name in self._REPLACED:
            self._real[name] = getattr(os, name)
            setattr(os, name, getattr(self, "_" + name))
        return self

    def __exit__(self, *_):
        for name, real in self._real.items():
            setattr(os, name, real)

    def promise(self, number):
        """Note that something was promised to be on disk."""
        self.log.append(("ack", number))

    def _inside(self, path):
        return str(path).startswith(self._root)

    def _number(self, path):
        """Return the number of a file or folder that exists; note its name if new."""
        path = str(path)
        if path not in self._numbers:
            self._count += 1
            self._numbers[path] = self._count
            if os.path.isdir(path):
                self.folders.add(self._count)
            folder, name = os.path.split(path)
            self.log.append(("name", self._number(folder), name, self._count))
        return self._numbers[path]

    def _open(self, path, flags, *args, **kwargs):
        handle = self._real["open"](path, flags, *args, **kwargs)
        if self._inside(path):
            self._number(path)
            self._paths[handle] = str(path)
        return handle

    def _close(self, handle):
        self._real["close"](handle)
        self._paths.pop(handle, None)

    def _write(self, handle, data):
        count = self._real["write"](handle, data)
        if handle in self._paths:
            self._note(self._number(self._paths[handle]), bytes(data[:count]))
        return count

    def _note(self, number, data):
        self._written[number] = self._written.get(number, b"") + data
        self.log.append(("write", number, data))

    def _fsync(self, handle):
        # The disk is simulated: its real one need not be waited for.
        if handle not in self._paths:
            return
        path = Path(self._paths[handle])
        number = self._number(path)
        if number in self.folders:
            for inner in sorted(path.iterdir()):
                self._number(inner)
        else:
            whole, known = path.read_bytes(), self._written.get(number, b"")
            if not whole.startswith(known):
                raise RuntimeError(f"{path} was written in place, which is not safe")
            if len(whole) > len(known):
                self._note(number, whole[len(known) :])
        self.log.append(("sync", number))

    def _replace(self, source, target, **kwargs):
        number = self._number(source) if self._inside(source) else None
        self._real["replace"](source, target, **kwargs)
        if number is None:
            return
        (folder, old), (other, new) = (os.path.split(str(p)) for p in (source, target))
        if folder != other:
            raise RuntimeError(f"{source} was moved to another folder")
        self.log.append(("rename", self._number(folder), old, new, number))
        for path in list(self._numbers):
            if path == str(source) or path.startswith(f"{source}{os.sep}"):
                moved = str(target) + path[len(str(source)) :]
                self._numbers[moved] = self._numbers.pop(path)

    def _rename(self, source, target, **kwargs):
        self._replace(source, target, **kwargs)

    def _link(self, source, target, **kwargs):
        self._real["link"](source, target, **kwargs)
        if self._inside(source):
            folder, name = os.path.split(str(target))
            self._numbers[str(target)] = self._number(source)
            self.log.append(
                ("name", self._number(folder), name, self._numbers[str(target)])
            )

    def _unlink(self, path, **kwargs):
        self._real["unlink"](path, **kwargs)
        if str(path) in self._numbers:
            del self._numbers[str(path)]
            folder, name = os.path.split(str(path))
            self.log.append(("unname", self._number(folder), name))

    def _mkdir(self, path, *args, **kwargs):
        self._real["mkdir"](path, *args, **kwargs)
        if self._inside(path):
            self._number(path)


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
                _apply(change, safe_names.setdefault(number, {}))
        elif kind != "ack":
            loose_names.setdefault(number, []).append((kind, *rest))
    for folder, changes in loose_names.items():
        for change in changes:
            if rng.random() < 0.5:
                _apply(change, safe_names.setdefault(folder, {}))
    for file, parts in loose_bytes.items():
        data = bytearray(b"".join(parts))
        del data[rng.randint(0, len(data)) :]
        if data and rng.random() < 0.3:
            start = rng.randrange(len(data))
            end = rng.randint(start, len(data))
            data[start:end] = bytes(end - start)
        safe_bytes[file] = safe_bytes.get(file, b"") + bytes(data)
    return safe_names, safe_bytes


def materialise(names, contents, folders, place, number=0):
    """Write what is left to a real folder."""
    for name, child in names.get(number, {}).items():
        if child in folders:
            (place / name).mkdir()
            materialise(names, contents, folders, place / name, child)
        else:
            (place / name).write_bytes(contents.get(child, b""))


def _apply(change, names):
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
