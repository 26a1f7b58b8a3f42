"""Users of every role of two merchants, who log in as users do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg

from adapters.http.passwords import hash_password
from integration.running import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from integration.running import Gateway

ROLES: Final = ("erp", "analyst", "operator", "admin")
MERCHANTS: Final = (1, 2)


@dataclass(frozen=True, slots=True)
class People:
    """Access tokens by merchant and role."""

    tokens: Mapping[tuple[int, str], str]

    def headers(self, merchant_id: int, role: str) -> dict[str, str]:
        """The header of one of them."""
        return {"Authorization": f"Bearer {self.tokens[merchant_id, role]}"}

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return iter(self.tokens)


def sign_in_people(gateway: Gateway) -> People:
    """Make them where they are not there yet, and let each log in."""
    password_hash = hash_password(PASSWORD)
    with psycopg.connect(gateway.dsn) as connection:
        for merchant_id in MERCHANTS:
            for role in ROLES:
                connection.execute(
                    "insert into users (username, merchant_id, role, password_hash)"
                    " values (%s, %s, %s, %s) on conflict (username) do nothing",
                    [f"{role}-{merchant_id}", merchant_id, role, password_hash],
                )
    return People({(m, role): _log_in(gateway, f"{role}-{m}") for m in MERCHANTS for role in ROLES})


def _log_in(gateway: Gateway, username: str) -> str:
    body = {"username": username, "password": PASSWORD}
    reply = gateway.request("POST", "/api/token", body, authorised=False)
    assert reply.status == 200, reply.body
    return str(reply.json["access"])
