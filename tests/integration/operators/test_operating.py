"""An operator's acts through real processes: HTTP, database, worker, provider, ledger."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from adapters.credentials.password_hashes import hash_password
from integration.administering import add_user
from integration.journeys import credits_of, fresh_cpf, sale, wait_for
from integration.running import ROOT, Gateway

if TYPE_CHECKING:
    from integration.running import Reply

WHY = {"reason": "the outage is over"}


@pytest.fixture(scope="module")
def olga(gateway: Gateway) -> dict[str, str]:
    """The headers of an operator who logged in."""
    password_hash = hash_password("long enough")
    add_user(gateway.dsn, "olga", role="operator", password_hash=password_hash)
    body = {"username": "olga", "password": "long enough"}
    reply = gateway.request("POST", "/api/token", body, authorised=False)
    return {"Authorization": f"Bearer {reply.json['access']}"}


def refused_once(gateway: Gateway, behaviour: str) -> tuple[str, str]:
    """The document and the id of a cashback whose first attempt met that behaviour."""
    document = fresh_cpf()
    gateway.misbehave(document=document, behaviour=behaviour, times=1)
    reply = gateway.submit(sale(document))
    assert reply.status == 202
    return document, reply.json["id"]


def act(gateway: Gateway, headers: dict[str, str], path: str, body: object) -> Reply:
    return gateway.request("POST", path, body, headers=headers)


def status_of(gateway: Gateway, id_: str) -> str:
    return str(gateway.request("GET", f"/api/cashbacks/{id_}").json["status"])


def test_a_rejected_cashback_that_is_resent_is_paid_once(
    gateway: Gateway, olga: dict[str, str]
) -> None:
    document, id_ = refused_once(gateway, "refused_422")
    listed = gateway.request("GET", f"/api/cashbacks/open?document={document}", headers=olga)
    (item,) = listed.json["items"]
    assert (item["id"], item["status"], item["status_code"]) == (id_, "rejected", 422)
    reply = act(gateway, olga, f"/api/cashbacks/{id_}/resend", WHY)
    assert reply.status == 200
    wait_for(lambda: status_of(gateway, id_) == "applied", "the worker sends it again")
    assert credits_of(gateway, document) == ["1.40"]
    events = gateway.request("GET", f"/api/cashbacks/{id_}").json["events"]
    (signed,) = [e for e in events if e["actor_name"] is not None]
    assert (signed["actor"], signed["actor_name"]) == ("operator", "olga")
    assert (
        gateway.request("GET", f"/api/cashbacks/open?document={document}", headers=olga).json[
            "items"
        ]
        == []
    )


def test_the_risk_of_a_second_payment_is_real_and_recorded(
    gateway: Gateway, olga: dict[str, str]
) -> None:
    """The very harm that `accept_risk` is for: paid, no certain answer, paid again."""
    document, id_ = refused_once(gateway, "error_500_applied")
    refusal = act(gateway, olga, f"/api/cashbacks/{id_}/resend", WHY)
    assert (refusal.status, refusal.json["code"]) == (409, "risk_not_accepted")
    assert status_of(gateway, id_) == "in_doubt"
    assert credits_of(gateway, document) == ["1.40"]
    accepted = act(gateway, olga, f"/api/cashbacks/{id_}/resend", {**WHY, "accept_risk": True})
    assert accepted.status == 200
    wait_for(lambda: status_of(gateway, id_) == "applied", "the worker sends it again")
    assert credits_of(gateway, document) == ["1.40", "1.40"]
    query = "select risk_accepted_at is not null from cashbacks where cashback_id = %s"
    assert gateway.rows(query, id_) == [(True,)]


def test_one_in_doubt_is_resolved_from_the_command_line(gateway: Gateway) -> None:
    document, id_ = refused_once(gateway, "error_500_applied")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "cashback_gateway", "resolve", id_, "applied"),
            *("--reason", "line 7 of their statement", "--as", "olga"),
        ],
        env=gateway.environ,
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.decode() == f"{id_} is applied{os.linesep}"
    record: dict[str, Any] = gateway.request("GET", f"/api/cashbacks/{id_}").json
    assert record["status"] == "applied"
    assert record["events"][-1]["reason"] == "line 7 of their statement"
    assert credits_of(gateway, document) == ["1.40"]


def test_the_doctor_sees_the_worker_and_the_provider(gateway: Gateway) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cashback_gateway", "doctor"],
        env=gateway.environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    checks = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    told = f"{done.stdout}{done.stderr}"
    assert [words for _, words in checks if words.startswith("workers: 1 listening")], told
    (provider,) = [words for level, words in checks if (level, words[:9]) == ("ok", "provider:")]
    assert provider.endswith(" takes connections"), told


def test_many_are_resent_by_filter_and_each_is_paid_once(
    gateway: Gateway, olga: dict[str, str]
) -> None:
    sold_at = "2026-02-03 10:00:00"
    documents = [fresh_cpf() for _ in range(3)]
    ids: list[str] = []
    for document in documents:
        gateway.misbehave(document=document, behaviour="refused_422", times=1)
        ids.append(gateway.submit(sale(document, sold_at=sold_at)).json["id"])
    wanted = {"status": ["rejected", "held"], "sold_from": sold_at}
    counted = act(gateway, olga, "/api/cashbacks/resend", wanted).json
    assert (counted["count"], counted["cashback"], counted["resent"]) == (3, "4.20", False)
    body = {**wanted, **WHY, "dry_run": False, "token": counted["token"]}
    done = act(gateway, olga, "/api/cashbacks/resend", body)
    assert (done.status, done.json["resent"]) == (200, True)
    again = act(gateway, olga, "/api/cashbacks/resend", body)
    assert (again.status, again.json["code"]) == (409, "plan_changed")
    wait_for(lambda: {status_of(gateway, id_) for id_ in ids} == {"applied"}, "all are paid")
    for document in documents:
        assert credits_of(gateway, document) == ["1.40"]


def test_an_erp_may_neither_list_nor_act(gateway: Gateway) -> None:
    _, id_ = refused_once(gateway, "refused_422")
    for reply in (
        gateway.request("GET", "/api/cashbacks/open"),
        gateway.request("POST", f"/api/cashbacks/{id_}/resend", WHY),
        gateway.request("POST", "/api/cashbacks/resend", {"status": ["rejected"]}),
    ):
        assert (reply.status, reply.json["code"]) == (403, "forbidden")
    assert status_of(gateway, id_) == "rejected"
