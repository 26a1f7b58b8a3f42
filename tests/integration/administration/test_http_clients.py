"""API clients over HTTP: everything an administrator does to them, and what they cannot do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from adapters.postgres.identity.identities import PostgresIdentities
from integration.administering import administered_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.postgres.connection.database import Database
    from fakes.api import Answered
    from integration.administering import AdministeredApi

ERP = {"name": "ERP"}
NOBODYS = "cli_0000000000000000000000"


@pytest.fixture
async def api(dsn: str) -> AsyncIterator[AdministeredApi]:
    async with administered_api(dsn) as api:
        yield api


@pytest.fixture
def identities(database: Database) -> PostgresIdentities:
    return PostgresIdentities(database)


def faults(answer: Answered) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in answer.json()["errors"]}


async def added(api: AdministeredApi, **body: Any) -> tuple[str, str]:
    """The address and the secret of a new client."""
    answer = await api.ask("POST", "/api/clients", {**ERP, **body})
    assert answer.status == 201, answer.body
    return answer.headers["location"], answer.json()["secret"]


async def test_a_client_is_added_read_changed_and_deleted(api: AdministeredApi) -> None:
    answer = await api.ask("POST", "/api/clients", ERP)
    made = answer.json()
    client = made["client"]
    address = answer.headers["location"]
    assert (answer.status, address) == (201, f"/api/clients/{client['id']}")
    assert (client["role"], client["merchant"], client["disabled"]) == ("erp", "demo", False)
    assert client["created_by"] == "user:adam"
    assert [secret["number"] for secret in client["secrets"]] == [made["number"]] == [1]
    assert made["secret"].startswith("cbs_")
    assert len(made["secret"]) == len("cbs_") + 43  # 256 bits in base64url

    read = await api.ask("GET", address)
    assert (read.json(), read.headers["etag"]) == (client, answer.headers["etag"])
    known = await api.ask("GET", address, if_none_match='"1"')
    assert (known.status, known.body) == (304, b"")
    changed = await api.ask("PATCH", address, {"role": "analyst"}, if_match='"1"')
    assert (changed.status, changed.json()["role"], changed.headers["etag"]) == (
        200, "analyst", '"2"',
    )  # fmt: skip
    replaced = await api.ask("PUT", address, {"name": "ERP 2", "disabled": True}, if_match='"2"')
    assert (replaced.json()["name"], replaced.json()["role"]) == ("ERP 2", "erp")
    assert replaced.json()["disabled_at"] is not None
    for method, body in (("PUT", ERP), ("PATCH", {}), ("DELETE", None)):
        assert (await api.ask(method, address, body)).status == 428
        assert (await api.ask(method, address, body, if_match='"2"')).status == 412

    gone = await api.ask("DELETE", address, if_match='"3"')
    assert (gone.status, gone.body) == (204, b"")
    assert (await api.ask("GET", address)).status == 404
    assert (await api.ask("GET", "/api/clients")).json()["items"] == []
    await added(api, name="ERP 2")  # the name is free again, the id is not


async def test_a_name_is_taken_once_within_a_merchant(api: AdministeredApi) -> None:
    address, _ = await added(api)
    second, _ = await added(api, name="ERP 2")
    for method, path in (("POST", "/api/clients"), ("PUT", second), ("PATCH", second)):
        answer = await api.ask(method, path, ERP, if_match="*")
        assert (answer.status, faults(answer)) == (409, {"/name": "taken"})
    answer = await api.ask("POST", "/api/clients", ERP, by="otto")
    assert answer.status == 201
    assert answer.headers["location"] != address


async def test_a_secret_is_told_once_and_good_until_it_ends(
    api: AdministeredApi, identities: PostgresIdentities
) -> None:
    address, first = await added(api)
    id_ = address.rpartition("/")[2]
    rotated = await api.ask("POST", f"{address}/secrets", {"overlap_s": 3600})
    second = rotated.json()["secret"]
    assert (rotated.status, rotated.json()["number"]) == (201, 2)
    assert rotated.headers["location"] == address
    refused = await api.ask("POST", f"{address}/secrets", {})
    assert (refused.status, faults(refused)) == (409, {"": "two_secrets"})
    for secret in (first, second):
        owned = await identities.find_client(id_, secret=secret)
        assert owned is not None
        assert (owned.subject, owned.role, owned.merchant_id) == (f"client:{id_}", "erp", 1)
    assert (await api.ask("DELETE", f"{address}/secrets/1")).status == 204
    assert (await api.ask("DELETE", f"{address}/secrets/1")).status == 404
    assert await identities.find_client(id_, secret=first) is None
    assert await identities.find_client(id_, secret=second) is not None
    for path in (address, "/api/clients", "/api/audit?limit=200"):
        told = (await api.ask("GET", path)).body.decode()
        assert first not in told
        assert second not in told


async def test_an_overlap_of_nothing_ends_the_secret_at_once(
    api: AdministeredApi, identities: PostgresIdentities
) -> None:
    address, first = await added(api)
    rotated = await api.ask("POST", f"{address}/secrets", {"overlap_s": 0})
    assert [secret["number"] for secret in rotated.json()["client"]["secrets"]] == [2]
    assert await identities.find_client(address.rpartition("/")[2], secret=first) is None


async def test_of_rotations_at_once_one_wins(api: AdministeredApi) -> None:
    address, _ = await added(api)
    answers = await asyncio.gather(*(api.ask("POST", f"{address}/secrets", {}) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    assert (await api.ask("GET", address)).headers["etag"] == '"2"'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"/name": "required"}),
        ({"name": "\u0000"}, {"/name": "plain_text"}),
        ({"name": "x" * 121}, {"/name": "plain_text"}),
        ({"name": 1, "role": "admin"}, {"/name": "wrong_type", "/role": "no_such_choice"}),
        ({"name": "a", "disabled": "no"}, {"/disabled": "not_boolean"}),
        ({"name": "a", "merchant": "other"}, {"/merchant": "unknown_field"}),
        ({"name": "a", "secret": "mine"}, {"/secret": "unknown_field"}),
        ([], {"": "wrong_type"}),
    ],
)
async def test_what_is_no_client_is_told_and_nothing_is_added(
    api: AdministeredApi, body: Any, expected: dict[str, str]
) -> None:
    answer = await api.ask("POST", "/api/clients", body)
    assert (answer.status, faults(answer)) == (422, expected)
    assert (await api.ask("GET", "/api/clients")).json()["items"] == []


@pytest.mark.parametrize("overlap", [-1, 7 * 86_400 + 1, "1", 1.5, True])
async def test_an_overlap_has_bounds(api: AdministeredApi, overlap: Any) -> None:
    address, _ = await added(api)
    answer = await api.ask("POST", f"{address}/secrets", {"overlap_s": overlap})
    assert (answer.status, faults(answer)) == (422, {"/overlap_s": "whole_number"})
    assert (await api.ask("GET", address)).headers["etag"] == '"1"'


async def test_lists_are_sorted_filtered_and_paged_to_their_end(api: AdministeredApi) -> None:
    for number in range(5):
        await added(api, name=f"c{number}")
    await added(api, name="reader", role="analyst")
    for sort in ("name", "-name", "created_at", "-created_at"):
        seen: list[str] = []
        path = f"/api/clients?role=erp&limit=2&sort={sort}"
        cursor: str | None = ""
        while cursor is not None:
            page = await api.ask("GET", path + (f"&cursor={cursor}" if cursor else ""))
            seen += [client["name"] for client in page.json()["items"]]
            cursor = page.json()["next_cursor"]
        expected = [f"c{number}" for number in range(5)]
        assert seen == (expected[::-1] if sort.startswith("-") else expected)
    disabled = await api.ask("GET", "/api/clients?disabled=true")
    assert disabled.json() == {"items": [], "next_cursor": None}
    answer = await api.ask("GET", "/api/clients?role=admin")
    assert (answer.status, faults(answer)) == (422, {"/role": "no_such_choice"})


async def test_the_trail_tells_who_changed_what_and_no_secret(
    api: AdministeredApi, dsn: str
) -> None:
    address, first = await added(api)
    id_ = address.rpartition("/")[2]
    second = (await api.ask("POST", f"{address}/secrets", {})).json()["secret"]
    await api.ask("DELETE", f"{address}/secrets/1")
    await api.ask("PATCH", address, {"disabled": True}, if_match="*")
    await api.ask("DELETE", address, if_match="*")
    lines = (await api.ask("GET", "/api/audit?actor=user:adam&limit=200")).json()["items"]
    told = [(line["resource"], line["action"], line["key"]) for line in reversed(lines)]
    assert told[:2] == [("clients", "insert", id_), ("client_secrets", "insert", f"{id_}/1")]
    assert ("client_secrets", "insert", f"{id_}/2") in told
    assert ("client_secrets", "update", f"{id_}/1") in told
    assert told[-1] == ("clients", "update", id_)
    with psycopg.connect(dsn) as connection:
        (text,) = connection.execute("select string_agg(a::text, ' ') from audit as a").fetchone()  # type: ignore[misc]
        hashes = connection.execute("select secret_hash from client_secrets").fetchall()
        left = connection.execute("select from client_secrets where expires_at is null").fetchall()
    for secret in (first, second):
        assert secret not in text
        assert secret.removeprefix("cbs_") not in text
    assert (len(hashes), left) == (2, [])  # the deletion ended the last one too
    for (hashed,) in hashes:
        assert hashed.hex() not in text


async def test_two_merchants_know_nothing_of_each_others_clients(api: AdministeredApi) -> None:
    address, _ = await added(api)
    requests: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PUT", "", ERP),
        ("PATCH", "", {"disabled": True}),
        ("DELETE", "", None),
        ("POST", "/secrets", {}),
        ("DELETE", "/secrets/1", None),
    ]
    for method, rest, body in requests:
        theirs = await api.ask(method, f"{address}{rest}", body, by="otto", if_match="*")
        nobodys = await api.ask(
            method, f"/api/clients/{NOBODYS}{rest}", body, by="otto", if_match="*"
        )
        assert (theirs.status, theirs.body) == (404, nobodys.body)
    for path in ("/api/clients", "/api/clients?merchant=demo", "/api/audit?resource=clients"):
        assert (await api.ask("GET", path, by="otto")).json()["items"] == []
    assert (await api.ask("GET", address)).headers["etag"] == '"1"'
    for nothing in ("cli_x", "cli_%00", f"{NOBODYS}0"):
        assert (await api.ask("GET", f"/api/clients/{nothing}")).status == 404
    for number in ("0", "01", "x", "9999999999", "2"):
        assert (await api.ask("DELETE", f"{address}/secrets/{number}")).status == 404


async def test_the_platforms_administrators_name_the_merchant(api: AdministeredApi) -> None:
    answer = await api.ask("POST", "/api/clients", ERP, by="petra")
    assert (answer.status, faults(answer)) == (422, {"/merchant": "required"})
    answer = await api.ask("POST", "/api/clients", {**ERP, "merchant": "nobody"}, by="petra")
    assert (answer.status, faults(answer)) == (422, {"/merchant": "no_such_merchant"})
    answer = await api.ask("POST", "/api/clients", {**ERP, "merchant": "other"}, by="petra")
    assert (answer.status, answer.json()["client"]["merchant"]) == (201, "other")
    address = answer.headers["location"]
    assert (await api.ask("GET", address, by="otto")).status == 200
    assert (await api.ask("GET", address, by="adam")).status == 404
    rotated = await api.ask("POST", f"{address}/secrets", {}, by="petra")
    assert (rotated.status, rotated.json()["client"]["secrets"][0]["created_by"]) == (
        201, "user:petra",
    )  # fmt: skip
    await added(api)
    listed = (await api.ask("GET", "/api/clients?merchant=other", by="petra")).json()["items"]
    assert [client["merchant"] for client in listed] == ["other"]
    assert (await api.ask("DELETE", address, by="petra", if_match="*")).status == 204
