"""Behind PgBouncer in session mode everything works; in any other mode nothing starts."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest
from psycopg.conninfo import conninfo_to_dict

from adapters.postgres.connection.startup_checks import API_ROLES, UnsafeDatabase, refuse_unsafe
from adapters.postgres.embedded.account import account_for
from cashback_gateway.local.ports import free_port
from integration.journeys import read, sale, wait_for
from integration.running import running_gateway

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

pytestmark = pytest.mark.pgbouncer

UP_S: Final = 10.0


@contextmanager
def pgbouncer(dsn: str, folder: Path, *, pool_mode: str) -> Generator[str, None, None]:
    """Debian's package, as it comes but for the mode; the URL through it."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    assert program is not None, "install pgbouncer (infra/ci_packages.sh)"
    given = conninfo_to_dict(dsn)
    port = free_port("127.0.0.1")
    users, settings = folder / "users.txt", folder / "pgbouncer.ini"
    users.write_text(f'"{given["user"]}" "{given["password"]}"\n')
    settings.write_text(
        f"""
        [databases]
        * = host={given["host"]} port={given["port"]}
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {port}
        unix_socket_dir =
        auth_type = scram-sha-256
        auth_file = {users}
        pool_mode = {pool_mode}
        default_pool_size = 60
        """.replace("        ", "")
    )
    # It refuses root, and the server's socket is in a folder of the server's account.
    account = account_for(folder)
    with (folder / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen(
            [program, str(settings)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    try:
        deadline = time.monotonic() + UP_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                assert time.monotonic() < deadline, "PgBouncer does not come up"
                assert process.poll() is None, (folder / "pgbouncer.log").read_text()
                time.sleep(0.02)
            else:
                break
        yield f"postgresql://{given['user']}:{given['password']}@127.0.0.1:{port}/{given['dbname']}"
    finally:
        process.terminate()
        process.wait(UP_S)


def test_in_session_mode_everything_works(dsn: str, quick_home: Path, tmp_path: Path) -> None:
    with (
        pgbouncer(dsn, quick_home, pool_mode="session") as url,
        running_gateway(dsn, tmp_path, DATABASE_URL=url) as gateway,
    ):
        sent = sale()
        first = gateway.submit(sent, Idempotency_Key="once")
        assert first.status == 201
        assert gateway.submit(sent, Idempotency_Key="once").body == first.body
        pending = gateway.submit(sale(), Prefer="respond-async")
        wait_for(lambda: read(gateway, pending)["status"] == "applied", "the worker delivers")
        assert len(gateway.request("GET", "/api/cashbacks").json["items"]) == 2
        assert gateway.request("GET", "/health/ready", authorised=False).status == 200
        for command in (["doctor"], ["open"], ["sender", "status"]):
            done = subprocess.run(
                [sys.executable, "-m", "cashback_gateway", *command],
                env=gateway.environ,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("pool_mode", ["transaction", "statement"])
def test_in_another_mode_nothing_starts(dsn: str, quick_home: Path, pool_mode: str) -> None:
    with (
        pgbouncer(dsn, quick_home, pool_mode=pool_mode) as url,
        pytest.raises(UnsafeDatabase, match="session mode"),
    ):
        refuse_unsafe(url, API_ROLES)
