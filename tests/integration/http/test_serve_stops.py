"""An API that is told to stop hears out whoever is connected already."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from adapters.http.serving.last_taken import keep_listening, refuse_newcomers, take_everybody
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


def test_everybody_who_connects_while_it_stops_is_answered(dsn: str, tmp_path: Path) -> None:
    with running_gateway(dsn, tmp_path) as gateway, ThreadPoolExecutor(16) as visitors:
        parts = urlsplit(gateway.base_url)
        address = (str(parts.hostname), int(parts.port or 0))
        begun = Barrier(17)
        visits = [visitors.submit(_visit_until_refused, address, begun) for _ in range(16)]
        begun.wait(START_S)
        gateway.processes["api"].send_signal(signal.SIGTERM)
        assert sum(visit.result(START_S) for visit in visits) > 16
        assert gateway.processes["api"].wait(START_S) == 0


def _visit_until_refused(address: tuple[str, int], begun: Barrier) -> int:
    """Ask over a connection of its own, again and again; how often that was answered."""
    answered = 0
    while True:
        try:
            with socket.create_connection(address, timeout=START_S) as visitor:
                visitor.sendall(b"GET /health/live HTTP/1.1\r\nHost: till\r\n\r\n")
                assert visitor.recv(64).startswith(b"HTTP/1.1 200 OK")
        except ConnectionRefusedError:
            return answered
        answered += 1
        if answered == 1:
            begun.wait(START_S)


def test_who_is_at_the_door_is_taken_and_who_knocks_later_is_refused_unheard() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        kept = keep_listening(listening.fileno())
    with (
        socket.create_connection(address) as first,
        socket.create_connection(address) as gone,
        socket.create_connection(address) as last,
    ):
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.close()
        taken = {one.getpeername(): one for one in take_everybody(kept) if _is_connected(one)}
        for waiting in (first, last):
            waiting.sendall(b"a sale")
            with taken[waiting.getsockname()] as other:
                assert other.recv(64) == b"a sale"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)


def test_before_the_door_is_closed_nobody_new_comes_to_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        with socket.create_connection(address) as waiting:
            refuse_newcomers(listening)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address)
            waiting.sendall(b"a sale")
            with listening.accept()[0] as taken:
                assert taken.recv(64) == b"a sale"
                taken.sendall(b"recorded")
                assert waiting.recv(64) == b"recorded"


def test_who_was_taken_is_heard_though_no_more_can_be_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        kept = keep_listening(listening.fileno())
    with socket.create_connection(address), socket.create_connection(address):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        os.close(last := os.dup(kept.fileno()))
        resource.setrlimit(resource.RLIMIT_NOFILE, (last + 1, hard))
        try:
            taken = take_everybody(kept)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert len(taken) == 1
        taken[0].close()


def _is_connected(taken: socket.socket) -> bool:
    with contextlib.suppress(OSError):
        return bool(taken.getpeername())
    taken.close()
    return False
