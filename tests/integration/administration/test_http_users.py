"""Users over HTTP: everything an administrator does to them, and what they cannot do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from adapters.credentials.password_hashes import NOBODYS_HASH
from cashback_core.testing.memory_identities import CLIENT_ID
from cashback_core.testing.memory_identities import PASSWORD as LOGIN_PASSWORD
from cashback_core.testing.plain_hashes import PlainHashes
from integration.administering import PASSWORD, add_user, administered_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakes.api import Answered
    from integration.administering import AdministeredApi

MARIA = {"username": "maria", "role": "operator", "password": PASSWORD}
ADMIN = {**MARIA, "role": "admin", "current": LOGIN_PASSWORD}


@pytest.fixture
async def api(dsn: str) -> AsyncIterator[AdministeredApi]:
    async with administered_api(dsn) as api:
        yield api


def faults(answer: Answered) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in answer.json()["errors"]}


def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


async def test_a_user_is_added_read_changed_and_deleted(api: AdministeredApi, dsn: str) -> None:
    added = await api.ask("POST", "/api/users", MARIA)
    assert added.status == 201
    assert added.headers["location"] == "/api/users/maria"
    assert added.headers["etag"] == '"1"'
    read = await api.ask("GET", "/api/users/maria")
    assert (read.status, read.json()) == (200, added.json())
    assert read.json()["merchant"] == "demo"

    changed = await api.ask("PATCH", "/api/users/maria", {"role": "analyst"}, if_match='"1"')
    assert (changed.status, changed.json()["role"]) == (200, "analyst")
    assert changed.headers["etag"] == '"2"'
    replaced = await api.ask(
        "PUT", "/api/users/maria", {"role": "erp", "disabled": True}, if_match='"2"'
    )
    assert (replaced.json()["role"], replaced.json()["disabled"]) == ("erp", True)

    assert (await api.ask("DELETE", "/api/users/maria", if_match='"2"')).status == 412
    gone = await api.ask("DELETE", "/api/users/maria", if_match='"3"')
    assert (gone.status, gone.body) == (204, b"")
    assert (await api.ask("GET", "/api/users/maria")).status == 404
    assert (await api.ask("DELETE", "/api/users/maria", if_match="*")).status == 404
    # The name stays taken, the hash is gone.
    assert faults(await api.ask("POST", "/api/users", MARIA)) == {"/username": "taken"}
    found = rows(dsn, "select password_hash from users where username = 'maria'")
    assert found == [("$argon2id$",)]


async def test_who_has_it_already_is_told_so(api: AdministeredApi) -> None:
    await api.ask("POST", "/api/users", MARIA)
    known = await api.ask("GET", "/api/users/maria", if_none_match='"1"')
    assert (known.status, known.body, known.headers["etag"]) == (304, b"", '"1"')
    assert (await api.ask("GET", "/api/users/maria", if_none_match='"2"')).status == 200


async def test_a_change_without_its_version_is_refused(api: AdministeredApi) -> None:
    await api.ask("POST", "/api/users", MARIA)
    for method, body in (("PUT", {"role": "erp"}), ("PATCH", {}), ("DELETE", None)):
        answer = await api.ask(method, "/api/users/maria", body)
        assert (answer.status, answer.json()["code"]) == (428, "precondition_required")


async def test_of_two_changes_of_the_same_version_one_wins(api: AdministeredApi) -> None:
    await api.ask("POST", "/api/users", MARIA)
    for version in range(1, 6):
        answers = await asyncio.gather(
            *(
                api.ask("PATCH", "/api/users/maria", {"role": role}, if_match=f'"{version}"')
                for role in ("erp", "analyst")
            )
        )
        assert sorted(answer.status for answer in answers) == [200, 412]
    assert (await api.ask("GET", "/api/users/maria")).headers["etag"] == '"6"'


async def test_whatever_version_there_is_may_be_meant(api: AdministeredApi) -> None:
    await api.ask("POST", "/api/users", MARIA)
    answers = await asyncio.gather(
        *(api.ask("PATCH", "/api/users/maria", {"disabled": True}, if_match="*") for _ in range(3))
    )
    assert {answer.status for answer in answers} == {200}


async def test_the_last_administrator_stays_however_many_try(api: AdministeredApi) -> None:
    for name in ("eva", "ines"):
        await api.ask("POST", "/api/users", {**ADMIN, "username": name})
    # adam is the third: whoever comes last of three finds nobody else left.
    answers = await asyncio.gather(
        *(
            api.ask("PATCH", f"/api/users/{name}", {"disabled": True}, if_match="*")
            for name in ("adam", "eva", "ines")
        )
    )
    assert sorted(answer.status for answer in answers) == [200, 200, 409]
    (refused,) = [answer for answer in answers if answer.status == 409]
    assert (refused.json()["code"], faults(refused)) == ("in_use", {"": "last_administrator"})
    page = await api.ask("GET", "/api/users?role=admin&disabled=false")
    (left,) = page.json()["items"]
    for method, body in (("DELETE", None), ("PUT", {"role": "admin", "disabled": True})):
        answer = await api.ask(method, f"/api/users/{left['username']}", body, if_match="*")
        assert answer.json()["code"] == "in_use"


async def test_nobody_changes_their_own_role_nor_makes_a_platforms(api: AdministeredApi) -> None:
    await api.ask("POST", "/api/users", ADMIN)
    for role, code in (("operator", "own_role"), ("platform", "role_and_merchant")):
        answer = await api.ask("PATCH", "/api/users/adam", {"role": role}, if_match="*")
        assert (answer.status, faults(answer)) == (422, {"/role": code})
    answer = await api.ask("PATCH", "/api/users/maria", {"role": "platform"}, if_match="*")
    assert faults(answer) == {"/role": "role_and_merchant"}
    answer = await api.ask("POST", "/api/users", {**ADMIN, "username": "x", "role": "platform"})
    assert faults(answer) == {"/role": "no_such_choice"}
    answer = await api.ask("POST", "/api/users", {**MARIA, "username": "x", "merchant": "other"})
    assert faults(answer) == {"/merchant": "unknown_field"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"password": "sh0rt"}, {"/password": "password_length"}),
        ({"password": "x" * 129}, {"/password": "password_length"}),
        ({"password": "maria likes cats"}, {"/password": "password_like_username"}),
        ({"password": "password1234"}, {"/password": "password_common"}),
        ({"password": 123456789012}, {"/password": "wrong_type"}),
        ({"username": "me"}, {"/username": "username_format"}),
        ({"username": "52998224725"}, {"/username": "username_format"}),
        ({"username": "Maria"}, {"/username": "username_format"}),
        ({"role": "boss", "age": 1}, {"/role": "no_such_choice", "/age": "unknown_field"}),
    ],
)
async def test_what_is_no_user_is_told_without_the_password(
    api: AdministeredApi, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    answer = await api.ask("POST", "/api/users", {**MARIA, **changes})
    assert (answer.status, faults(answer)) == (422, expected)
    if "password" in changes:
        assert str(changes["password"]) not in answer.body.decode()


async def test_a_patch_is_checked_as_the_whole_that_it_makes(api: AdministeredApi) -> None:
    await api.ask("POST", "/api/users", MARIA)
    answer = await api.ask(
        "PATCH", "/api/users/maria", {"role": None, "disabled": "no", "x": 1}, if_match="*"
    )
    assert faults(answer) == {
        "/role": "required", "/disabled": "not_boolean", "/x": "unknown_field",
    }  # fmt: skip
    answer = await api.ask("PATCH", "/api/users/maria", [], if_match="*")
    assert faults(answer) == {"": "wrong_type"}
    merge = {"content_type": "application/merge-patch+json"}
    answer = await api.ask("PATCH", "/api/users/maria", {"disabled": True}, if_match="*", **merge)
    assert answer.status == 200
    answer = await api.ask("PUT", "/api/users/maria", {"role": "erp"}, if_match="*", **merge)
    assert answer.status == 415


async def test_lists_are_sorted_filtered_and_paged_to_their_end(api: AdministeredApi) -> None:
    for number in range(5):
        await api.ask("POST", "/api/users", {**MARIA, "username": f"u{number}", "role": "erp"})
    for sort in ("username", "-username", "created_at", "-created_at"):
        seen: list[str] = []
        path = f"/api/users?role=erp&limit=2&sort={sort}"
        cursor: str | None = ""
        while cursor is not None:
            page = await api.ask("GET", path + (f"&cursor={cursor}" if cursor else ""))
            assert page.status == 200, page.body
            assert len(page.json()["items"]) <= 2
            seen += [user["username"] for user in page.json()["items"]]
            cursor = page.json()["next_cursor"]
        expected = [f"u{number}" for number in range(5)]
        assert seen == (expected[::-1] if sort.startswith("-") else expected)
    first = (await api.ask("GET", "/api/users?limit=1")).json()["next_cursor"]
    answer = await api.ask("GET", f"/api/users?limit=1&sort=-username&cursor={first}")
    assert (answer.status, faults(answer)) == (422, {"/cursor": "cursor_of_another_list"})


async def test_a_password_is_reset_and_no_hash_is_ever_told(api: AdministeredApi, dsn: str) -> None:
    await api.ask("POST", "/api/users", MARIA)
    before = rows(dsn, "select password_hash from users where username = 'maria'")
    answer = await api.ask("PUT", "/api/users/maria/password", {"new": "outra senha bem longa"})
    assert answer.status == 204
    assert rows(dsn, "select password_hash from users where username = 'maria'") != before
    answer = await api.ask("PUT", "/api/users/maria/password", {"new": "short"})
    assert faults(answer) == {"/new": "password_length"}
    for path in ("/api/users", "/api/users/maria", "/api/audit"):
        answer = await api.ask("GET", path)
        assert answer.status == 200
        assert b"argon2" not in answer.body


async def test_the_trail_tells_who_changed_what(api: AdministeredApi) -> None:
    await api.ask("POST", "/api/users", MARIA, x_request_id="ignored-without-a-watch")
    await api.ask("PATCH", "/api/users/maria", {"role": "erp", "disabled": True}, if_match="*")
    await api.ask("PUT", "/api/users/maria/password", {"new": "outra senha bem longa"})
    trail = (await api.ask("GET", "/api/audit?resource=users&key=maria&actor=user:adam")).json()
    reset, changed, added = trail["items"]
    assert added["after"] == {"username": "maria", "role": "operator", "password_hash": "changed"}
    assert (changed["before"]["role"], changed["after"]["role"]) == ("operator", "erp")
    assert reset["after"] == {"password_hash": "changed"}
    assert {line["merchant"] for line in trail["items"]} == {"demo"}
    page = (await api.ask("GET", "/api/audit?key=maria&limit=2")).json()
    rest = await api.ask("GET", f"/api/audit?key=maria&limit=2&cursor={page['next_cursor']}")
    assert [*page["items"], *rest.json()["items"]] == trail["items"]
    nothing = await api.ask("GET", "/api/audit?key=maria&to=2020-01-01T00:00:00Z")
    assert nothing.json() == {"items": [], "next_cursor": None}


async def test_two_merchants_know_nothing_of_each_others_users(api: AdministeredApi) -> None:
    await api.ask("POST", "/api/users", MARIA)
    requests: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PUT", "", {"role": "erp"}),
        ("PATCH", "", {"role": "erp"}),
        ("DELETE", "", None),
        ("PUT", "/password", {"new": "outra senha bem longa"}),
    ]
    for method, rest, body in requests:
        theirs = await api.ask(method, f"/api/users/maria{rest}", body, by="otto", if_match="*")
        nobodys = await api.ask(method, f"/api/users/nobody{rest}", body, by="otto", if_match="*")
        assert (theirs.status, theirs.body) == (404, nobodys.body)
    listed = (await api.ask("GET", "/api/users", by="otto")).json()["items"]
    assert {user["merchant"] for user in listed} == {"other"}
    assert (await api.ask("GET", "/api/users?merchant=demo", by="otto")).json()["items"] == []
    trail = (await api.ask("GET", "/api/audit", by="otto")).json()["items"]
    assert {line["merchant"] for line in trail} == {"other"}
    assert (await api.ask("GET", "/api/audit?merchant=demo", by="otto")).status == 404
    assert (await api.ask("GET", "/api/users/maria")).headers["etag"] == '"1"'


async def test_a_token_alone_makes_no_administrator_and_gets_no_ones_account(
    api: AdministeredApi, dsn: str
) -> None:
    add_user(dsn, "eva", role="admin")
    reset = {"new": "outra senha bem longa"}
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/api/users", {**MARIA, "role": "admin"}),
        ("PUT", "/api/users/eva/password", reset),
    ]
    for method, path, body in asked:
        for more, code in (
            ({}, "required"),
            ({"current": None}, "required"),
            ({"current": "wrong"}, "password_wrong"),
        ):
            answer = await api.ask(method, path, {**body, **more})
            told = faults(answer)
            assert (answer.status, list(told)) == (422, ["/current"])
            assert told["/current"] == code or more == {"current": None}
    assert rows(dsn, "select count(*) from users where username = 'maria'") == [(0,)]
    assert rows(dsn, "select password_hash from users where username = 'eva'") == [(NOBODYS_HASH,)]
    for method, path, body in asked:
        answer = await api.ask(method, path, {**body, "current": LOGIN_PASSWORD})
        assert answer.status in {201, 204}
    await api.ask("POST", "/api/users", {**MARIA, "username": "olga"})
    for method, body in (("PATCH", {"role": "admin"}), ("PUT", {"role": "admin"})):
        answer = await api.ask(method, "/api/users/olga", body, if_match="*")
        assert (answer.status, faults(answer)) == (422, {"/role": "becomes_administrator"})
    assert (await api.ask("PUT", "/api/users/olga/password", reset)).status == 204


async def test_people_read_their_own_account(api: AdministeredApi, dsn: str) -> None:
    add_user(dsn, "anna", role="analyst")
    add_user(dsn, "petra", merchant_id=None, role="platform")
    for username, merchant, role in (
        ("anna", "demo", "analyst"),
        ("adam", "demo", "admin"),
        ("petra", None, "platform"),
    ):
        answer = await api.ask("GET", "/api/users/me", by=username)
        told = answer.json()
        assert (told["username"], told["merchant"], told["role"]) == (username, merchant, role)
    assert (await api.ask("GET", "/api/users/me", by=CLIENT_ID)).status == 403


async def test_people_change_their_own_password_by_telling_the_present_one(
    api: AdministeredApi, dsn: str
) -> None:
    add_user(dsn, "anna", role="analyst")
    before = rows(dsn, "select password_hash from users where username = 'anna'")
    path, new = "/api/users/me/password", "outra senha bem longa"
    for body, expected in (
        ({"current": "wrong", "new": new}, {"/current": "password_wrong"}),
        ({"current": LOGIN_PASSWORD, "new": "short"}, {"/new": "password_length"}),
        ({"new": new}, {"/current": "required"}),
    ):
        answer = await api.ask("PUT", path, body, by="anna")
        assert (answer.status, faults(answer)) == (422, expected)
        assert new not in answer.body.decode()
    assert rows(dsn, "select password_hash from users where username = 'anna'") == before
    body = {"current": LOGIN_PASSWORD, "new": new}
    assert (await api.ask("PUT", path, body, by="anna")).status == 204
    ((stored,),) = rows(dsn, "select password_hash from users where username = 'anna'")
    assert PlainHashes().verify(stored, new)
    trail = (await api.ask("GET", "/api/audit?key=anna&actor=user:anna")).json()["items"]
    assert [line["after"] for line in trail] == [{"password_hash": "changed"}]
    assert (await api.ask("PUT", path, body, by=CLIENT_ID)).status == 403


async def test_whoever_guesses_at_the_present_password_has_to_wait(api: AdministeredApi) -> None:
    body = {"current": "wrong", "new": "outra senha bem longa"}
    statuses = [(await api.ask("PUT", "/api/users/me/password", body)).status for _ in range(6)]
    assert statuses == [422] * 5 + [429]
