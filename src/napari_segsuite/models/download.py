"""Download a file that is known by its SHA-256, in as many attempts as it takes."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from napari_segsuite.data.atomic import storage_errors, sync
from napari_segsuite.errors import InputError, StorageError
from napari_segsuite.models.catalogue import Offer, describe_size
from napari_segsuite.models.web import (
    ServerError,
    Transport,
    ask,
    over_https,
    refuse_offline,
)

_ATTEMPTS = 5
_CHUNK = 1 << 20
_TOLERANCE = 1.05
_PAUSE_SECONDS = 0.1
_UNKNOWN = "unknown"

Check = Callable[[], None]
Tell = Callable[[int, int], None]


def download(
    offer: Offer,
    folder: Path,
    *,
    sha256: str = "",
    check: Check = lambda: None,
    tell: Tell = lambda done, size: None,
    transport: Transport = over_https,
) -> Path:
    """Download a file, or go on with a download that was broken off.

    What has come so far is kept in `folder` under a name that ends in ``.part``; the
    whole file has its own name only once its SHA-256 was found to be right.

    Parameters
    ----------
    offer : Offer
        What to download.
    folder : Path
        Where to keep it; made if it is new.
    sha256 : str, optional
        The SHA-256 that the user vouches for, if the offer has none.
    check : callable, optional
        Called often; raises to cancel. What has come so far is kept.
    tell : callable, optional
        Takes the bytes that are there and the size in bytes.
    transport : Transport, optional
        Who asks the server.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If downloads are switched off, the server has not what was promised, or nobody
        vouches for the file, whose SHA-256 is told then.
    StorageError
        If it cannot be written.
    """
    wanted = offer.sha256 or sha256.lower()
    whole = folder / f"{wanted or _UNKNOWN}-{offer.name}.pth"
    part = folder / f"{offer.name}.part"
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if not whole.is_file():
        refuse_offline()
        _refuse_full_disk(offer, folder, part)
        _fetch(offer, part, check, tell, transport)
    else:
        part = whole
    found = _digest(part, check)
    if not wanted:
        msg = (
            f"Nobody has vouched for {offer.name} yet. The file that came has the "
            f"SHA-256 {found}. Compare it with what {offer.page} says or a colleague "
            f"has, and download again with --sha256 {found} if it is right."
        )
        raise InputError(msg)
    if found != wanted:
        part.unlink(missing_ok=True)
        msg = (
            f"What came for {offer.name} is not the file that was expected: its "
            f"SHA-256 is {found} instead of {wanted}. It was deleted. Try again "
            "later, or from another network."
        )
        raise InputError(msg)
    if part != whole:
        with storage_errors(whole):
            sync(part)
            part.replace(whole)
            sync(folder)
    return whole


def _fetch(
    offer: Offer, part: Path, check: Check, tell: Tell, transport: Transport
) -> None:
    """Ask until the file is there, as long as each attempt brings something."""
    failures = 0
    while True:
        before = _size(part)
        try:
            if _attempt(offer, part, check, tell, transport):
                return
            reason = "the server broke off"
        except ServerError as error:
            reason = str(error)
        # An attempt that brought something is none lost.
        failures = failures + 1 if _size(part) <= before else 0
        check()
        time.sleep(_PAUSE_SECONDS * failures)
        if failures >= _ATTEMPTS:
            msg = (
                f"{offer.name} could not be downloaded ({reason}). "
                f"{describe_size(_size(part))} of {describe_size(offer.size)} are "
                "kept; try again to go on."
            )
            raise InputError(msg)


def _attempt(
    offer: Offer, part: Path, check: Check, tell: Tell, transport: Transport
) -> bool:
    """Ask once, and return whether the file is complete then."""
    most = offer.size if offer.exact else round(offer.size * _TOLERANCE)
    start = _size(part)
    if start and start == offer.size and offer.exact:
        return True
    with ask(offer.url, start, transport, check) as body:
        if body.start < 0:
            # All is there, or the file has changed: its SHA-256 will tell, but only
            # after a fresh start can it be completed.
            if not offer.exact and start:
                return True
            part.unlink(missing_ok=True)
            return False
        end = None if body.length is None else body.start + body.length
        if end is not None and (end > most or (offer.exact and end != most)):
            raise _wrong_size(offer, end)
        with storage_errors(part), part.open("r+b" if body.start else "wb") as file:
            file.seek(body.start)
            position = body.start
            for piece in body.pieces:
                position += len(piece)
                if position > most:
                    break
                file.write(piece)
                tell(position, most if end is None else end)
    if position > most:
        part.unlink(missing_ok=True)
        raise _wrong_size(offer, position)
    return position == (end if end is not None else most) or (
        end is None and not offer.exact
    )


def _wrong_size(offer: Offer, size: int) -> InputError:
    msg = (
        f"The server has {size:,} bytes or more for {offer.name} instead of "
        f"{offer.size:,}: it is another file. Look at {offer.page}, and import the "
        "file if it is the right one."
    )
    return InputError(msg)


def _refuse_full_disk(offer: Offer, folder: Path, part: Path) -> None:
    # The download, its conversion and the model are on disk at the same time.
    needed = 3 * offer.size - _size(part)
    with storage_errors(folder):
        free = shutil.disk_usage(folder).free
    if free < needed:
        msg = (
            f"{offer.name} needs {describe_size(needed)} on the disk of {folder} while "
            f"it is imported; {describe_size(free)} are free. Free some space first."
        )
        raise StorageError(msg)


def _digest(path: Path, check: Check) -> str:
    digest = hashlib.sha256()
    with storage_errors(path), path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            check()
            digest.update(chunk)
    return digest.hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
