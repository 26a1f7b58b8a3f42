"""The HTTP application in front of real stores of what is administered."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg

from adapters.credentials.password_hashes import NOBODYS_HASH
from adapters.postgres.administration.transactions import Administration
from adapters.postgres.administration.users import PostgresUsers
from adapters.postgres.connection.database import Database
from cashback_core.administration.resources import Caller
from cashback_gateway.processes.administered import administered
from fakes.api import Answered, Api

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

PASSWORD = "quatro palavras bem longe"
ADMINS = {"adam": 1, "otto": 2}
"""An administrator of each merchant, in the fake log-in and in the database."""


class AdministeredApi(Api):
    """Requests of administrators; bodies are JSON, `if_match` becomes the header."""

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: str = "adam",
        if_match: str | None = None,
        **headers: str,
    ) -> Answered:
        sent: dict[str, str | None] = {n.replace("_", "-"): v for n, v in headers.items()}
        if if_match is not None:
            sent["if-match"] = if_match
        content = b"" if body is None else json.dumps(body).encode()
        return await self.call(method, path, body=content, headers=sent, username=by)


def add_user(
    dsn: str,
    username: str,
    *,
    merchant_id: int | None = 1,
    role: str = "erp",
    password_hash: str = NOBODYS_HASH,
) -> None:
    """A user as the database's owner makes one."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into users (username, merchant_id, role, password_hash)"
            " values (%s, %s, %s, %s)",
            [username, merchant_id, role, password_hash],
        )


async def set_password(dsn: str, username: str, password_hash: str) -> None:
    """As an administrator of the platform does."""
    async with Database(dsn) as database:
        users = PostgresUsers(Administration(database))
        by = Caller(actor="user:petra", merchant_id=None)
        assert await users.set_password(by, username, password_hash) is None


@asynccontextmanager
async def administered_api(dsn: str) -> AsyncGenerator[AdministeredApi, None]:
    for username, merchant_id in ADMINS.items():
        add_user(dsn, username, merchant_id=merchant_id, role="admin")
    async with Database(dsn) as database:
        api = AdministeredApi(administered=administered(database))
        users = api.identities.users
        users["otto"] = replace(users["adam"], username="otto", merchant_id=2)
        yield api
