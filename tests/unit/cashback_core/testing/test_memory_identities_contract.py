"""The fake of who calls keeps the contract, too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cashback_core.testing.memory_identities import CLIENT_ID, SECRET, MemoryIdentities
from contract.identities import IdentitiesContract

if TYPE_CHECKING:
    from cashback_core.people.callers import Identities


class TestMemoryIdentities(IdentitiesContract):
    @pytest.fixture
    def identities(self) -> Identities:
        return MemoryIdentities()

    async def change_password(self, identities: Identities, username: str) -> None:
        users = memory(identities).users
        users[username] = replace(users[username], password_hash="$argon2id$another")

    async def remove(self, identities: Identities, username: str) -> None:
        del memory(identities).users[username]

    async def client(self, identities: Identities) -> tuple[str, str]:
        assert CLIENT_ID in memory(identities).clients
        return CLIENT_ID, SECRET

    async def let_time_pass(self, identities: Identities, seconds: float) -> None:
        memory(identities).clock.advance(seconds)

    async def expire_secret(self, identities: Identities, client_id: str) -> None:
        memory(identities).clients[client_id].secrets.clear()


def memory(identities: Identities) -> MemoryIdentities:
    assert isinstance(identities, MemoryIdentities)
    return identities
