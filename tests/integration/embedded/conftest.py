from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.postgres.embedded import EmbeddedPostgres, throwaway_postgres
from chaos.quick_folder import quick_folder

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    with throwaway_postgres(quick_folder()) as server:
        yield server
