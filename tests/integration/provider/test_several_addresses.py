"""A name with several addresses: a dead one costs a moment, and nothing is written where it lost."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509

from adapters.cashback_client.client import ProviderClient
from adapters.cashback_client.pool import Limits
from adapters.cashback_client.way import Way
from cashback_core.evidence import Phase
from integration.certificate import Certificate
from integration.provider.scripted_provider import (
    GOOD,
    Peer,
    deaf_port,
    refusing_port,
    scripted,
    until,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from pathlib import Path

    from cashback_core.ports import Payment

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="127.0.0.2 is this machine on Linux alone"
)

NAME = "provider.invalid"
DEAD = "127.0.0.2"
GOOD_ONE = "127.0.0.1"


async def answer_every_request(peer: Peer) -> None:
    while True:
        await peer.read_request()
        await peer.write(GOOD)


@contextmanager
def resolving(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> Generator[None, None, None]:
    """The name has these addresses, in this order, whoever asks."""

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        assert host == NAME
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in hosts]

    async def resolve_later(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return resolve(host, port)

    with monkeypatch.context() as patch:
        patch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", staticmethod(resolve_later))
        yield


@pytest.fixture
async def named(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[None, None]:
    """The name has two addresses, the dead one first."""
    loop = asyncio.get_running_loop()

    class Resolving(type(loop)):  # type: ignore[misc]
        async def getaddrinfo(self, *_: Any, **__: Any) -> Any: ...

    yield
