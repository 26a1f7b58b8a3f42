"""Stands in for an API behind nginx: notes what it gets, answers as it is told."""

from __future__ import annotations

import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Generator

OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Request-Id: its-own\r\n\r\n{}"
BUSY: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"
GONE: Final = b""
"""Closes the connection once it has the whole request, and never answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it came; header names in lower case."""

    line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def method(self) -> str:
        return self.line.partition(" ")[0]

    def values(self, name: str) -> list[str]:
        """Every field of that name."""
        return [value for found, value in self.headers if found == name]


@dataclass(slots=True, kw_only=True)
class StandInApi:
    """`answer` may be changed at any time; None hangs until `hang_up` is called."""

    host: str
    port: int
    answer: bytes | None = OK
    received: list[Received] = field(default_factory=list[Received])
    _over: threading.Event = field(default_factory=threading.Event)

    def serve(self, connection: socket.socket) -> None:
        """One request, one answer."""
        stream = connection.makefile("rb")
        line = stream.readline().decode("latin-1").strip()
        headers: list[tuple[str, str]] = []
        while (text := stream.readline().decode("latin-1").strip()) != "":
            name, _, value = text.partition(":")
            headers.append((name.lower(), value.strip()))
        length = int(dict(headers).get("content-length", "0"))
        body = stream.read(length)
        self.received.append(Received(line=line, headers=tuple(headers), body=body))
        if self.answer is None:
            self._over.wait()
        else:
            connection.sendall(self.answer)

    def hang_up(self) -> None:
        """Close what hangs, without an answer."""
        self._over.set()


@contextmanager
def stand_in_api(host: str, port: int) -> Generator[StandInApi, None, None]:
    """An API on an address of its own while the block runs."""
    api = StandInApi(host=host, port=port)
    with _server(host, port, api.serve):
        try:
            yield api
        finally:
            api.hang_up()


@contextmanager
def _server(
    host: str, port: int, serve: Callable[[socket.socket], None]
) -> Generator[None, None, None]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            serve(self.request)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        request_queue_size = 1024

        def handle_error(self, request: object, client_address: object) -> None:
            """A peer that hung up is no news."""

    with Server((host, port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join(5)
