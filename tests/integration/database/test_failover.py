"""The primary is killed under load and the standby promoted by hand: nothing told is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote

import psycopg

from adapters.postgres.schema.migration import migrate
from cashback_gateway.local.demo_data import load_merchant
from integration.journeys import fresh_cpf, sale, wait_for
from integration.replicated import replicated
from integration.running import running_gateway

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from integration.replicated import Server
    from integration.running import Gateway, Reply

BACK_S: Final = 15.0

ENOUGH: Final = 20
"""So many sales make a load."""


def both(primary: Server, standby: Server) -> str:
    return primary.dsn().replace(f":{primary.port}/", f":{primary.port},127.0.0.1:{standby.port}/")


class Tills:
    """Send sales until told to stop, and keep which were told to be recorded, and when."""

    def __init__(self, gateway: Gateway, threads: int = 4) -> None:
        self._gateway = gateway
        self._stop = threading.Event()
        self.told: list[tuple[float, str]] = []
        self.odd: list[int] = []
        self._threads = [threading.Thread(target=self._sell) for _ in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def told_since(self, at_s: float) -> bool:
        return any(told_s > at_s for told_s, _ in list(self.told))

    def _sell(self) -> None:
        while not self._stop.is_set():
            reply = self._gateway.submit(sale(fresh_cpf()))
            if reply.status in {201, 202}:
                self.told.append((time.monotonic(), reply.json["id"]))
            elif reply.status != 503:
                self.odd.append(reply.status)


def test_a_server_that_only_reads_is_away_and_a_promoted_standby_has_all_that_was_told(
    quick_home: Path, tmp_path: Path
) -> None:
    with replicated(quick_home, synchronous=True) as (primary, standby):
        migrate(primary.dsn())
        load_merchant(primary.dsn())
        with running_gateway(
            primary.dsn(),
            tmp_path,
            DATABASE_URL=both(primary, standby),
            CASHBACK_DATABASE_STATE_FILE=str(tmp_path / "state.json"),
            CASHBACK_DEADLINE_S="3",
        ) as gateway:
            a_primary_that_only_reads_is_away(gateway, primary)
            a_killed_primary_is_left_for_the_promoted_standby(gateway, primary, standby)


def test_a_promoted_standby_that_lagged_is_paid_from_by_nobody_before_a_person_has_looked(
    quick_home: Path, tmp_path: Path
) -> None:
    with replicated(quick_home, synchronous=False) as (primary, standby):
        migrate(primary.dsn())
        load_merchant(primary.dsn())
        with running_gateway(
            primary.dsn(),
            tmp_path,
            DATABASE_URL=both(primary, standby),
            CASHBACK_DATABASE_STATE_FILE=str(tmp_path / "state.json"),
            CASHBACK_DEADLINE_S="3",
        ) as gateway:
            until_it_follows(primary, standby)
            standby.do("alter system set primary_conninfo = ''", "select pg_reload_conf()")
            wait_for(lambda: primary.do("select from pg_stat_replication") == [], "nothing is sent")
            with psycopg.connect(primary.dsn(), autocommit=True) as connection:
                for _ in range(3_000):  # so that its numbers are far ahead
                    connection.execute("select pg_current_xact_id()")
            forgotten = gateway.submit(sale())
            assert forgotten.json["status"] == "applied"
            told, cursor = whole_feed(gateway)
            assert forgotten.json["id"] in told
            primary.kill()
            standby.do("select pg_promote()")
            wait_for(lambda: gateway.submit(sale()).status == 202, "sales are taken, and wait")
            after = gateway.submit(sale()).json["id"]
            wait_for(
                lambda: after in whole_feed(gateway, cursor)[0],
                "who had read what is forgotten is told what comes",
            )
            found = gateway.request("GET", f"/api/cashbacks/{forgotten.json['id']}")
            assert found.status == 404, "it is forgotten, and paid"
            with psycopg.connect(standby.dsn()) as connection:
                [(reason,)] = connection.execute("select reason from sender").fetchall()
            assert "timeline 2" in reason


def whole_feed(gateway: Gateway, cursor: str | None = None) -> tuple[list[str], str]:
    """Whose changes the feed tells after a cursor, and the cursor at its end."""
    told: list[str] = []
    while True:
        query = "" if cursor is None else f"&after={quote(cursor)}"
        reply = gateway.request("GET", f"/api/changes?limit=200{query}")
        assert reply.status == 200, reply.body
        told += [item["data"]["cashback_id"] for item in reply.json["items"]]
        cursor = str(reply.json["next_cursor"])
        if not reply.json["items"]:
            return told, cursor


def until_it_follows(primary: Server, standby: Server) -> None:
    [(position,)] = primary.do("select pg_current_wal_flush_lsn()::text")
    wait_for(
        lambda: standby.do(f"select pg_last_wal_replay_lsn() >= '{position}'") == [(True,)],
        "the standby follows",
    )


def until_nobody_works(primary: Server) -> None:
    """What was asked before the gateway stood still is answered, and no more of it is written."""
    working = (
        "select from pg_stat_activity where state = 'active'"
        " and backend_type = 'client backend' and pid <> pg_backend_pid()"
    )
    wait_for(lambda: primary.do(working) == [], "nobody works")


def a_primary_that_only_reads_is_away(gateway: Gateway, primary: Server) -> None:
    assert gateway.submit(sale()).status == 201
    primary.do("alter system set default_transaction_read_only = on", "select pg_reload_conf()")
    wait_for(lambda: gateway.submit(sale()).status == 503, "the reload is noticed")
    for reply in (gateway.submit(sale()), ready(gateway)):
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    doctor = subprocess.run(
        [sys.executable, "-m", "cashback_gateway", "doctor"],
        env=gateway.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert doctor.returncode == 1
    assert "fail  writing: the server only reads" in doctor.stdout
    primary.do("alter system reset default_transaction_read_only", "select pg_reload_conf()")
    wait_for(lambda: gateway.submit(sale()).status == 201, "it writes again")
    wait_for(lambda: ready(gateway).status == 200, "ready")


def until_ready(gateway: Gateway) -> None:
    answer = ready(gateway)
    deadline = time.monotonic() + 20
    while answer.status != 200:
        assert time.monotonic() < deadline, answer
        time.sleep(0.02)
        answer = ready(gateway)


def a_killed_primary_is_left_for_the_promoted_standby(
    gateway: Gateway, primary: Server, standby: Server
) -> None:
    with Tills(gateway) as tills:
        wait_for(lambda: len(tills.told) > ENOUGH, "sales are taken")
        with standing_still(gateway):
            # What only the primary had written, and told of, would pause the sender, and rightly:
            # nobody can know that it was nothing.
            until_nobody_works(primary)
            until_it_follows(primary, standby)
            primary.kill()
        killed_s = time.monotonic()
        wait_for(lambda: ready(gateway).status == 503, "there is a server, and it only reads")
        standby.do("select pg_promote()")
        promoted_s = time.monotonic()
        wait_for(lambda: tills.told_since(promoted_s), "sales are taken again")
        assert time.monotonic() - promoted_s < BACK_S
        until_ready(gateway)
    assert tills.odd == []
    assert any(told_s < killed_s for told_s, _ in tills.told)
    with psycopg.connect(standby.dsn()) as connection:
        found = connection.execute("select cashback_id::text from cashbacks").fetchall()
        assert {id_ for _, id_ in tills.told} <= {id_ for (id_,) in found}
        paused = connection.execute("select reason from sender").fetchall()
    assert paused == [(None,)], "it had followed as far as anything was sent for"
    assert gateway.submit(sale()).json["status"] == "applied"


@contextmanager
def standing_still(gateway: Gateway) -> Generator[None, None, None]:
    """In the middle of whatever its processes do."""
    for process in gateway.processes.values():
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in gateway.processes.values():
            process.send_signal(signal.SIGCONT)


def ready(gateway: Gateway) -> Reply:
    return gateway.request("GET", "/health/ready", authorised=False)
