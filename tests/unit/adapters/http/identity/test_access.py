"""Every door has a rule, every rule a door, and each role passes exactly through its own."""

from __future__ import annotations

import json
import re

import pytest

from adapters.http.access import ACCESS
from adapters.http.identity.roles import PUBLIC
from adapters.http.openapi.operations import OPERATIONS
from cashback_core.people.roles import Role
from cashback_core.people.standings import STANDING_AGE_S
from cashback_core.testing.memory_identities import CLIENT_ID
from fakes.api import SALE, Api

SOMEBODY = {
    Role.ERP: "demo",
    Role.ANALYST: "anna",
    Role.OPERATOR: "olga",
    Role.ADMIN: "adam",
    Role.PLATFORM: "petra",
}
NOWHERE = "00000000-0000-7000-8000-000000000000"


def test_every_operation_has_a_rule_and_every_rule_an_operation() -> None:
    assert ACCESS.keys() == OPERATIONS.keys()


def test_what_needs_a_token_says_so_in_the_document() -> None:
    for key, roles in ACCESS.items():
        operation = OPERATIONS[key]
        assert operation.secured is (roles != PUBLIC), key
        if operation.secured and roles != frozenset(Role):
            assert "forbidden" in operation.problems, key
        assert ("rate_exceeded" in operation.problems) is operation.secured, key


def test_an_analyst_reads_all_but_who_gets_in_and_what_they_changed() -> None:
    reads = {path for (method, path), roles in ACCESS.items() if method == "get" and roles}
    closed = {path for path in reads if Role.ANALYST not in ACCESS["get", path]}
    assert closed == {
        "/api/users", "/api/users/{username}", "/api/clients", "/api/clients/{id}", "/api/audit",
        "/api/webhooks", "/api/webhooks/{id}", "/api/webhooks/{id}/deliveries",
    }  # fmt: skip
    may = {key for key, roles in ACCESS.items() if Role.ANALYST in roles and key[0] != "get"}
    assert may == {
        ("post", "/api/cashbacks/quote"),
        ("post", "/api/figures/reprice"),  # which changes nothing
        ("put", "/api/users/me/password"),
        ("post", "/api/users/me/sign-out"),
    }


@pytest.fixture(scope="module")
def table_api() -> Api:
    """One for the whole table: whoever is let in does nothing there that the next would meet."""
    return Api()


@pytest.mark.parametrize("role", SOMEBODY)
@pytest.mark.parametrize("key", [k for k, roles in ACCESS.items() if roles], ids=" ".join)
async def test_a_role_passes_exactly_where_the_table_says(
    table_api: Api, key: tuple[str, str], role: Role
) -> None:
    method, path = key
    answer = await table_api.call(
        method.upper(), re.sub("{[a-z]+}", NOWHERE, path), body=b"{}", username=SOMEBODY[role]
    )
    assert (answer.status == 403) is (role not in ACCESS[key])
    assert answer.status != 401
    if answer.status == 403:
        assert set(answer.json()["roles"]) == set(ACCESS[key])
        in_portuguese = await table_api.call(
            method.upper(),
            re.sub("{[a-z]+}", NOWHERE, path),
            body=b"{}",
            headers={"accept-language": "pt"},
            username=SOMEBODY[role],
        )
        for told, word in ((answer, " or "), (in_portuguese, " ou ")):
            detail = told.json()["detail"]
            assert all(name in detail for name in ACCESS[key])
            assert (word in detail) is (len(ACCESS[key]) > 1)


async def test_a_route_without_a_rule_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {k: v for k, v in ACCESS.items() if k != ("get", "/api/cashbacks")}
    monkeypatch.setattr("adapters.http.app.ACCESS", rules)
    api = Api()
    for username in SOMEBODY.values():
        assert (await api.get("/api/cashbacks", username=username)).status == 403


async def test_a_client_passes_as_its_role_and_signs_no_act(api: Api) -> None:
    assert (await api.get("/api/cashbacks", username=CLIENT_ID)).status == 200
    assert (await api.get("/api/cashbacks/open", username=CLIENT_ID)).status == 403
    answer = await api.call("POST", "/api/users/me/sign-out", username=CLIENT_ID)
    assert (answer.status, answer.json()["code"]) == (403, "forbidden")
    assert answer.json()["detail"].startswith("Only a person may do this")


async def test_what_a_client_submitted_it_alone_reads(api: Api) -> None:
    sent = await api.call(
        "POST", "/api/cashbacks", body=json.dumps(SALE).encode(), username=CLIENT_ID
    )
    address = sent.headers["location"]
    assert (await api.get(address, username=CLIENT_ID)).status == 200
    assert (await api.get(address, username="anna")).status == 200
    assert (await api.get(address, username="demo")).status == 404
    unknown = await api.get(f"/api/cashbacks/{NOWHERE}", username="demo")
    assert (await api.get(address, username="demo")).body == unknown.body
    assert (await api.get("/api/cashbacks", username="demo")).json()["items"] == []


async def test_an_administrator_signs_out_users_of_their_own_merchant(api: Api) -> None:
    tokens = {name: api.token(name) for name in ("demo", "other")}
    path = "/api/users/{}/sign-out"
    unknown = await api.call("POST", path.format("nobody"), username="adam")
    foreign = await api.call("POST", path.format("other"), username="adam")
    assert (foreign.status, foreign.body) == (404, unknown.body)
    assert (await api.call("POST", path.format("x%00"), username="adam")).status == 404
    assert (await api.call("POST", path.format("demo"), username="adam")).status == 204
    assert api.identities.signed_out[-1].actor == "user:adam"
    for name, status in (("demo", 401), ("other", 200)):
        headers = {"Authorization": f"Bearer {tokens[name]}"}
        assert (await api.call("GET", "/api/cashbacks", headers=headers)).status == status
    assert (await api.call("POST", path.format("other"), username="petra")).status == 204


async def test_signing_out_ends_every_session_of_ones_own_within_seconds(api: Api) -> None:
    headers = [{"Authorization": f"Bearer {api.token()}"} for _ in range(2)]
    for one in headers:
        assert (await api.call("GET", "/api/cashbacks", headers=one)).status == 200
    assert (await api.call("POST", "/api/users/me/sign-out", headers=headers[0])).status == 204
    api.clock.advance(STANDING_AGE_S)
    for one in headers:
        answer = await api.call("GET", "/api/cashbacks", headers=one)
        assert (answer.status, answer.json()["code"]) == (401, "invalid_token")
