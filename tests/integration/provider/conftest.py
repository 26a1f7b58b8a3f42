"""The client and the sandbox are tested on every event loop that they may run on."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import pytest

from adapters.cashback_client.client import ProviderClient
from adapters.cashback_client.pool import Limits
from adapters.cashback_client.sandbox import Sandbox, running_sandbox
from cashback_core.delivery.provider import CreditRequest
from cashback_core.values.documents import Cpf

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from cashback_core.delivery.evidence import Evidence

DOCUMENT = Cpf.parse("52998224725")


class OpenClient(Protocol):
    """Opens a client for a URL; it is closed with the test."""

    def __call__(
        self, url: str, *, limits: Limits | None = None
    ) -> AbstractAsyncContextManager[ProviderClient]: ...


class Credited(Protocol):
    """Makes the fixture's payment once, with a client of its own."""

    async def __call__(self, url: str, *, deadline_s: float = 10.0) -> Evidence: ...


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if sys.platform == "win32":
        return {"asyncio": asyncio.new_event_loop}
    import uvloop

    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with running_sandbox(tmp_path / "ledger.jsonl") as sandbox:
        yield sandbox


@pytest.fixture
def client_of() -> OpenClient:
    @asynccontextmanager
    async def open_client(
        url: str, *, limits: Limits | None = None
    ) -> AsyncGenerator[ProviderClient, None]:
        client = ProviderClient(url, limits=limits or Limits())
        try:
            yield client
        finally:
            await client.aclose()

    return open_client


@pytest.fixture
def payment() -> CreditRequest:
    return CreditRequest(reference="the-cashback's-id", document=DOCUMENT, cashback_centavos=1000)


@pytest.fixture
def credited(client_of: OpenClient, payment: CreditRequest) -> Credited:
    async def credit_once(url: str, *, deadline_s: float = 10.0) -> Evidence:
        async with client_of(url, limits=Limits(deadline_s=deadline_s)) as client:
            return await client.credit(payment)

    return credit_once
