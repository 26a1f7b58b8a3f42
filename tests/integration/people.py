"""Users of every role of two merchants, and the platform's; they log in as users do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg

from adapters.credentials.password_hashes import hash_password
from integration.running import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from integration.running import Gateway

ROLES: Final = ("erp", "analyst", "operator", "admin")
MERCHANTS: Final = (1, 2)
PLATFORM: Final = "platform"


@dataclass(frozen=True, slots=True)
class People:
    """Access tokens by merchant and role."""

    tokens: Mapping[tuple[int | None, str], str]

    def headers(self, merchant_id: int, role: str) -> dict[str, str]:
        """The header of one of them; the platform's administrator has no merchant."""
        token = self.tokens[None if role == PLATFORM else merchant_id, role]
        return {"Authorization": f"Bearer {token}"}

    def __iter__(self) -> Iterator[tuple[int | None, str]]:
        return iter(self.tokens)


def sign_in_people(gateway: Gateway) -> People:
    """Make them where they are not there yet, and let each log in."""
    everybody: list[tuple[int | None, str]] = [(m, role) for m in MERCHANTS for role in ROLES]
    everybody.append((None, PLATFORM))
    password_hash = hash_password(PASSWORD)
    with psycopg.connect(gateway.dsn) as connection:
        for merchant_id, role in everybody:
            connection.execute(
                "insert into users (username, merchant_id, role, password_hash)"
                " values (%s, %s, %s, %s) on conflict (username) do nothing",
                [name_of(merchant_id, role), merchant_id, role, password_hash],
            )
    return People({(m, role): _log_in(gateway, name_of(m, role)) for m, role in everybody})


def name_of(merchant_id: int | None, role: str) -> str:
    """The username."""
    return role if merchant_id is None else f"{role}-{merchant_id}"


def _log_in(gateway: Gateway, username: str) -> str:
    body = {"username": username, "password": PASSWORD}
    reply = gateway.request("POST", "/api/token", body, authorised=False)
    assert reply.status == 200, reply.body
    return str(reply.json["access"])
