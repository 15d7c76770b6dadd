"""Ask a server for a file, and believe as little as can be."""

from __future__ import annotations

import os
import queue
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Protocol
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from napari_segsuite.errors import InputError

OFFLINE_VARIABLE = "SEGSUITE_OFFLINE"
"""The environment variable that, set to anything but 0, forbids all downloads."""

_MOST_REDIRECTS = 5
_SILENCE_SECONDS = 30.0
_CHUNK = 1 << 16
_QUEUED = 16


class Answer(Protocol):
    """What a server answers."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; names in any case."""

    def read1(self, size: int, /) -> bytes:
        """Return some bytes of the body as soon as there are any; none at its end."""


Transport = Callable[[str, Mapping[str, str]], AbstractContextManager[Answer]]
"""Given an address and headers, asks once and follows no redirect.

It raises OSError or HTTPException if there is no answer.
"""


class ServerError(Exception):
    """The server did not answer, or broke off; asking again may help."""


@dataclass(frozen=True, slots=True)
class Body:
    """The part of a file that a server sends."""

    start: int
    """Where in the file it begins: what was asked for, or 0."""
    length: int | None
    """How many bytes the server means to send; None if it does not say."""
    pieces: Iterator[bytes]
    """The bytes; ends where the server ends, wherever that is."""


def refuse_offline() -> None:
    """Raise if downloads are forbidden.

    Raises
    ------
    InputError
        If `OFFLINE_VARIABLE` is set.
    """
    if os.environ.get(OFFLINE_VARIABLE, "0") not in {"", "0"}:
        msg = (
            f"Downloads are switched off by {OFFLINE_VARIABLE}. Get the file in "
            "another way, and import it with `segsuite models import FILE`."
        )
        raise InputError(msg)


@contextmanager
def over_https(url: str, headers: Mapping[str, str]) -> Iterator[Answer]:
    """Ask once over https, as `Transport` says; certificates are checked."""
    opener = build_opener(
        HTTPSHandler(context=ssl.create_default_context()), _NoRedirect()
    )
    # `ask` has refused all addresses but those of https.
    request = Request(url, headers=dict(headers))  # noqa: S310
    try:
        answer = opener.open(request, timeout=_SILENCE_SECONDS)
    except HTTPError as error:
        answer = error
    with answer:
        yield answer


@contextmanager
def ask(
    url: str, start: int, transport: Transport, check: Callable[[], None]
) -> Iterator[Body]:
    """Ask for a file from byte `start` on.

    Parameters
    ----------
    url : str
        Its address, of https.
    start : int
        How many bytes are there already.
    transport : Transport
        Who asks.
    check : callable
        Called often; raises to cancel, also while the server is silent.

    Yields
    ------
    Body
        What the server sends.

    Raises
    ------
    InputError
        If the server has no such file, or sends elsewhere than to itself.
    ServerError
        If it does not answer, or is silent for too long.
    """
    headers = {"User-Agent": "napari-segsuite", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    messages: queue.Queue[Answer | bytes | Exception] = queue.Queue(_QUEUED)
    over = threading.Event()

    def put(message: Answer | bytes | Exception) -> None:
        while not over.is_set():
            try:
                return messages.put(message, timeout=0.1)
            except queue.Full:
                continue

    def receive() -> None:
        try:
            with _follow(url, headers, transport) as answer:
                put(answer)
                while not over.is_set() and (piece := answer.read1(_CHUNK)):
                    put(piece)
            put(b"")
        except (OSError, HTTPException, InputError) as error:
            put(error)

    def take() -> Answer | bytes:
        """Return the next message; a silent server never keeps us from cancelling."""
        while True:
            check()
            try:
                message = messages.get(timeout=0.1)
            except queue.Empty:
                continue
            if isinstance(message, InputError):
                raise message
            if isinstance(message, Exception):
                raise ServerError(str(message) or type(message).__name__)
            return message

    def pieces() -> Iterator[bytes]:
        while isinstance(piece := take(), bytes) and piece:
            yield piece

    threading.Thread(target=receive, name="download", daemon=True).start()
    try:
        answer = take()
        if isinstance(answer, bytes):
            raise ServerError
        yield Body(*_extent(url, answer, start), pieces())
    finally:
        over.set()


@contextmanager
def _follow(
    url: str, headers: Mapping[str, str], transport: Transport
) -> Iterator[Answer]:
    """Ask, and follow redirects as long as they stay with the same server."""
    host = urlsplit(url).netloc
    for _ in range(_MOST_REDIRECTS):
        parts = urlsplit(url)
        if parts.scheme != "https" or parts.netloc != host:
            msg = (
                f"The download was refused, because the server {host} sends to "
                f"{parts.scheme}://{parts.netloc}. Download the file with your "
                "browser if you trust it, and import it."
            )
            raise InputError(msg)
        with transport(url, headers) as answer:
            if answer.status not in {301, 302, 303, 307, 308}:
                yield answer
                return
            url = urljoin(url, answer.headers.get("Location", ""))
    msg = f"The download was refused, because {host} redirects in circles. Try later."
    raise InputError(msg)


def _extent(url: str, answer: Answer, asked: int) -> tuple[int, int | None]:
    """Return where the body begins and how long it means to be."""
    length = _number(answer.headers.get("Content-Length", ""))
    if answer.status == 200:
        return 0, length
    if answer.status == 206:
        unit, _, part = answer.headers.get("Content-Range", "").partition(" ")
        start = _number(part.partition("-")[0])
        if unit == "bytes" and start == asked:
            return asked, length
    if answer.status in {408, 425, 429, 500, 502, 503, 504}:
        msg = f"the server answers with {answer.status}"
        raise ServerError(msg)
    if answer.status in {206, 416}:
        return -1, None  # it cannot go on where we stopped
    msg = (
        f"The server {urlsplit(url).netloc} answers with {answer.status} instead of "
        "the file. Look whether the model has moved, and import it from a file."
    )
    raise InputError(msg)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object, **_named: object) -> None:
        return None
