"""Every door has a rule, every rule a door, and each role passes exactly through its own."""

from __future__ import annotations

import re

import pytest

from adapters.http.access import ACCESS, PUBLIC, Role
from adapters.http.openapi_operations import OPERATIONS
from adapters.http.standing import STANDING_AGE_S, Standings
from adapters.http.tokens import Claims, InvalidTokenError, TokenKind
from fakes.api import Api, MemoryAccounts

SOMEBODY = {
    Role.ERP: "demo",
    Role.ANALYST: "anna",
    Role.OPERATOR: "olga",
    Role.ADMIN: "adam",
}
NOWHERE = "00000000-0000-7000-8000-000000000000"


def claims(username: str, merchant_id: int = 1) -> Claims:
    return Claims(
        kind=TokenKind.ACCESS, username=username, merchant_id=merchant_id, expires_at_s=2**31
    )


def test_every_operation_has_a_rule_and_every_rule_an_operation() -> None:
    assert ACCESS.keys() == OPERATIONS.keys()


def test_what_needs_a_token_says_so_in_the_document() -> None:
    for key, roles in ACCESS.items():
        operation = OPERATIONS[key]
        assert operation.secured is (roles != PUBLIC), key
        forbids = operation.secured and roles != frozenset(Role)
        assert ("forbidden" in operation.problems) is forbids, key


@pytest.mark.parametrize("role", SOMEBODY)
@pytest.mark.parametrize("key", [k for k, roles in ACCESS.items() if roles], ids=" ".join)
async def test_a_role_passes_exactly_where_the_table_says(
    api: Api, key: tuple[str, str], role: Role
) -> None:
    method, path = key
    answer = await api.call(
        method.upper(), re.sub("{[a-z]+}", NOWHERE, path), body=b"{}", username=SOMEBODY[role]
    )
    assert (answer.status == 403) is (role not in ACCESS[key])
    assert answer.status != 401


async def test_a_route_without_a_rule_is_closed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {k: v for k, v in ACCESS.items() if k != ("get", "/api/cashbacks")}
    monkeypatch.setattr("adapters.http.admission.ACCESS", rules)
    for username in SOMEBODY.values():
        assert (await api.get("/api/cashbacks", username=username)).status == 403


async def test_a_role_is_asked_again_after_a_few_seconds() -> None:
    accounts, now_s = MemoryAccounts(), [0.0]
    standings = Standings(accounts, lambda: now_s[0])
    for _ in range(3):
        assert (await standings(claims("olga"))).role is Role.OPERATOR
    assert accounts.asked == ["olga"]
    accounts.users["olga"] = accounts.users["demo"]
    now_s[0] = STANDING_AGE_S - 0.001
    assert (await standings(claims("olga"))).role is Role.OPERATOR
    now_s[0] = STANDING_AGE_S
    assert (await standings(claims("olga"))).role is Role.ERP


async def test_a_user_who_is_gone_or_has_moved_holds_a_worthless_token() -> None:
    standings = Standings(MemoryAccounts())
    with pytest.raises(InvalidTokenError):
        await standings(claims("nobody"))
    with pytest.raises(InvalidTokenError):
        await standings(claims("olga", 2))
    await standings(claims("olga"))
