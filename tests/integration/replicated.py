"""A primary that streams to a standby, both real, to be killed and promoted."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg

from adapters.postgres.embedded.binaries import find_binaries
from adapters.postgres.embedded.launch import ROLE, initialise
from adapters.postgres.embedded.place import find_place
from cashback_gateway.local.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from adapters.postgres.embedded.place import ClusterPlace

UP_S = 30.0


@dataclass(slots=True, kw_only=True)
class Server:
    """One of the two, on a port of its own of this machine."""

    place: ClusterPlace
    password: str
    port: int
    process: subprocess.Popen[bytes] | None = None

    def dsn(self, database: str = "cashback") -> str:
        return f"postgresql://{ROLE}:{self.password}@127.0.0.1:{self.port}/{quote(database)}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        sockets = self.place.socket_folder()
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(sockets),
            "max_connections": "100",
        }
        account = self.place.account
        with (self.place.folder / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    str(_program(self.place, "postgres")),
                    f"-D{self.place.cluster}",
                    *(f"-c{name}={value}" for name, value in settings.items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd="/",
                env=_environment(),
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        deadline = time.monotonic() + UP_S
        while True:
            try:
                psycopg.connect(self.dsn("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "the server does not come up"
                assert self.process.poll() is None, "the server ended"
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """As a power cut does: nothing more is written or sent."""
        assert self.process is not None
        # The postmaster first, so that it starts nobody anew; its children follow it by themselves.
        for pid in (self.process.pid, *_children_of(self.process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(UP_S)

    def do(self, *statements: str) -> list[tuple[Any, ...]]:
        """Statements, as the superuser and outside a transaction; the rows of the last one."""
        rows: list[tuple[Any, ...]] = []
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            # Whatever the server is told: these are to change it.
            connection.execute("set default_transaction_read_only = off")
            for statement in statements:
                found = connection.execute(statement.encode())
                rows = found.fetchall() if found.description else []
        return rows


@contextmanager
def replicated(parent: Path, *, synchronous: bool) -> Generator[tuple[Server, Server], None, None]:
    """A primary with a database `cashback`, and a standby that follows it."""
    primary = _server(parent / "primary")
    initialise(primary.place)
    primary.password = primary.place.password.read_text("utf-8")
    standby = _server(parent / "standby")
    standby.password = primary.password
    try:
        primary.start()
        primary.do("create database cashback")
        _copy(primary, standby)
        standby.start()
        if synchronous:
            primary.do(
                "alter system set synchronous_standby_names = 'standby'",
                "select pg_reload_conf()",
            )
        _until_it_follows(primary, "sync" if synchronous else "async")
        yield primary, standby
    finally:
        standby.stop()
        primary.stop()


@contextmanager
def with_a_backup(parent: Path) -> Generator[tuple[Server, Callable[[], Server]], None, None]:
    """A server with a database `cashback`, and what takes a backup of it: a server not started."""
    primary, backup = _server(parent / "primary"), _server(parent / "backup")
    initialise(primary.place)
    primary.password = backup.password = primary.place.password.read_text("utf-8")

    def back_up() -> Server:
        _copy(primary, backup, follows=False)
        return backup

    try:
        primary.start()
        primary.do("create database cashback")
        yield primary, back_up
    finally:
        backup.stop()
        primary.stop()


def _server(home: Path) -> Server:
    return Server(place=find_place(home), password="", port=free_port("127.0.0.1"))


def _copy(primary: Server, standby: Server, *, follows: bool = True) -> None:
    place = standby.place
    if place.account is not None:
        os.chown(place.folder, place.account.uid, place.account.gid)
    source = f"{primary.dsn('postgres')}?application_name=standby"
    subprocess.run(
        [
            str(_program(place, "pg_basebackup")),
            f"--pgdata={place.cluster}",
            f"--dbname={source}",
            *(["--write-recovery-conf"] if follows else []),
            "--checkpoint=fast",
            "--no-sync",
        ],
        check=True,
        capture_output=True,
        cwd="/",
        env=_environment(),
        timeout=60,
        user=place.account.uid if place.account else None,
        group=place.account.gid if place.account else None,
        extra_groups=[] if place.account else None,
    )


def _until_it_follows(primary: Server, state: str) -> None:
    deadline = time.monotonic() + UP_S
    while primary.do("select sync_state from pg_stat_replication") != [(state,)]:
        assert time.monotonic() < deadline, "the standby does not follow"
        time.sleep(0.05)


def _program(place: ClusterPlace, name: str) -> Path:
    found = find_binaries(major=None, account=place.account, copies=place.copies)
    return found.folder / name


def _children_of(pid: int) -> list[int]:
    """Of a process that has one thread."""
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(child) for child in told.split()]


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
