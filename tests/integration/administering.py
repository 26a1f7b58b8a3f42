"""The HTTP application in front of real stores of what is administered."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from adapters.http.administered import Administered
from adapters.http.passwords import NOBODYS_HASH
from adapters.postgres.administration import Administration
from adapters.postgres.audit_trail import PostgresTrail
from adapters.postgres.kept_merchants import PostgresMerchants
from adapters.postgres.kept_users import PostgresUsers
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


@asynccontextmanager
async def administered_api(dsn: str) -> AsyncGenerator[AdministeredApi, None]:
    with psycopg.connect(dsn) as connection:
        for username, merchant_id in ADMINS.items():
            connection.execute(
                "insert into users (username, merchant_id, role, password_hash)"
                " values (%s, %s, 'admin', %s)",
                [username, merchant_id, NOBODYS_HASH],
            )
    administration = Administration(dsn)
    await administration.open()
    api = AdministeredApi(
        administered=Administered(
            merchants=PostgresMerchants(administration),
            users=PostgresUsers(administration),
            trail=PostgresTrail(administration),
        )
    )
    api.accounts.users["otto"] = type(api.accounts.users["adam"])(
        username="otto", merchant_id=2, role="admin"
    )
    try:
        yield api
    finally:
        await administration.close()
