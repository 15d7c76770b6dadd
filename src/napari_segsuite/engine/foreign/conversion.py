"""A foreign checkpoint becomes a safetensors file, without trust in anyone.

The outline of the file is known before; a disposable process then unpickles it, and
what that process wrote must be what the outline said, down to the last name, type and
shape, with finite numbers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from napari_segsuite.engine.foreign.cell import REFUSED
from napari_segsuite.engine.foreign.child import FAILED
from napari_segsuite.errors import InputError, ModelFolderError
from napari_segsuite.models.foreign.outline import Outline, Shape
from napari_segsuite.models.foreign.refusal import EXPORT_RECIPE
from napari_segsuite.models.weights import check_weights

_CHILD = "napari_segsuite.engine.foreign.child"
_KEPT = ("LANG", "LC_ALL", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "TEMP", "TMP")
_STARTING_SECONDS = 30
_BYTES_PER_SECOND = 50e6
_HEADER_BYTES = 16 << 20
_PATIENCE = 0.05


def convert(
    source: Path,
    outline: Outline,
    target: Path,
    *,
    check: Callable[[], None] = lambda: None,
    tell: Callable[[float], None] = lambda fraction: None,
) -> None:
    """Write the tensors of an archive by ``torch.save`` as a safetensors file.

    Parameters
    ----------
    source : Path
        The archive.
    outline : Outline
        What `read_outline` found in it.
    target : Path
        The file to make, in a folder that is empty else.
    check : callable, optional
        Called twenty times a second; raises to cancel.
    tell : callable, optional
        Takes the part that is done, 0 to 1.

    Raises
    ------
    InputError
        If it cannot be converted within the time and the memory that weights of its
        size need, tried anything else than giving its weights, or they are not those
        of the outline, or not finite.
    """
    most = sum(shape.nbytes for shape in outline.tensors.values())
    seconds = _STARTING_SECONDS + round(source.stat().st_size / _BYTES_PER_SECOND)
    words = [str(source.resolve()), str(target), str(most + _HEADER_BYTES)]
    command = [sys.executable, "-I", "-X", "utf8", "-m", _CHILD, *words, str(seconds)]
    with tempfile.TemporaryFile() as said:
        # Our own module with paths and keys as words: no shell reads them.
        child = subprocess.Popen(  # noqa: S603
            [*command, *outline.place],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            cwd=target.parent,
            env=scrubbed(os.environ),
            start_new_session=True,
        )
        try:
            code = _wait(child, 2 * seconds, check, lambda: tell(_part(target, most)))
        finally:
            child.kill()
            child.communicate()
        said.seek(0)
        words_of_child = said.read(2000).decode("utf-8", "replace")
    if code:
        raise _failure(source, code, words_of_child)
    _compare(source, target, outline.tensors)


def scrubbed(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without anything that could change how Python runs.

    Parameters
    ----------
    inherited : mapping
        The environment of this process.
    """
    kept = _KEPT if sys.platform != "win32" else (*_KEPT, "PATH")
    environment = {name: inherited[name] for name in kept if name in inherited}
    # One thread that sleeps when idle is enough, and no device but the processor.
    return {**environment, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def _wait(
    child: subprocess.Popen[bytes],
    seconds: float,
    check: Callable[[], None],
    tell: Callable[[], None],
) -> int | None:
    """Return the exit code of the child, or None if it took too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        check()
        tell()
        try:
            return child.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            continue
    return None


def _part(target: Path, most: int) -> float:
    try:
        return min(1.0, target.stat().st_size / max(1, most))
    except OSError:
        return 0.0


def _failure(source: Path, code: int | None, words: str) -> InputError:
    said = "".join(c if c.isprintable() else " " for c in words).strip()
    if code == REFUSED:
        reason = (
            f"it tried to do more than to give its weights ({said[-80:]}). Do not open "
            "it with any other program either"
        )
        return InputError(f"{source.name} is not imported, because {reason}.")
    if code == FAILED and "No space left" not in said:
        reason = f"torch cannot read it: {said[:300]}"
    elif code is None:
        reason = "opening it takes far longer than weights of its size need"
    else:
        reason = (
            "the process that opened it ended early: it needed more memory or time "
            f"than weights of its size do, or the disk is full ({said[-200:] or code})"
        )
    return InputError(
        f"{source.name} is not imported, because {reason}. {EXPORT_RECIPE}"
    )


def _compare(source: Path, target: Path, wanted: Mapping[str, Shape]) -> None:
    """Check what the child wrote as if a stranger had."""
    try:
        entries = check_weights(target)
    except (ModelFolderError, OSError) as error:
        msg = f"{source.name} is not imported: {error}"
        raise InputError(msg) from error
    found = {entry.name: Shape(entry.dtype, entry.shape) for entry in entries}
    if found != wanted:
        odd = min(found.items() ^ wanted.items(), key=str)[0]
        msg = (
            f"{source.name} is not imported, because opening it gave other weights "
            f"than it lists (first {odd[:60]!r}). Get a fresh copy of the file."
        )
        raise InputError(msg)
