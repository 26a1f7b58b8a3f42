"""Every case of the corpus against the running service, over real HTTP."""

from __future__ import annotations

import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cashback_core.sales.catalogue import Catalogue
from cashback_core.testing.strategies import DEFECTS, Situation, can_show, invalid_documents
from contract.openapi_conformance import faults
from integration.bad_inputs import Request, Run, allowed, cases, new_run, stored_rows
from integration.raw_inputs import Exchange, exchange, is_slow, raw_request

if TYPE_CHECKING:
    from integration.running import Gateway, Reply

OF_A_SALE = ("shape", "document", "name", "money", "products", "sold_at")
"""What is wrong with a sale, whoever passed it on: nginx does not look into a body."""
SINGLE = ("json", "http", *OF_A_SALE)
TRIES = 3
MALICE = [b"[" * 2000, b"NaN", b'"\\ud800"', b"\x00", b"1e999999", b"{}", b"null"]
NOT_STORED = {400, 401, 404, 405, 408, 409, 413, 415, 422}

# The gateway under test has no products: a sale names types.
SITUATION = Situation(now=datetime.now(UTC), catalogue=Catalogue({}))
# Later than the latest instant of this module's import is soon no longer in the future.
LASTING_DEFECTS = frozenset(code for code in DEFECTS if can_show(code, SITUATION)) - {
    "sold_at_future"
}

BASELINE = next(case for case in cases("json") if case["name"] == "valid_baseline")


def named(*groups: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in cases(*groups)]


def test_the_corpus_is_there() -> None:
    assert len(cases(*SINGLE, "sequence", "raw")) >= 160


def met() -> list[Any]:
    """Each single case as it is met directly, and through nginx where that may matter."""
    through = pytest.mark.nginx
    alone = [case for case in named(*SINGLE) if "concurrent" not in case.values[0]]
    return [
        pytest.param(entrance, *case.values, id=f"{entrance}-{case.id}", marks=marks)
        for case in alone
        for entrance, marks in (("directly", ()), ("through_nginx", through))
        if entrance == "directly" or case.values[0]["group"] not in OF_A_SALE
    ]


@pytest.mark.parametrize(("entrance", "case"), met(), indirect=["entrance"])
def test_a_case_gets_its_status_and_a_refused_one_stores_nothing(
    entrance: Gateway, case: dict[str, Any]
) -> None:
    before = stored_rows(entrance)
    reply = (run := new_run(entrance)).send(run.request(case))

    assert reply.status in allowed(case), reply.body
    stored = stored_rows(entrance)
    if reply.status in NOT_STORED:
        assert stored == before
    else:
        assert stored["sales"] == before["sales"] + 1
        assert reply.json["status"] in {"applied", "not_due"}


@pytest.mark.parametrize("case", [c for c in named(*SINGLE) if "timing_ms" in c.values[0]])
def test_a_case_that_could_be_slow_is_answered_in_time(
    entrance: Gateway, case: dict[str, Any]
) -> None:
    best_ms = float("inf")
    for _ in range(TRIES):
        request = (run := new_run(entrance)).request(case)
        began_s = time.perf_counter()
        run.send(request)
        best_ms = min(best_ms, (time.perf_counter() - began_s) * 1000)
    assert best_ms <= case["timing_ms"]


@pytest.mark.parametrize("case", [c for c in named("sequence") if "steps" in c.values[0]])
def test_a_sequence_gets_its_statuses(entrance: Gateway, case: dict[str, Any]) -> None:
    run = new_run(entrance)
    replies: list[Reply] = []
    for step in case["steps"]:
        before = stored_rows(entrance)
        reply = run.send(run.request(step))
        assert reply.status in allowed(step), reply.body
        if reply.status in NOT_STORED:
            assert stored_rows(entrance) == before
        if "save" in step:
            run.saved[step["save"]] = reply.json[step["save"]]
        replies.append(reply)
    for first, again in itertools.pairwise(replies):
        if again.headers.get("idempotent-replayed") == "true":
            assert again.body == first.body
    assert replies[-1].status == case["expect"]


