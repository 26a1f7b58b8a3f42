from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.postgres.embedded import EmbeddedPostgres, throwaway_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """One server for all tests; `create_database(name, template=...)` gives each its own."""
    with throwaway_postgres() as server:
        yield server
