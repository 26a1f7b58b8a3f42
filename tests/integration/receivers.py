"""Receivers of webhooks for tests: they keep what came, and answer as they are told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answering = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True, slots=True)
class Received:
    headers: dict[str, str]
    body: bytes
    path: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def answer(status: int, body: bytes = b"", **headers: str) -> Answering:
    def answering(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answering


OK = answer(204)


@dataclass(slots=True, kw_only=True)
class TestReceiver:
    """`answering` may be replaced at any time; `most_at_once` is how many calls it had together."""

    __test__ = False

    url: str
    received: list[Received] = field(default_factory=list[Received])
    answering: Answering = OK
    at_once: int = 0
    most_at_once: int = 0
    bytes_taken: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    let_go: threading.Event = field(default_factory=threading.Event)

    def ids(self) -> list[str]:
        return [each.id for each in self.received]

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        """Say nothing until the test is over, or the caller hangs up."""
        handler.connection.settimeout(0.05)
        while not self.let_go.is_set():
            try:
                if handler.connection.recv(1) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def flood(self, handler: BaseHTTPRequestHandler) -> None:
        """Ten gigabytes, or as much as is taken."""
        handler.send_response(200)
        handler.send_header("Content-Length", str(10 * 1024**3))
        handler.end_headers()
        piece = b"x" * 65_536
        while not self.let_go.is_set():
            try:
                handler.wfile.write(piece)
            except OSError:
                return
            self.bytes_taken += len(piece)

    def drip(self, handler: BaseHTTPRequestHandler) -> None:
        """A header now and then, and never the last."""
        handler.send_response(200)
        while not self.let_go.is_set():
            try:
                handler.send_header("X-Still", "there")
                handler.flush_headers()
            except OSError:
                return
            time.sleep(0.02)


@contextmanager
def receiving() -> Generator[TestReceiver]:
    """One that listens on this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with receiver.lock:
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(headers, body, self.path))
                receiver.at_once += 1
                receiver.most_at_once = max(receiver.most_at_once, receiver.at_once)
            try:
                receiver.answering(self)
            finally:
                with receiver.lock:
                    receiver.at_once -= 1

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver = TestReceiver(url=f"http://127.0.0.1:{server.server_port}/hooks")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()
