"""A server on this machine that misbehaves as it is told, and a way to reach it.

Addresses of ``https://models.example`` are asked of it without encryption; that is
possible in tests alone, which bring a transport of their own.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from napari_segsuite.models.web import Answer

HOST = "https://models.example"


class Server(ThreadingHTTPServer):
    """Serves `data`, and counts what it was asked."""

    daemon_threads = True

    def __init__(self, data: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.data = data
        self.asked: list[tuple[str, str]] = []
        self.over = threading.Event()

    @contextmanager
    def transport(self, url: str, headers: Mapping[str, str]) -> Iterator[Answer]:
        """Ask this server once."""
        port = self.server_address[1]
        with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", urlsplit(url).path, headers=dict(headers))
            yield connection.getresponse()


class Handler(BaseHTTPRequestHandler):
    """The path says how to misbehave."""

    server: Server

    def log_message(self, *_arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.server.asked.append((self.path, wanted))
        start = int(wanted.removeprefix("bytes=").removesuffix("-") or 0)
        with contextlib.suppress(OSError):  # whoever asked has gone
            getattr(self, self.path.strip("/").replace("-", "_"))(start)

    def begin(self, status: int, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def part(self, data: bytes, start: int) -> bytes:
        if not start:
            self.begin(200, len(data))
        elif start >= len(data):
            self.begin(416, 0)
        else:
            extent = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self.begin(206, len(data) - start, Content_Range=extent)
        return data[start:]

    def good(self, start: int) -> None:
        self.wfile.write(self.part(self.server.data, start))

    def cut(self, start: int) -> None:
        """Break off after a third of the file each time."""
        left = self.part(self.server.data, start)
        self.wfile.write(left[: len(self.server.data) // 3 + 1])

    def always_cut(self, start: int) -> None:
        self.part(self.server.data, start)

    def without_ranges(self, _start: int) -> None:
        """Break off the first time; ignore where to go on."""
        self.begin(200, len(self.server.data))
        half = len(self.server.data) // 2
        first = len(self.server.asked) == 1
        self.wfile.write(self.server.data[: half if first else None])

    def other_part(self, start: int) -> None:
        """Go on elsewhere than asked."""
        if not start:
            return self.without_ranges(start)
        extent = f"bytes 0-{len(self.server.data) - 1}/{len(self.server.data)}"
        self.begin(206, len(self.server.data), Content_Range=extent)
        self.wfile.write(self.server.data)

    def shorter(self, start: int) -> None:
        self.wfile.write(self.part(self.server.data[:-1], start))

    def longer(self, start: int) -> None:
        self.wfile.write(self.part(self.server.data + b"x", start))

    def other_bytes(self, start: int) -> None:
        self.wfile.write(self.part(bytes(len(self.server.data)), start))

    def endless(self, _start: int) -> None:
        self.begin(200)
        while not self.server.over.is_set():
            self.wfile.write(bytes(1 << 16))

    def drip(self, _start: int) -> None:
        self.begin(200, len(self.server.data))
        for byte in self.server.data:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.over.wait(0.1):
                return

    def silent(self, _start: int) -> None:
        self.server.over.wait(30)

    def missing(self, _start: int) -> None:
        self.begin(404, 0)

    def busy(self, start: int) -> None:
        """Be busy the first time."""
        if len(self.server.asked) > 1:
            return self.good(start)
        self.begin(503, 0)

    def always_busy(self, _start: int) -> None:
        self.begin(503, 0)

    def near(self, _start: int) -> None:
        self.begin(302, 0, Location="/good")

    def elsewhere(self, _start: int) -> None:
        self.begin(302, 0, Location="https://evil.example/good")

    def unencrypted(self, _start: int) -> None:
        self.begin(302, 0, Location="http://models.example/good")

    def to_a_file(self, _start: int) -> None:
        self.begin(302, 0, Location="file:///etc/passwd")

    def circle(self, _start: int) -> None:
        self.begin(302, 0, Location="/circle")

    def no_http(self, _start: int) -> None:
        self.wfile.write(b"I am no server of that kind\r\n\r\n")

    def odd_numbers(self, _start: int) -> None:
        self.begin(200, None, Content_Length="-5")
        self.wfile.write(self.server.data)


@contextmanager
def serving(data: bytes) -> Iterator[Server]:
    """Run a server while the block runs."""
    server = Server(data)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}
    )
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
