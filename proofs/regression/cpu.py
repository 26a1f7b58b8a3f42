"""What a sale costs API and PostgreSQL in processor time, as multiples of a calibration loop."""

from __future__ import annotations

import contextlib
import os
import secrets
import statistics
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

from adapters.credentials.signing_key import create_signing_key
from adapters.postgres.embedded import throwaway_postgres
from adapters.postgres.schema.migration import migrate
from benchmarks.gateway_side import Gateway, serving
from benchmarks.ledgers import Database
from cashback_core.privacy.seals import new_erasure_key
from cashback_gateway.local import demo_data
from cashback_gateway.local.ports import free_port
from chaos.quick_folder import quick_folder
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
    dsn = server.create_database("processor")
    password = secrets.token_urlsafe(12)
    migrate(dsn)
    demo_data.load(dsn, password)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="regression-")))
        key = folder / "signing_key.pem"
        create_signing_key(key)
        environ = {
            **{name: value for name, value in os.environ.items() if "CASHBACK" not in name},
            "DATABASE_URL": dsn,
            "CASHBACK_HOST": "127.0.0.1",
            "CASHBACK_PORT": str(free_port("127.0.0.1")),
            "CASHBACK_SIGNING_KEY_FILE": str(key),
            "CASHBACK_ERASURE_KEY": new_erasure_key(),
            "CASHBACK_RATE_PER_S": "0",
        }
        service = stack.enter_context(serving(environ, folder))
        database = Database(dsn=dsn, server_pid=pid)
        yield Gateway(service=service, database=database, password=password, folder=folder)
