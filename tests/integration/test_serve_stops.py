"""An API that is told to stop hears out whoever is connected already."""

from __future__ import annotations

import errno
import select
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from adapters.http.serving.last_taken import let_nobody_else_in
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


@pytest.mark.skipif(sys.platform != "linux", reason="a socket filter is Linux's")
def test_who_is_at_the_door_is_taken_and_who_knocks_later_is_refused_unheard() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        with socket.create_connection(address) as waiting, socket.socket() as later:
            let_nobody_else_in(listening.fileno())
            later.setblocking(False)
            assert later.connect_ex(address) == errno.EINPROGRESS
            taken, _ = listening.accept()
            with taken:
                waiting.sendall(b"a sale")
                assert taken.recv(64) == b"a sale"
            # No handshake within ten times what one takes here; the second knock comes after 1 s.
            assert select.select([], [later], [], 0.1)[1] == []
            listening.close()
            assert select.select([], [later], [], START_S)[1] == [later]
            assert later.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED
