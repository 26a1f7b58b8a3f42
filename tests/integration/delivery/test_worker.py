"""The worker on real processes: woken, stopped, paused, and settling what is in doubt."""

from __future__ import annotations

import json
import signal
import statistics
from typing import TYPE_CHECKING

import psycopg
import pytest

from integration.command_line import run
from integration.journeys import credits_of, fresh_cpf, read, sale, wait_for
from integration.running import Gateway, Reply, running_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.postgres.embedded import EmbeddedPostgres

QUICK = {
    "CASHBACK_DEADLINE_S": "0.5",
    "CASHBACK_LEASE_S": "1",
    "CASHBACK_REAPER_S": "0.2",
    "CASHBACK_BACKOFF_BASE_S": "0.1",
    "CASHBACK_BACKOFF_MAX_S": "0.2",
    "CASHBACK_SETTLER_S": "0.2",
    "CASHBACK_FREEZE_S": "0.5",
    "CASHBACK_PROVIDER_DELAY_S": "1",
    "CASHBACK_CLOCK_SKEW_S": "0.2",
}


@pytest.fixture(scope="module")
def quick(
    postgres_server: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """A gateway with short times, whose margin is over within seconds."""
    dsn = postgres_server.create_database("quick", template=template)
    with running_gateway(dsn, tmp_path_factory.mktemp("quick"), **QUICK) as gateway:
        yield gateway
    postgres_server.drop_database("quick")


def wait_until_applied(gateway: Gateway, reply: Reply) -> None:
    wait_for(lambda: read(gateway, reply)["status"] == "applied", "it is applied")


def test_a_pending_cashback_starts_within_a_tenth_of_a_second(gateway: Gateway) -> None:
    """Its worker sleeps up to five seconds: it is the commit that wakes it."""
    waits: list[float] = []
    for _ in range(5):
        reply = gateway.submit(sale(), Prefer="respond-async")
        wait_until_applied(gateway, reply)
        [(waited,)] = gateway.rows(
            "select extract(epoch from t.started_at - c.accepted_at)::float8"
            " from attempts as t join cashbacks as c using (merchant_id, cashback_id)"
            " where cashback_id = %s and t.attempt = 1",
            reply.json["id"],
        )
        waits.append(waited)
    assert statistics.median(waits) < 0.1, waits


def test_a_worker_listens_over_a_connection_of_its_own(quick: Gateway) -> None:
    listening = (
        "select from pg_stat_activity where application_name = 'cashback-listener'"
        # Now and then it asks with nothing whether its connection is there.
        " and datname = current_database() and query in ('listen cashback_due', '')"
    )
    wait_for(lambda: len(quick.rows(listening)) == 1, "the worker listens")


def test_what_is_in_doubt_is_settled_by_the_statement(quick: Gateway) -> None:
    settle_what_is_in_doubt(quick)


def test_what_is_in_doubt_is_settled_by_a_statement_that_echoes_references(
    postgres_server: EmbeddedPostgres, template: str, tmp_path: Path
) -> None:
    dsn = postgres_server.create_database("settled", template=template)
    more = {**QUICK, "CASHBACK_PROVIDER_ECHOES_REFERENCE": "true"}
    with running_gateway(dsn, tmp_path, **more) as gateway:
        options = {"statement_reference": True}
        gateway.request("POST", "/options", options, authorised=False, to=gateway.sandbox_url)
        settle_what_is_in_doubt(gateway)
    postgres_server.drop_database("settled")


def settle_what_is_in_doubt(gateway: Gateway) -> None:
    paid, unpaid = fresh_cpf(), fresh_cpf()
    gateway.misbehave(document=paid, behaviour="reset_after_apply", times=1)
    gateway.misbehave(document=unpaid, behaviour="reset_before_apply", times=1)
    replies = {cpf: gateway.submit(sale(cpf)) for cpf in (paid, unpaid)}
    assert {r.json["status"] for r in replies.values()} == {"in_doubt"}
    for reply in replies.values():
        wait_until_applied(gateway, reply)
    assert credits_of(gateway, paid) == ["1.40"]
    assert credits_of(gateway, unpaid) == ["1.40"]
    events = {cpf: read(gateway, r)["events"] for cpf, r in replies.items()}
    assert [e["to_status"] for e in events[paid]][2:] == ["in_doubt", "applied"]
    assert [e["to_status"] for e in events[unpaid]][2:] == [
        "in_doubt",
        "pending",
        "sending",
        "applied",
    ]
    assert events[paid][-1]["actor"] == "settler"


def test_days_of_ones_choice_are_reconciled_from_the_command_line(gateway: Gateway) -> None:
    gateway.submit(sale())
    done = run("reconcile --from 2026-01-31", gateway.environ)
    assert done.returncode == 0, done.stderr
    assert "matched" in done.stdout
    assert "cashbacks moved" in done.stdout
    assert "provider's ledger: " in done.stdout
    refused = run("reconcile --from yesterday", gateway.environ)
    assert refused.returncode == 2
    assert "neither a day nor an instant" in refused.stderr
    nowhere = {**gateway.environ, "CASHBACK_PROVIDER_URL": "http://127.0.0.1:9"}
    away = run("reconcile --from 2026-01-31", nowhere)
    assert away.returncode == 1
    assert "statement cannot be had" in away.stderr


def test_an_open_breaker_sends_nothing_and_closes_again(
    postgres_server: EmbeddedPostgres, template: str, tmp_path: Path
) -> None:
    dsn = postgres_server.create_database("breaker", template=template)
    settings = {
        **QUICK,
        "CASHBACK_BREAKER_UNKNOWNS": "3",
        "CASHBACK_BREAKER_PAUSE_S": "0.3",
        "CASHBACK_BREAKER_PAUSE_MAX_S": "0.5",
    }
    with running_gateway(dsn, tmp_path, **settings) as gateway:
        gateway.misbehave(rates={"error_500": 1.0}, seed=1)
        first = [gateway.submit(sale()) for _ in range(3)]
        assert {r.json["status"] for r in first} == {"in_doubt"}
        fourth = gateway.submit(sale())
        assert fourth.json["status"] == "pending"
        gateway.behave()
        for reply in (*first, fourth):
            wait_until_applied(gateway, reply)
        assert len(gateway.credits()) == 4
    postgres_server.drop_database("breaker")


def test_a_stopped_api_ends_what_it_sends_and_records_it(
    postgres_server: EmbeddedPostgres, template: str, tmp_path: Path
) -> None:
    dsn = postgres_server.create_database("stopped", template=template)
    with running_gateway(dsn, tmp_path) as gateway:
        document = fresh_cpf()
        gateway.misbehave(document=document, behaviour="late_apply", times=1, late_s=1.0)
        assert gateway.submit(sale(document), Prefer="wait=0").json["status"] == "sending"
        gateway.processes["worker"].kill()
        api = gateway.processes["api"]
        api.send_signal(signal.SIGTERM)
        assert api.wait(20) == 0
        found = gateway.rows("select status from cashbacks")
        assert found == [("applied",)]
        assert credits_of(gateway, document) == ["1.40"]
    postgres_server.drop_database("stopped")


def test_a_database_that_went_back_is_not_sent_from(
    postgres_server: EmbeddedPostgres, template: str, tmp_path: Path
) -> None:
    dsn = postgres_server.create_database("went_back", template=template)
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select system_identifier from pg_control_system()").fetchone()
    assert row is not None
    state = tmp_path / "database_state.json"
    # What the file saw before the restore: more of the log than the database has now.
    seen = {"system_identifier": row[0], "timeline": 1, "flushed_lsn": 1 << 60}
    state.write_text(json.dumps(seen))
    with running_gateway(dsn, tmp_path, CASHBACK_DATABASE_STATE_FILE=str(state)) as gateway:
        reply = gateway.submit(sale())
        assert reply.json["status"] == "pending"
        [(reason, actor)] = gateway.rows("select reason, actor from sender")
        assert "behind what was seen" in reason
        assert actor == "database guard"
        assert gateway.credits() == []
        with psycopg.connect(dsn) as connection:
            connection.execute("update sender set paused_at = null, reason = null, actor = null")
            connection.execute("notify cashback_due")
        wait_until_applied(gateway, reply)
        assert len(gateway.credits()) == 1
    postgres_server.drop_database("went_back")
