"""What a sale costs API and PostgreSQL in processor time, as multiples of a calibration loop."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

from adapters.postgres.embedded import throwaway_postgres
from benchmarks.gateway_side import Gateway, serving
from benchmarks.ledgers import Database
from chaos.quick_folder import quick_folder
from footprint.served import prepared
from regression.calibration import calibrating

if TYPE_CHECKING:
    from collections.abc import Generator

    from adapters.postgres.embedded import EmbeddedPostgres

CONNECTIONS: Final = (1, 32)
_ROUNDS: Final = 4
_SECONDS: Final = 0.8


def ratios(server: EmbeddedPostgres, *, rounds: int = _ROUNDS) -> dict[str, float]:
    """How many pieces of a loop a sale costs, by process and connections: medians of rounds."""
    told: dict[str, list[float]] = {}
    # The loop is a server's of its own: all processes of the one that is measured count.
    with (
        _gateway(server) as gateway,
        throwaway_postgres(quick_folder()) as beside,
        psycopg.connect(beside.dsn(), autocommit=True) as session,
    ):
        for connections in CONNECTIONS:
            gateway.measure(connections=connections, seconds=_SECONDS)
        for connections in CONNECTIONS * rounds:
            with calibrating(session) as piece:
                phase = gateway.measure(connections=connections, seconds=_SECONDS)
            for name, piece_s in (("API", piece.python_s), ("PostgreSQL", piece.postgres_s)):
                told.setdefault(f"{name}, {connections} connections", []).append(
                    phase.cpu_s[name] / piece_s
                )
    return {name: round(statistics.median(found), 2) for name, found in told.items()}


@contextmanager
def _gateway(server: EmbeddedPostgres) -> Generator[Gateway, None, None]:
    """An API as it is served, on a database of its own, and whoever drives it."""
    _, pid = server.pids()
    assert pid is not None
    with contextlib.ExitStack() as stack:
        stack.callback(server.drop_database, "processor")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="regression-")))
        environ, password = prepared(server, "processor", folder)
        service = stack.enter_context(serving(environ, folder))
        database = Database(dsn=environ["DATABASE_URL"], server_pid=pid)
        yield Gateway(service=service, database=database, password=password, folder=folder)
