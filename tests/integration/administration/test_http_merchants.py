"""Merchants over HTTP, as their own administrators and as the platform's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from integration.administering import administered_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakes.api import Answered
    from integration.administering import AdministeredApi


DEFAULTS: dict[str, object] = {
    "line_rounding": "half_up",
    "line_tolerance_centavos": 0,
    "sale_tolerance_centavos": 0,
    "surcharge_earns": False,
    "company_buyers": "refuse",
    "foreign_buyers": "refuse",
    "nobody_buyers": "refuse",
    "confirm_within_h": 72,
    "max_ahead_s": 300,
}
TILLS: dict[str, object] = {
    "line_rounding": "down",
    "line_tolerance_centavos": 1,
    "sale_tolerance_centavos": 99,
    "surcharge_earns": True,
    "company_buyers": "pay",
    "foreign_buyers": "record",
    "nobody_buyers": "record",
    "confirm_within_h": 2160,
    "max_ahead_s": 0,
}


@pytest.fixture
async def api(dsn: str) -> AsyncIterator[AdministeredApi]:
    async with administered_api(dsn) as api:
        yield api


def faults(answer: Answered) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in answer.json()["errors"]}


async def test_an_administrator_sees_their_own_merchant_alone(api: AdministeredApi) -> None:
    page = await api.ask("GET", "/api/merchants")
    assert [merchant["slug"] for merchant in page.json()["items"]] == ["demo"]
    assert (await api.ask("GET", "/api/merchants/demo")).json() == page.json()["items"][0]
    requests: list[tuple[str, Any]] = [
        ("GET", None),
        ("PUT", {"name": "Mine now"}),
        ("PATCH", {"name": "Mine now"}),
    ]
    for method, body in requests:
        theirs = await api.ask(method, "/api/merchants/other", body, if_match="*")
        nobodys = await api.ask(method, "/api/merchants/nobody", body, if_match="*")
        assert (theirs.status, theirs.body) == (404, nobodys.body)
    assert (await api.ask("GET", "/api/merchants/Other")).status == 404


async def test_an_administrator_changes_name_and_age_and_not_how_money_is_computed(
    api: AdministeredApi,
) -> None:
    patch = {"name": "Rede", "max_sale_age_days": 30, "name_difference": "note"}
    answer = await api.ask("PATCH", "/api/merchants/demo", patch, if_match='"1"')
    assert (answer.status, answer.headers["etag"]) == (200, '"2"')
    assert {name: answer.json()[name] for name in patch} == patch
    forbidden: list[tuple[str, Any]] = [
        ("rounding", "down"), ("zone", "America/Manaus"), ("disabled", True),
    ]  # fmt: skip
    assert set(TILLS) | {"numbers"} <= set(answer.json())
    for name, value in forbidden:
        answer = await api.ask("PATCH", "/api/merchants/demo", {name: value}, if_match="*")
        assert (answer.status, faults(answer)) == (422, {f"/{name}": "platform_only"})
    assert (await api.ask("GET", "/api/merchants/demo")).headers["etag"] == '"2"'


async def test_an_administrator_changes_how_tills_are_read_and_the_trail_tells_it(
    api: AdministeredApi,
) -> None:
    before = (await api.ask("GET", "/api/merchants/demo")).json()
    assert {name: before[name] for name in TILLS} == DEFAULTS
    answer = await api.ask("PATCH", "/api/merchants/demo", TILLS, if_match='"1"')
    assert (answer.status, answer.json()) == (
        200, before | TILLS | {"version": 2, "updated_at": answer.json()["updated_at"]},
    )  # fmt: skip
    trail = (await api.ask("GET", "/api/audit?resource=merchants")).json()["items"][0]
    assert (trail["before"], trail["after"]) == (DEFAULTS, TILLS)


async def test_where_numbers_count_is_laid_down_with_the_merchant(api: AdministeredApi) -> None:
    new = {"slug": "stores", "name": "Stores", "numbers": "store"}
    made = await api.ask("POST", "/api/merchants", new, by="petra")
    assert (made.status, made.json()["numbers"]) == (201, "store")
    for method in ("PUT", "PATCH"):
        body = {"name": "Stores", "numbers": "merchant"}
        answer = await api.ask(method, "/api/merchants/stores", body, if_match="*", by="petra")
        assert (answer.status, faults(answer)) == (422, {"/numbers": "unknown_field"})
    assert (await api.ask("GET", "/api/merchants/demo")).json()["numbers"] == "merchant"


@pytest.mark.parametrize(
    "zone", ["localtime", "Factory", "posixrules", "posix/America/Sao_Paulo", "right/UTC"]
)
async def test_a_zone_is_a_name_of_the_database_and_no_file_of_this_machine(
    api: AdministeredApi, zone: str
) -> None:
    asked = [
        await api.ask("PATCH", "/api/merchants/demo", {"zone": zone}, if_match="*", by="petra"),
        await api.ask(
            "POST", "/api/merchants", {"slug": "a", "name": "A", "zone": zone}, by="petra"
        ),
    ]
    for answer in asked:
        assert (answer.status, faults(answer)) == (422, {"/zone": "zone_unknown"})


async def test_an_administrator_adds_and_deletes_no_merchant(api: AdministeredApi) -> None:
    assert (await api.ask("POST", "/api/merchants", {"slug": "a", "name": "A"})).status == 403
    assert (await api.ask("DELETE", "/api/merchants/demo", if_match="*")).status == 403


async def test_everything_wrong_with_a_merchant_is_told_in_both_languages(
    api: AdministeredApi,
) -> None:
    wrong = {
        "name": " ", "zone": "Mars/Olympus", "rounding": "up", "max_sale_age_days": 0,
        "disabled": 1, "slug": "new", "name_difference": "ignore", "line_rounding": "floor",
        "line_tolerance_centavos": 100, "sale_tolerance_centavos": -1, "surcharge_earns": "yes",
        "company_buyers": "ask", "foreign_buyers": 1, "nobody_buyers": "pay",
        "confirm_within_h": 0, "max_ahead_s": 86_401,
    }  # fmt: skip
    told = [
        await api.ask("PUT", "/api/merchants/demo", wrong, if_match="*", accept_language=language)
        for language in ("en", "pt")
    ]
    for answer in told:
        assert faults(answer) == {
            "/name": "plain_text",
            "/zone": "zone_unknown",
            "/rounding": "no_such_choice",
            "/max_sale_age_days": "whole_number",
            "/disabled": "not_boolean",
            "/name_difference": "no_such_choice",
            "/slug": "unknown_field",
            "/line_rounding": "no_such_choice",
            "/line_tolerance_centavos": "whole_number",
            "/sale_tolerance_centavos": "whole_number",
            "/surcharge_earns": "not_boolean",
            "/company_buyers": "no_such_choice",
            "/foreign_buyers": "wrong_type",
            "/nobody_buyers": "no_such_choice",
            "/confirm_within_h": "whole_number",
            "/max_ahead_s": "whole_number",
        }
    english, portuguese = ({e["detail"] for e in answer.json()["errors"]} for answer in told)
    assert not english & portuguese
