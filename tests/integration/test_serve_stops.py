"""An API that is told to stop hears out whoever it took already."""

from __future__ import annotations

import signal
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from integration.running import START_S, running_gateway

if TYPE_CHECKING:
    from pathlib import Path


def test_a_request_on_a_connection_taken_before_the_stop_is_answered(
    dsn: str, tmp_path: Path
) -> None:
    with running_gateway(dsn, tmp_path) as gateway:
        parts = urlsplit(gateway.base_url)
        address = (str(parts.hostname), int(parts.port or 0))
        with socket.create_connection(address, timeout=START_S) as taken:
            gateway.processes["api"].send_signal(signal.SIGTERM)
            _wait_until_refused(address)
            taken.sendall(b"GET /health/live HTTP/1.1\r\nHost: till\r\n\r\n")
            assert taken.recv(64).startswith(b"HTTP/1.1 200 OK")
        assert gateway.processes["api"].wait(START_S) == 0


def _wait_until_refused(address: tuple[str, int]) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(address, timeout=START_S).close()
        except ConnectionRefusedError:
            return
        assert time.monotonic() < deadline, "it goes on taking connections"
        time.sleep(0.005)
