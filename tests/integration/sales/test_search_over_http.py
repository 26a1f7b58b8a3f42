"""Searches and exports of a running gateway: over a socket, and with the real database."""

from __future__ import annotations

import csv
import http.client
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
import pytest

from integration.journeys import sale

if TYPE_CHECKING:
    from integration.running import Gateway

RANGE = "accepted_from=2026-01-01"


def sold(gateway: Gateway, number: str, **more: Any) -> dict[str, Any]:
    reply = gateway.submit({**sale(), "sale_id": number, **more})
    assert reply.status in {201, 202}, reply.body
    told: dict[str, Any] = reply.json
    return told


def found(gateway: Gateway, query: str) -> list[str]:
    reply = gateway.request("GET", f"/api/cashbacks?{query}")
    assert reply.status == 200, reply.body
    return [item["id"] for item in reply.json["items"]]


def today(gateway: Gateway) -> str:
    ((day,),) = gateway.rows("select to_char(now() - interval '1 day', 'YYYY-MM-DD')")
    return str(day)


def test_a_sale_is_found_and_summed_up(gateway: Gateway) -> None:
    one = sold(gateway, "SEARCH-1", store="s1")
    since = today(gateway)
    for query in (
        "sale_id=SEARCH-1",
        f"accepted_from={since}&store=s1",
        f"changed_from={since}&store=s1&sort=-changed_at",
        f"accepted_from={since}&store=s1&name={one['customer']['name'].split()[0].lower()}",
    ):
        assert found(gateway, query) == [one["id"]], query
    reply = gateway.request("GET", f"/api/cashbacks?accepted_from={since}&store=s1&total=true")
    assert reply.json["total"] == {"count": 1, "cashback": one["cashback"], "sales": one["total"]}
    assert gateway.request("GET", "/api/cashbacks?store=s1").status == 422


def test_what_an_incident_is_about_is_found(gateway: Gateway) -> None:
    one = sold(gateway, "SEARCH-2")
    with psycopg.connect(gateway.dsn) as owner:
        owner.execute(
            "insert into statement_incidents (incident_id, class, merchant_id, cashback_id,"
            " document, centavos, why, statement_at) select gen_random_uuid(), 'applied_absent',"
            " merchant_id, cashback_id, document, 1, 'x', now() from sales where cashback_id = %s",
            [one["id"]],
        )
    ((incident,),) = gateway.rows(
        "select incident_id from statement_incidents where cashback_id = %s", one["id"]
    )
    assert found(gateway, f"incident={incident}") == [one["id"]]
    assert found(gateway, "suspected=true&sale_id=SEARCH-2") == [one["id"]]
    with psycopg.connect(gateway.dsn) as owner:
        owner.execute(
            "update statement_incidents set closed_at = now(), closed_why = 'x'"
            " where incident_id = %s",
            [incident],
        )
    assert found(gateway, "suspected=true&sale_id=SEARCH-2") == []
    assert found(gateway, f"incident={incident}") == [one["id"]]


def test_an_export_is_chunked_and_whole(gateway: Gateway) -> None:
    ids = {sold(gateway, f"OUT-{number}", store="out")["id"] for number in range(3)}
    since = today(gateway)
    path = f"/api/cashbacks?accepted_from={since}&store=out&limit=1"
    reply = gateway.request("GET", path, headers={"Accept": "text/csv"})
    assert reply.headers["transfer-encoding"] == "chunked"
    rows = list(csv.DictReader(io.StringIO(reply.body.decode(), newline="")))
    assert {row["id"] for row in rows} == ids
    reply = gateway.request("GET", path, headers={"Accept": "application/jsonl"})
    assert {json.loads(line)["id"] for line in reply.body.splitlines()} == ids


def test_an_export_that_breaks_in_the_middle_is_not_taken_for_whole(gateway: Gateway) -> None:
    """More than the buffers hold, and a database that goes while somebody reads slowly."""
    with psycopg.connect(gateway.dsn) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute(
            "with made as (select gen_random_uuid() as id, now() - i * interval '1 s' as at"
            " from generate_series(1, 30000) as i), s as (insert into sales (merchant_id,"
            " cashback_id, sold_at, total_centavos, discount_centavos, rounding, exact, raw_body,"
            " accepted_at, submitted_by, store, nothing_due) select 1, id, at, 100, 0, 'half_even',"
            " '0.00', '{}', at, 'user:demo', 'big', 'nobody' from made),"
            " c as (insert into cashbacks (merchant_id, cashback_id, status, version, attempt,"
            " cashback_centavos, accepted_at, open_since_at) select 1, id, 'not_due', 1, 0, 0, at,"
            " at from made), e as (insert into events (merchant_id, cashback_id, sequence, at,"
            " actor, to_status, attempt, reason) select 1, id, 1, at, 'api', 'not_due', 0, 'x'"
            " from made) insert into sale_lines (merchant_id, cashback_id, position, type,"
            " value_e10, qty_e4, amount_centavos, discount_centavos, rate_bp, rate_version, exact,"
            " cashback_centavos) select 1, id, 0, 'A', 10000000000, 10000, 100, 0, 0, 1, '0.00', 0"
            " from made"
        )
    path = f"/api/cashbacks?accepted_from={today(gateway)}&store=big&sort=accepted_at"
    connection = http.client.HTTPConnection(urlsplit(gateway.base_url).netloc, timeout=30)
    connection.request(
        "GET",
        path,
        headers={"Authorization": f"Bearer {gateway.token()}", "Accept": "application/jsonl"},
    )
    answer = connection.getresponse()
    assert answer.status == 200
    first = answer.read(10_000)
    assert first
    # No lock is held between pages, so this waits for nobody, and the next page fails.
    with psycopg.connect(gateway.dsn) as owner:
        owner.execute("set lock_timeout = '2s'")
        owner.execute("alter table sale_lines rename to sale_lines_gone")
        owner.commit()
        try:
            with pytest.raises(http.client.IncompleteRead):
                answer.read()
        finally:
            owner.execute("alter table sale_lines_gone rename to sale_lines")
            owner.commit()
    connection.close()
    assert gateway.request("GET", f"{path}&limit=1").status == 200