@pytest.mark.parametrize("case", [c for c in named("sequence") if "concurrent" in c.values[0]])
def test_equal_requests_at_once_are_one_sale(entrance: Gateway, case: dict[str, Any]) -> None:
    before = stored_rows(entrance)
    request = (run := new_run(entrance)).request(case)
    with ThreadPoolExecutor(case["concurrent"]) as pool:
        replies = list(pool.map(run.send, [request] * case["concurrent"]))

    assert {reply.status for reply in replies} <= allowed(case)
    accepted = [reply for reply in replies if reply.status in {201, 202}]
    assert len({reply.json["id"] for reply in accepted}) == 1
    assert len({reply.body for reply in accepted if reply.status == 201}) == 1
    assert stored_rows(entrance)["sales"] == before["sales"] + 1


@pytest.mark.parametrize("case", [c for c in named("raw") if not is_slow(c.values[0])])
def test_a_raw_case_gets_its_answers_and_no_more(entrance: Gateway, case: dict[str, Any]) -> None:
    before = stored_rows(entrance)
    run = new_run(entrance)
    met = exchange(entrance.base_url, raw_request(run, case))
    assert_as_expected(case, met)
    accepted = [reply for reply in met.replies if reply.status == 201]
    ids = {reply.json["id"] for reply in accepted}
    assert stored_rows(entrance)["sales"] == before["sales"] + len(ids)


def test_a_request_that_does_not_come_whole_is_cut_off_and_stores_nothing(
    entrances: tuple[Gateway, ...],
) -> None:
    """All at once: each of them takes as long as the servers are patient."""
    before = [stored_rows(entrance) for entrance in entrances]
    slow = [case for case in cases("raw") if is_slow(case)]
    sent = [(entrance, case) for entrance in entrances for case in slow]
    places = [entrance.base_url for entrance, _ in sent]
    requests = [raw_request(new_run(entrance), case) for entrance, case in sent]
    with ThreadPoolExecutor(len(sent)) as pool:
        exchanges = list(pool.map(exchange, places, requests))
    for (_, case), met in zip(sent, exchanges, strict=True):
        assert_as_expected(case, met)
        assert met.closed
    assert [stored_rows(entrance) for entrance in entrances] == before


def assert_as_expected(case: dict[str, Any], met: Exchange) -> None:
    statuses = [reply.status for reply in met.replies]
    if not statuses:
        assert "close" in allowed(case)
        assert met.closed
        return
    assert set(statuses) <= allowed(case), [reply.body for reply in met.replies]
    assert len(statuses) == case.get("answers", 1)
    for reply in met.replies:
        assert "x-powered-by" not in reply.headers
        if reply.status >= 400:
            assert reply.headers["content-type"] == "application/problem+json"
            assert faults("#/components/schemas/Problem", reply.json) == []
            assert reply.json["status"] == reply.status
        if reply.status == 405:
            assert "POST" in reply.headers["allow"]
        if reply.headers.get("connection") == "close":
            assert met.closed  # nobody knows where a next request would begin


def baseline(run: Run) -> bytes:
    body = run.request(BASELINE).body
    assert body is not None
    return body


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_damaged_body_makes_the_service_fail_or_store(
    gateway: Gateway, data: st.DataObject
) -> None:
    run = new_run(gateway)
    body = baseline(run)
    cut = data.draw(st.integers(0, len(body)), label="from")
    end = data.draw(st.integers(cut, min(len(body), cut + 12)), label="to")
    filling = data.draw(st.binary(max_size=12) | st.sampled_from(MALICE), label="filling")
    before = stored_rows(gateway)
    reply = run.send(replaced(run, body[:cut] + filling + body[end:]))
    assert reply.status in {201, 400, 422}
    if reply.status != 201:
        assert stored_rows(gateway) == before


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(invalid=invalid_documents(SITUATION, codes=LASTING_DEFECTS))
def test_every_invalid_sale_is_a_422_with_its_fault_and_stores_nothing(
    gateway: Gateway, invalid: Any
) -> None:
    try:
        text = json.dumps(invalid.document, default=float, allow_nan=False, ensure_ascii=False)
        body = text.encode()
    except (TypeError, ValueError):  # such as half of a character pair
        return  # no JSON can say it
    before = stored_rows(gateway)
    run = new_run(gateway)
    reply = run.send(replaced(run, body))
    assert reply.status == 422, reply.body
    assert (invalid.pointer, invalid.code) in {
        (error["pointer"], error["code"]) for error in reply.json["errors"]
    }
    assert stored_rows(gateway) == before


def replaced(run: Run, body: bytes) -> Request:
    return replace(run.request(BASELINE), body=body)
