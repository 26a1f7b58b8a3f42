"""What both sides run on: one throwaway PostgreSQL on a real disk, a database for each."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg

from adapters.credentials.signing_key import create_signing_key
from adapters.postgres.connection.startup_checks import refuse_unsafe
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.schema.migration import migrate
from benchmarks.gateway_side import Gateway, serving
from benchmarks.ledgers import Database
from benchmarks.pgbench_side import Pgbench, find_pgbench
from benchmarks.processes import CHECKOUT
from cashback_core.privacy.seals import new_erasure_key
from cashback_gateway.local import demo_data
from cashback_gateway.local.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Generator

_IN_MEMORY = {"tmpfs", "ramfs", "devtmpfs"}
_BLOCK_BYTES = 8192
_SYNCS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """Where the data lies, and the median time of writing a block there durably."""

    folder: Path
    file_system: str
    sync_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchSystem:
    """Both sides, ready to be measured."""

    gateway: Gateway
    pgbench: Pgbench
    disk: Disk
    server: EmbeddedPostgres

    def checkpoint(self) -> None:
        """Let each measurement begin with the same work behind it."""
        with psycopg.connect(self.server.dsn(), autocommit=True) as connection:
            connection.execute("checkpoint")


@contextlib.contextmanager
def bench_system(
    *, profiler: tuple[str, ...] = (), statements: bool = False
) -> Generator[BenchSystem, None, None]:
    """Start everything in a folder that vanishes with it; with `statements` the server counts them.

    Raises FileNotFoundError without pgbench, WrongResultError, EmbeddedPostgresError.
    """
    with contextlib.ExitStack() as stack:
        disk = _disk(stack)
        # Of its own, beside ours: on the way out it removes what it made.
        home = disk.folder / "postgres"
        if statements:
            _let_count_statements(EmbeddedPostgres(home))
        server = EmbeddedPostgres(home, throwaway=True)
        stack.enter_context(server)
        server_pid = server.pids()[1]
        assert server_pid is not None
        refuse_unsafe(server.dsn())
        password = secrets.token_urlsafe(12)
        gateway_dsn, pgbench_dsn = (server.create_database(name) for name in ("gateway", "pgbench"))
        migrate(gateway_dsn)
        demo_data.load(gateway_dsn, password)
        migrate(pgbench_dsn)
        key = disk.folder / "signing_key.pem"
        create_signing_key(key)
        own = {
            "DATABASE_URL": gateway_dsn,
            "CASHBACK_HOST": "127.0.0.1",
            "CASHBACK_PORT": str(free_port("127.0.0.1")),
            "CASHBACK_SIGNING_KEY_FILE": str(key),
            "CASHBACK_ERASURE_KEY": new_erasure_key(),
            # Its one client stands for many.
            "CASHBACK_RATE_PER_S": "0",
        }
        given = {name: value for name, value in os.environ.items() if name not in own}
        service = stack.enter_context(serving({**given, **own}, disk.folder, profiler=profiler))
        pgbench = Pgbench(
            program=find_pgbench(Path(psutil.Process(server_pid).exe())),
            database=Database(dsn=pgbench_dsn, server_pid=server_pid),
            merchant_id=demo_data.load_merchant(pgbench_dsn),
            folder=disk.folder,
        )
        pgbench.prepare()
        gateway = Gateway(
            service=service,
            database=Database(dsn=gateway_dsn, server_pid=server_pid),
            password=password,
            folder=disk.folder,
        )
        yield BenchSystem(gateway=gateway, pgbench=pgbench, disk=disk, server=server)


def _let_count_statements(server: EmbeddedPostgres) -> None:
    """Make a cluster whose next start loads `pg_stat_statements`."""
    with server, psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("alter system set shared_preload_libraries = 'pg_stat_statements'")
        connection.execute("alter system set pg_stat_statements.track = 'all'")


def _disk(stack: contextlib.ExitStack) -> Disk:
    """Make a folder on a real disk: the usual place for throwaway files, else the checkout."""
    for parent in (Path(tempfile.gettempdir()), CHECKOUT / "var"):
        file_system = _file_system(parent)
        if file_system in _IN_MEMORY:
            continue
        parent.mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="cashback-bench-", dir=parent))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)  # passable for the account that root hands the server to
        return Disk(folder=folder, file_system=file_system, sync_ms=_sync_ms(folder))
    raise FileNotFoundError("no folder on a real disk; set TMPDIR to one")


def _file_system(folder: Path) -> str:
    mounts = {Path(part.mountpoint): part.fstype for part in psutil.disk_partitions(all=True)}
    resolved = folder.resolve()
    inner = [mounts[path] for path in (resolved, *resolved.parents) if path in mounts]
    return inner[0] if inner else "unknown"


def _sync_ms(folder: Path) -> float:
    path = folder / "probe"
    taken: list[float] = []
    with path.open("wb", buffering=0) as file:
        for _ in range(_SYNCS):
            file.write(b"x" * _BLOCK_BYTES)
            begun_at = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - begun_at)
    path.unlink()
    return statistics.median(taken) * 1000
