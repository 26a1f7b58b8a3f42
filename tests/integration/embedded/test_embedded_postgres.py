"""The embedded server comes up, survives kill -9, ends with its owner, and keeps its data."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from adapters.postgres.embedded import EmbeddedPostgres, EmbeddedPostgresError
from adapters.postgres.embedded.launch import postmaster_pid
from integration.kept_rows import count_rows, wait_until, write_row

SRC = str(Path(__file__).parents[3] / "src")


def setting(dsn: str, name: str) -> str:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
def test_what_keeps_data_safe_is_on(postgres_server: EmbeddedPostgres, name: str) -> None:
    assert setting(postgres_server.dsn(), name) == "on"


def test_it_listens_on_no_network_address(postgres_server: EmbeddedPostgres) -> None:
    assert not setting(postgres_server.dsn(), "listen_addresses")


def test_a_wrong_password_is_refused(postgres_server: EmbeddedPostgres) -> None:
    dsn = postgres_server.dsn()
    password = dsn.partition("cashback:")[2].partition("@")[0]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(dsn.replace(password, "wrong"))


def test_a_stop_and_a_start_find_the_data_again(server: EmbeddedPostgres) -> None:
    kept = EmbeddedPostgres(server.home / "inner")
    write_row(kept.start())
    kept.stop()
    assert kept.pids() == (None, None)
    assert count_rows(kept.start()) == 1
    kept.stop()


def test_a_killed_server_is_recovered_with_everything_committed(server: EmbeddedPostgres) -> None:
    dsn = server.dsn()
    write_row(dsn)
    _, pid = server.pids()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(server.has_ended, "the killed server is noticed")
    assert server.start() == dsn
    assert count_rows(dsn) == 1


def test_a_server_whose_keeper_was_killed_is_adopted_as_it_runs(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.dsn()) as connection:
        keeper, pid = server.pids()
        assert keeper is not None
        os.kill(keeper, signal.SIGKILL)
        wait_until(server.has_ended, "the killed keeper is noticed")
        server.start()
        assert server.pids()[1] == pid
        connection.execute("select 1")
    server.stop()
    assert server.pids() == (None, None)


def test_a_server_ends_with_a_killed_owner_and_its_files_vanish() -> None:
    script = (
        "from adapters.postgres.embedded import throwaway_postgres\n"
        "with throwaway_postgres() as server:\n"
        "    print(server.home, server.pids()[1], flush=True)\n"
        "    input()\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": SRC},
    )
    assert owner.stdout is not None
    assert owner.stdin is not None
    home, pid = owner.stdout.readline().split()
    assert postmaster_pid(Path(home) / "cluster") == int(pid)
    owner.kill()
    owner.wait()
    wait_until(lambda: not Path(home).exists(), "the throwaway files vanish")
    assert not Path(f"/proc/{pid}/cwd").exists()
    owner.stdin.close()
    owner.stdout.close()


def test_a_server_whose_owner_was_killed_lets_a_transaction_finish(
    server: EmbeddedPostgres,
) -> None:
    home = server.home / "inner"
    script = (
        "import sys, pathlib\n"
        "from adapters.postgres.embedded import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(pathlib.Path(sys.argv[1]))\n"
        "print(server.start(), flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": SRC},
    ) as owner:
        assert owner.stdout is not None
        dsn = owner.stdout.readline().strip()
        with psycopg.connect(dsn) as connection:
            connection.execute("create table kept (word text)")
            owner.kill()
            owner.wait()
            wait_until(lambda: refuses_new_sessions(dsn), "the server is shutting down")
            connection.execute("insert into kept values ('kept')")
    with EmbeddedPostgres(home) as second:
        assert count_rows(second.dsn()) == 1


def refuses_new_sessions(dsn: str) -> bool:
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return True
    return False


def test_a_start_after_the_owner_was_killed_waits_for_the_old_server(
    server: EmbeddedPostgres,
) -> None:
    home = server.home / "inner"
    script = (
        "import sys, pathlib\n"
        "from adapters.postgres.embedded import EmbeddedPostgres\n"
        "EmbeddedPostgres(pathlib.Path(sys.argv[1])).start()\n"
        "print('up', flush=True)\n"
        "input()\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": SRC},
    )
    assert owner.stdout is not None
    assert owner.stdin is not None
    assert owner.stdout.readline() == "up\n"
    owner.kill()
    owner.wait()
    with EmbeddedPostgres(home) as second:
        write_row(second.dsn())
    owner.stdin.close()
    owner.stdout.close()


def test_lock_files_that_name_another_program_are_forgotten(server: EmbeddedPostgres) -> None:
    write_row(server.dsn())
    _, pid = server.pids()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(server.has_ended, "the killed server is noticed")
    stale = server.home / "cluster" / "postmaster.pid"
    # Of the same user: PostgreSQL itself tells processes of others from its own.
    with subprocess.Popen(["sleep", "60"], user=stale.stat().st_uid) as another:
        for file in (stale, *(server.home / "socket").glob("*.lock")):
            file.write_text(file.read_text().replace(str(pid), str(another.pid)))
        assert count_rows(server.start()) == 1
        another.kill()


def test_attach_finds_a_running_server_and_owns_nothing(server: EmbeddedPostgres) -> None:
    other = EmbeddedPostgres(server.home)
    assert other.attach() == server.dsn()
    other.stop()
    write_row(server.dsn())
    server_home = server.home
    absent = EmbeddedPostgres(server_home / "nothing")
    assert absent.attach() is None
    assert not absent.home.exists()


def test_a_database_made_from_a_template_has_its_tables(postgres_server: EmbeddedPostgres) -> None:
    write_row(postgres_server.create_database("template_kept"))
    assert count_rows(postgres_server.create_database("copy", template="template_kept")) == 1
    for name in ("copy", "template_kept", "copy"):
        postgres_server.drop_database(name)


def test_a_server_that_cannot_start_tells_what_its_log_says(server: EmbeddedPostgres) -> None:
    broken = EmbeddedPostgres(server.home / "inner")
    broken.start()
    broken.stop()
    with (broken.home / "cluster" / "postgresql.conf").open("a") as file:
        file.write("max_connections = never\n")
    with pytest.raises(EmbeddedPostgresError, match="max_connections"):
        broken.start()
