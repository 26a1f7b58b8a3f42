"""The sandbox over HTTP, inside a test and as a process that is killed."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.cashback_client.client import ProviderClient
from adapters.cashback_client.pool import Limits
from adapters.cashback_client.sandbox import (
    BadInstructionError,
    SandboxOptions,
    running_sandbox,
)
from adapters.cashback_client.sandbox.behaviours import BEHAVIOURS
from cashback_core.delivery.evidence import Phase
from cashback_core.delivery.provider import CreditRequest
from cashback_core.values.documents import Cpf
from integration.provider.scripted_provider import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from adapters.cashback_client.sandbox import Sandbox

PATH = "/api/mock/Cashback"
ORDER = {"document": "52998224725", "cashback": "10.00"}


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as client:
        yield client


async def test_a_credit_is_answered_as_documented_and_stands_in_the_ledger(
    http: httpx.AsyncClient,
) -> None:
    response = await http.post(PATH, json=ORDER, headers={"X-Reference": "mine"})
    assert response.status_code == 201
    created = response.json()
    assert created.keys() == {"createdAt", "message", "id", "document", "cashback"}
    assert created["message"] == "Cashback criado com sucesso!"
    assert created["id"] == "NaN"
    assert created["document"] == ORDER["document"]
    assert created["cashback"] == ORDER["cashback"]

    ledger = (await http.get("/ledger")).json()
    assert (ledger["calls"], ledger["count"], ledger["sum"]) == (1, 1, "10.00")
    assert ledger["credits"] == [
        {"seq": 1, "at": created["createdAt"], "reference": "mine", **ORDER}
    ]


async def test_every_order_pays_again_unless_the_sandbox_is_idempotent(
    http: httpx.AsyncClient,
) -> None:
    first = await http.post(PATH, json=ORDER, headers={"Idempotency-Key": "one"})
    await http.post(PATH, json=ORDER, headers={"Idempotency-Key": "one"})
    assert (await http.get("/ledger")).json()["count"] == 2

    assert (await http.post("/options", json={"idempotent": True})).status_code == 200
    again = await http.post(PATH, json=ORDER, headers={"Idempotency-Key": "one"})
    assert again.content == first.content
    await http.post(PATH, json=ORDER, headers={"Idempotency-Key": "another"})
    assert (await http.get("/ledger")).json()["count"] == 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'{"document":"52998224725"}',
        b'{"document":"52998224725","cashback":"10.00","extra":1}',
        b'{"document":"529.982.247-25","cashback":"10.00"}',
        b'{"document":"52998224725","cashback":10}',
        b'{"document":"52998224725","cashback":"10"}',
    ],
)
async def test_an_order_outside_the_contract_is_refused_and_credits_nothing(
    body: bytes, http: httpx.AsyncClient
) -> None:
    response = await http.post(PATH, content=body)
    assert response.status_code == 400
    ledger = (await http.get("/ledger")).json()
    assert (ledger["calls"], ledger["count"]) == (1, 0)


async def test_the_statement_holds_the_window_its_watermark_and_its_totals(
    http: httpx.AsyncClient,
) -> None:
    for cashback in ("1.00", "2.00", "4.00"):
        await http.post(PATH, json=ORDER | {"cashback": cashback}, headers={"X-Reference": "r"})
    first, second, third = (await http.get("/ledger")).json()["credits"]

    whole = (await http.get("/statement")).json()
    assert [row["cashback"] for row in whole["rows"]] == ["1.00", "2.00", "4.00"]
    assert (whole["count"], whole["sum"]) == (3, "7.00")
    assert whole["complete_through"] >= third["at"]
    assert all("reference" not in row for row in whole["rows"])

    window = {"from": second["at"], "to": third["at"]}
    part = (await http.get("/statement", params=window)).json()
    assert [row["line"] for row in part["rows"]] == [2]
    assert (part["count"], part["sum"]) == (1, "2.00")
    assert part["complete_through"] == third["at"]
    assert first["at"] < second["at"] < third["at"]

    # Nothing is ever added before a watermark that was given out.
    await http.post(PATH, json=ORDER)
    late = (await http.get("/ledger")).json()["credits"][-1]
    assert late["at"] > whole["complete_through"]


async def test_the_statement_echoes_our_reference_only_when_told_to(
    http: httpx.AsyncClient,
) -> None:
    await http.post("/options", json={"statement_reference": True})
    await http.post(PATH, json=ORDER, headers={"X-Reference": "mine"})
    [row] = (await http.get("/statement")).json()["rows"]
    assert row["reference"] == "mine"


@pytest.mark.parametrize("query", ["from=yesterday", "to=2026-01-01", "since=2026-01-01T00:00:00Z"])
async def test_a_window_that_cannot_be_read_is_refused(query: str, http: httpx.AsyncClient) -> None:
    assert (await http.get(f"/statement?{query}")).status_code == 400


async def test_an_offset_may_be_written_with_a_plus(http: httpx.AsyncClient) -> None:
    await http.post(PATH, json=ORDER)
    statement = await http.get("/statement?from=2020-01-01T00:00:00+00:00")
    assert statement.json()["count"] == 1


async def test_behaviours_are_listed_set_and_forgotten_over_http(http: httpx.AsyncClient) -> None:
    listed = (await http.get("/behaviours")).json()["behaviours"]
    assert {row["name"] for row in listed} == BEHAVIOURS.keys()
    assert all(row["sentence"] for row in listed)

    told = await http.post(
        "/behaviours",
        json={"document": "52998224725", "behaviour": "refused_422", "times": 2, "delay_s": 0.01},
    )
    assert told.json()["documents"] == {"52998224725": {"behaviour": "refused_422", "times": 2}}
    statuses = [(await http.post(PATH, json=ORDER)).status_code for _ in range(3)]
    assert statuses == [422, 422, 201]

    await http.post("/behaviours", json={"rates": {"busy_429": 1.0}, "seed": 1})
    assert (await http.post(PATH, json=ORDER)).status_code == 429
    assert (await http.delete("/behaviours")).json()["rates"] == {}
    assert (await http.post(PATH, json=ORDER)).status_code == 201


async def test_a_statement_is_told_otherwise_over_http(http: httpx.AsyncClient) -> None:
    for _ in range(3):
        await http.post(PATH, json=ORDER)
    told = await http.post("/behaviours", json={"statement": ["paged", "totals_missing"]})
    assert told.json()["statement"] == ["paged", "totals_missing"]
    first = (await http.get("/statement")).json()
    assert (len(first["rows"]), "count" in first, first["next"]) == (2, False, "1")
    second = (await http.get("/statement", params={"cursor": first["next"]})).json()
    assert (len(second["rows"]), "next" in second) == (1, False)
    for cursor in ("-1", "x"):
        assert (await http.get("/statement", params={"cursor": cursor})).status_code == 400
    assert (await http.delete("/behaviours")).json()["statement"] == []
    assert (await http.get("/statement")).json()["count"] == 3


@pytest.mark.parametrize(
    "instructions",
    [
        b"{",
        b"[]",
        b'{"rate":{}}',
        b'{"statement":"unheard_of"}',
        b'{"rates":{"unheard_of":1}}',
        b'{"rates":{"busy_429":1.5}}',
        b'{"rates":{"busy_429":0.6,"hang":0.6}}',
        b'{"document":"52998224725"}',
        b'{"document":"52998224725","behaviour":"unheard_of"}',
        b'{"document":"52998224725","behaviour":"hang","times":0}',
        b'{"delay_s":-1}',
        b'{"rates":{"busy_429":1},"delay_s":"long"}',
    ],
)
async def test_wrong_instructions_are_refused_and_change_nothing(
    instructions: bytes, http: httpx.AsyncClient
) -> None:
    before = (await http.get("/behaviours")).json()
    response = await http.post("/behaviours", content=instructions)
    assert response.status_code == 400
    assert response.json()["message"]
    assert (await http.get("/behaviours")).json() == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health/live", 200),
        ("GET", "/nowhere", 404),
        ("GET", PATH, 405),
        ("POST", "/ledger", 405),
        ("POST", f"{PATH}/", 201),
    ],
)
async def test_other_paths_and_methods_are_told_so(
    method: str, path: str, status: int, http: httpx.AsyncClient
) -> None:
    assert (await http.request(method, path, json=ORDER)).status_code == status


async def test_a_late_credit_comes_although_the_client_is_gone(
    sandbox: Sandbox, payment: CreditRequest
) -> None:
    sandbox.desk.instructions.set_timing(late_s=0.6)
    sandbox.desk.instructions.set_rates({"late_apply": 1})
    client = ProviderClient(sandbox.url, limits=Limits(deadline_s=0.3))
    evidence = await client.credit(payment)
    await client.aclose()
    assert evidence.phase is Phase.SENT
    assert sandbox.desk.ledger.credits == []
    await until(lambda: len(sandbox.desk.ledger.credits) == 1)


async def test_requests_sent_ahead_are_answered_in_order(sandbox: Sandbox) -> None:
    sandbox.desk.instructions.set_timing(delay_s=0.01)
    body = json.dumps(ORDER).encode()
    order = b"POST %s HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (PATH.encode(), len(body), body)
    host, _, port = sandbox.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(order * 3 + b"GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n")
    answers = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    assert [answers.count(f"HTTP/1.1 {code} ") for code in (201, 200)] == [3, 1]
    assert answers.endswith('{"status":"live"}')


async def test_an_idempotent_sandbox_can_be_opened_as_such(tmp_path: Path) -> None:
    options = SandboxOptions(idempotent=True)
    async with running_sandbox(tmp_path / "ledger", options=options) as sandbox:
        client = ProviderClient(sandbox.url)
        payment = CreditRequest(reference="r", document=Cpf("52998224725"), cashback_centavos=5)
        for _ in range(3):
            await client.credit(payment)
        await client.aclose()
        assert len(sandbox.desk.ledger.credits) == 1
        assert sandbox.desk.calls == 3


async def test_a_sandbox_can_be_opened_telling_its_statement_otherwise(tmp_path: Path) -> None:
    options = SandboxOptions(statement=("totals_missing",), lines_of="52998224725")
    async with (
        running_sandbox(tmp_path / "ledger", options=options) as sandbox,
        httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as http,
    ):
        assert "sum" not in (await http.get("/statement")).json()
    unknown = SandboxOptions(statement=("unheard_of",))
    with pytest.raises(BadInstructionError, match="unheard_of"):
        async with running_sandbox(tmp_path / "ledger", options=unknown):
            pass
