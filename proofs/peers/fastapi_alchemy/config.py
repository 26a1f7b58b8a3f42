"""What the environment says, and how many connections a process keeps."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, unquote, urlsplit

from sqlalchemy import URL

PROVIDER_URL = os.environ["PROVIDER_URL"]
SECRET_KEY = os.environ["SECRET_KEY"]
DATABASE_CONNECTIONS = int(os.environ.get("DATABASE_CONNECTIONS", "10"))
"""More were slower: each is a process of PostgreSQL that wants the same two cores."""

PROVIDER_CONNECTIONS = 64


def database_url() -> URL:
    """The same address that libpq is given, as asyncpg wants it."""
    given = urlsplit(os.environ["DATABASE_URL"])
    query = parse_qs(given.query)
    return URL.create(
        "postgresql+asyncpg",
        username=unquote(given.username or ""),
        password=unquote(given.password or ""),
        database=unquote(given.path.lstrip("/")),
        query={"host": query["host"][0], "port": query["port"][0]},
    )
