"""Paid later, through real processes: confirmed by its ERP, sent by a worker, or void."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg

from cashback_core.intake.confirmation import VOID_GRACE
from integration.journeys import credits_of, fresh_cpf, read, sale, wait_for
from integration.people import sign_in_people

if TYPE_CHECKING:
    from integration.running import Gateway, Reply


def paid_later(gateway: Gateway, document: str, **more: object) -> Reply:
    reply = gateway.submit(sale(document, confirm="later", **more))
    assert reply.status == 202, reply.body
    assert reply.json["status"] == "unconfirmed"
    return reply


def confirm(gateway: Gateway, reply: Reply, **headers: str) -> Reply:
    path = f"{reply.headers['location']}/confirm"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return gateway.request("POST", path, headers=named)


def let_the_provider_be_rested(gateway: Gateway) -> None:
    """While a breaker rests, or did a moment ago, nobody waits: other tests make it rest."""
    resting = "select from sender_pauses where through_at > now() - interval '15 s'"
    wait_for(lambda: gateway.rows(resting) == [], "no breaker rests")


def let_its_time_be_over(gateway: Gateway, reply: Reply) -> None:
    with psycopg.connect(gateway.dsn) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(
            "update cashbacks set due_at = now() - %s where cashback_id = %s",
            [VOID_GRACE, reply.json["id"]],
        )


def test_it_is_paid_when_it_is_confirmed_and_once(gateway: Gateway) -> None:
    document = fresh_cpf()
    reply = paid_later(gateway, document)
    waiting = reply.json["waiting"]
    assert (waiting["why"], waiting["next_try_at"]) == ("confirmation", None)
    assert waiting["until"] > waiting["since"]
    assert read(gateway, reply)["waiting"] == waiting
    assert gateway.submit(sale(document, confirm="now"), Prefer="wait=0").status == 409
    assert credits_of(gateway, document) == []

    let_the_provider_be_rested(gateway)
    done = confirm(gateway, reply)
    assert (done.status, done.json["status"]) == (201, "applied"), done.body
    assert "waiting" not in done.json
    assert "idempotent-replayed" not in done.headers
    again = confirm(gateway, reply)
    assert (again.status, again.body) == (201, done.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert credits_of(gateway, document) == ["1.40"]
    events = read(gateway, reply)["events"]
    assert [(e["to_status"], e["actor"]) for e in events] == [
        ("unconfirmed", "api"),
        ("pending", "api"),
        ("sending", "worker"),
        ("applied", "worker"),
    ]


def test_a_repeat_never_confirms(gateway: Gateway) -> None:
    document = fresh_cpf()
    reply = paid_later(gateway, document, sale_id=f"later-{document[::-1]}")
    again = gateway.submit(sale(document, sale_id=f"later-{document[::-1]}", confirm="now"))
    assert (again.status, again.json["status"]) == (202, "unconfirmed")
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json["id"] == reply.json["id"]
    assert credits_of(gateway, document) == []


def test_who_will_not_wait_is_answered_at_once(gateway: Gateway) -> None:
    document = fresh_cpf()
    reply = paid_later(gateway, document)
    done = confirm(gateway, reply, Prefer="respond-async")
    assert (done.status, done.json["status"]) == (202, "pending")
    assert done.headers["preference-applied"] == "respond-async"
    wait_for(lambda: read(gateway, reply)["status"] == "applied", "a worker sends it")
    assert credits_of(gateway, document) == ["1.40"]


def test_twenty_who_confirm_at_once_are_one_credit(gateway: Gateway) -> None:
    document = fresh_cpf()
    reply = paid_later(gateway, document)
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(confirm, gateway, reply) for _ in range(20)]
        replies = [future.result() for future in asked]
    # Too many at once may be told to come back, and while a breaker rests nobody is waited for.
    assert {r.status for r in replies} <= {201, 202, 503}
    assert sum(r.status < 300 and "idempotent-replayed" not in r.headers for r in replies) <= 1
    wait_for(lambda: read(gateway, reply)["status"] == "applied", "a worker sends it")
    assert confirm(gateway, reply).status == 201
    assert credits_of(gateway, document) == ["1.40"]


def test_after_its_time_it_is_void_and_confirming_is_refused(gateway: Gateway) -> None:
    document = fresh_cpf()
    reply = paid_later(gateway, document)
    let_its_time_be_over(gateway, reply)
    wait_for(lambda: read(gateway, reply)["status"] == "void", "a worker ends it")
    for _ in range(2):
        late = confirm(gateway, reply)
        assert (late.status, late.json["code"]) == (409, "confirmation_expired")
    record = read(gateway, reply)
    assert record["waiting"] is None
    assert [(e["to_status"], e["actor"]) for e in record["events"]] == [
        ("unconfirmed", "api"),
        ("void", "worker"),
    ]
    listed = gateway.request("GET", f"/api/cashbacks?status=void&document={document}")
    assert [one["id"] for one in listed.json["items"]] == [reply.json["id"]]
    assert credits_of(gateway, document) == []


def test_an_operator_sees_and_cancels_what_nobody_confirmed(gateway: Gateway) -> None:
    operator = sign_in_people(gateway).headers(1, "operator")
    document = fresh_cpf()
    reply = paid_later(gateway, document)

    def ask(method: str, path: str, body: object = None) -> Reply:
        return gateway.request(method, path, body, headers=operator, authorised=False)

    opened = ask("GET", f"/api/cashbacks/open?status=unconfirmed&document={document}")
    [item] = opened.json["items"]
    assert (item["id"], item["waiting"]["why"]) == (reply.json["id"], "confirmation")
    done = ask("POST", f"{reply.headers['location']}/cancel", {"reason": "they left"})
    assert (done.status, done.json["status"]) == (200, "cancelled"), done.body
    late = confirm(gateway, reply)
    assert (late.status, late.json["status"]) == (202, "cancelled")
    assert credits_of(gateway, document) == []


def test_what_is_nobodys_or_anothers_is_not_found(gateway: Gateway) -> None:
    reply = paid_later(gateway, fresh_cpf())
    people = sign_in_people(gateway)
    path = f"{reply.headers['location']}/confirm"
    for merchant, role, status in ((2, "erp", 404), (1, "analyst", 403)):
        headers = people.headers(merchant, role)
        assert gateway.request("POST", path, headers=headers, authorised=False).status == status, (
            role
        )
    for id_ in ("01a20000-0000-7000-8000-000000000000", "nothing"):
        assert gateway.request("POST", f"/api/cashbacks/{id_}/confirm").status == 404
    assert read(gateway, reply)["status"] == "unconfirmed"


def test_a_way_of_confirming_that_there_is_not_is_told(gateway: Gateway) -> None:
    for told, code in (("tomorrow", "no_such_choice"), (True, "wrong_type")):
        reply = gateway.submit(sale(confirm=told))
        assert reply.status == 422
        [error] = reply.json["errors"]
        assert (error["pointer"], error["code"]) == ("/confirm", code)
    assert gateway.submit(sale(confirm=None)).status == 201
