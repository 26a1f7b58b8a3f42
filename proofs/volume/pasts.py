"""A short past and a long one, side by side in one throwaway server."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import psycopg

from adapters.postgres.embedded import throwaway_postgres
from adapters.postgres.schema.migration import migrate
from cashback_gateway.local import demo_data
from volume.filling import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from adapters.postgres.embedded import EmbeddedPostgres

SHORTER: Final = 10
"""So many times as many sale lines has the long past; its customers are as many times as many."""

BYTES_A_LINE: Final = 2_600
"""Of disk: 1,400 of tables and indexes, and what the log and a vacuum may take meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasts:
    """Two databases with the same newest sale; `log` is the server's, which nobody else uses."""

    short: str
    long: str
    newest_at: datetime
    log: Path
    server: EmbeddedPostgres


@contextmanager
def pasts(
    *, lines: int, customers: int, folder: str | None, tell: Callable[[str], None]
) -> Generator[Pasts, None, None]:
    """Load both under a folder, which is given back as it was."""
    newest_at = datetime.now(UTC) - timedelta(minutes=1)
    with throwaway_postgres(folder) as server:
        _make_room(server)
        made: list[str] = []
        for name, part in (("short", SHORTER), ("long", 1)):
            dsn = server.create_database(name)
            migrate(dsn)
            demo_data.load_merchant(dsn)
            demo_data.load_merchant(dsn, slug="other", name="Another retailer")
            fill(
                dsn,
                lines=lines // part,
                customers=customers // part,
                newest_at=newest_at,
                tell=_naming(tell, name),
            )
            made.append(dsn)
        yield Pasts(
            short=made[0],
            long=made[1],
            newest_at=newest_at,
            log=server.home / "postgres.log",
            server=server,
        )


def _naming(tell: Callable[[str], None], name: str) -> Callable[[str], None]:
    return lambda text: tell(f"{name}: {text}")


def _make_room(server: EmbeddedPostgres) -> None:
    """Fewer checkpoints: each makes the log tell whole pages again."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("alter system set max_wal_size = '8GB'")
        connection.execute("alter system set checkpoint_timeout = '15min'")
        connection.execute("select pg_reload_conf()")
