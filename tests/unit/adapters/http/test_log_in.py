from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING

import pytest

from adapters.http.login import Login
from adapters.http.passwords import (
    NOBODYS_HASH,
    Passwords,
    TooManyLoginsError,
    hash_password,
    verify_password,
)
from adapters.http.tokens import TokenKind
from fakes.api import PASSWORD, SALE, Api, MemoryAccounts, User

if TYPE_CHECKING:
    from fakes.api import Answered


async def post(api: Api, path: str, document: object) -> Answered:
    return await api.call("POST", path, body=json.dumps(document).encode(), username=None)


async def log_in(api: Api, username: str = "demo", password: str = PASSWORD) -> Answered:
    return await post(api, "/api/token", {"username": username, "password": password})


async def test_a_password_buys_a_token_that_submits_a_sale(api: Api) -> None:
    pair = (await log_in(api)).json()
    answer = await api.call(
        "POST",
        "/api/cashbacks",
        body=json.dumps(SALE).encode(),
        headers={"Authorization": f"Bearer {pair['access']}"},
    )
    assert answer.status == 201


async def test_a_refresh_token_buys_new_tokens(api: Api) -> None:
    pair = (await log_in(api)).json()
    answer = await post(api, "/api/token/refresh/", {"refresh": pair["refresh"]})

    assert answer.status == 200
    assert api.tokens.check(answer.json()["access"], TokenKind.ACCESS).merchant_id == 1
    assert api.tokens.check(answer.json()["refresh"], TokenKind.REFRESH).username == "demo"


@pytest.mark.parametrize("change", ["gone", "moved"])
async def test_a_refresh_token_is_worthless_once_its_user_is_gone_or_moved(
    api: Api, change: str
) -> None:
    token = api.token(kind=TokenKind.REFRESH)
    if change == "gone":
        del api.accounts.users["demo"]
    else:
        api.accounts.users["demo"] = User(username="demo", merchant_id=2)
    answer = await post(api, "/api/token/refresh", {"refresh": token})
    assert (answer.status, answer.json()["code"]) == (401, "invalid_token")


async def test_verifying_tells_what_a_good_token_says(api: Api) -> None:
    for kind in TokenKind:
        answer = await post(api, "/api/token/verify", {"token": api.token(kind=kind)})
        assert answer.status == 200
        assert answer.json()["username"] == "demo"
        assert answer.json()["typ"] == kind


@pytest.mark.parametrize("token", ["", "x.y.z", "é"])
async def test_a_bad_token_is_a_401_everywhere(api: Api, token: str) -> None:
    assert (await post(api, "/api/token/verify", {"token": token})).status == 401
    assert (await post(api, "/api/token/refresh", {"refresh": token})).status == 401


async def test_an_access_token_does_not_refresh(api: Api) -> None:
    assert (await post(api, "/api/token/refresh", {"refresh": api.token()})).status == 401


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("demo", "wrong"),
        ("demo", ""),
        ("demo", PASSWORD + " "),
        ("nobody", PASSWORD),
        ("DEMO", PASSWORD),
        ("demo\x00", PASSWORD),
        ("", PASSWORD),
        ("x" * 65, PASSWORD),
        ("é", "\N{PILE OF POO}" * 10_000),
    ],
)
async def test_whoever_may_not_log_in_gets_one_and_the_same_401(
    api: Api, username: str, password: str
) -> None:
    refused = await log_in(api, username, password)
    reference = await log_in(api, "demo", "another wrong one")

    assert refused.status == 401
    assert refused.body == reference.body
    assert refused.headers["www-authenticate"] == 'Bearer realm="cashback-api"'


async def test_a_text_that_is_no_username_never_reaches_the_database(api: Api) -> None:
    for username in ("demo\x00", "' or 1=1", "Demo", "x" * 65, "\ud7ff"):
        await log_in(api, username)
    assert api.accounts.asked == []


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        ([], [("", "wrong_type")]),
        ({}, [("/username", "required"), ("/password", "required")]),
        ({"username": "a", "password": 1}, [("/password", "wrong_type")]),
        ({"username": None, "password": "p"}, [("/username", "wrong_type")]),
        ({"username": "a", "password": "p", "otp": "1"}, [("", "unknown_field")]),
    ],
)
async def test_another_shape_is_a_422_that_repeats_nothing(
    api: Api, document: object, codes: list[tuple[str, str]]
) -> None:
    answer = await post(api, "/api/token", document)
    assert answer.status == 422
    assert answer.json()["code"] == "invalid_request"
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == codes
    assert {e["received"] for e in answer.json()["errors"]} == {None}


async def test_a_database_that_is_away_is_a_503(api: Api) -> None:
    api.accounts.away = True
    assert (await log_in(api)).status == 503


async def test_a_crowd_is_told_to_come_back() -> None:
    api = Api(passwords=Passwords(max_waiting=2))
    answers = await asyncio.gather(*(log_in(api) for _ in range(4)))

    assert sorted(answer.status for answer in answers) == [200, 200, 429, 429]
    crowded = next(answer for answer in answers if answer.status == 429)
    assert crowded.headers["retry-after"] == "1"


async def test_no_more_log_ins_are_under_way_at_once_than_allowed() -> None:
    api = Api(passwords=Passwords(at_once=2))
    gate = asyncio.Event()
    inside: list[str] = []

    class Slow(MemoryAccounts):
        async def find(self, username: str) -> User | None:
            inside.append(username)
            await gate.wait()
            return await super().find(username)

    login = Login(accounts=Slow(), passwords=api.passwords, tokens=api.tokens)
    refresh = api.token(kind=TokenKind.REFRESH)
    asked = [asyncio.create_task(login(username="demo", password=PASSWORD)) for _ in range(4)]
    asked += [asyncio.create_task(login.refresh(refresh)) for _ in range(4)]
    await asyncio.wait(asked, timeout=0.05)
    assert len(inside) == 2
    gate.set()
    assert len(await asyncio.gather(*asked)) == 8
    assert len(inside) == 8


async def test_passwords_are_checked_off_the_event_loop() -> None:
    loop_thread = threading.get_ident()
    threads: list[int] = []

    def verify(_: str, __: str) -> bool:
        threads.append(threading.get_ident())
        return True

    assert await Passwords(verify=verify).match("p", "h")
    assert threads != [loop_thread]


async def test_an_unknown_user_costs_a_hash_too() -> None:
    looked_at: list[str] = []

    def verify(stored_hash: str, password: str) -> bool:
        looked_at.append(stored_hash)
        return verify_password(stored_hash, password)

    assert not await Passwords(verify=verify).match("nobody's password", None)
    assert looked_at == [NOBODYS_HASH]
    assert NOBODYS_HASH.split("$")[:4] == hash_password("x").split("$")[:4]  # the same costs


async def test_an_unknown_user_has_no_password_at_all() -> None:
    assert not await Passwords(verify=lambda _, __: True).match("nobody's password", None)


async def test_a_stored_text_that_is_no_hash_lets_nobody_in() -> None:
    assert not await Passwords().match("x", "$argon2id$broken")
    assert not await Passwords().match("x", "x")


async def test_a_full_house_is_told_before_any_work() -> None:
    with pytest.raises(TooManyLoginsError):
        async with Passwords(max_waiting=0).turn():
            pytest.fail("nobody comes in")


def test_hashes_are_argon2id_with_the_chosen_costs_and_salted() -> None:
    first, second = hash_password("x"), hash_password("x")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "unauthenticated"),
        ("", "unauthenticated"),
        ("Basic ZGVtbzpkZW1v", "unauthenticated"),
        ("Bearer", "unauthenticated"),
        ("Bearer ", "invalid_token"),
        ("Bearer x.y.z", "invalid_token"),
        ("Bearer {token}, Bearer {token}", "invalid_token"),
        ("Bearer {token} x", "invalid_token"),
        ("Bearer \xe9", "invalid_token"),
        ("{token}", "unauthenticated"),
    ],
)
async def test_without_one_good_access_token_nothing_is_answered_but_401(
    api: Api, header: str | None, code: str
) -> None:
    value = None if header is None else header.replace("{token}", api.token())
    for method, path in [
        ("POST", "/api/cashback"),
        ("POST", "/api/cashbacks/quote"),
        ("GET", "/api/cashbacks"),
        ("HEAD", "/api/cashbacks"),
        ("GET", "/api/cashbacks/x"),
    ]:
        answer = await api.call(method, path, headers={"Authorization": value})
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["code"] == code


async def test_the_scheme_is_read_without_case(api: Api) -> None:
    headers = {"Authorization": f"bEARER  {api.token()}"}
    assert (await api.call("GET", "/api/cashbacks", headers=headers)).status == 200


async def test_a_refresh_token_opens_no_other_route(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.token(kind=TokenKind.REFRESH)}"}
    assert (await api.call("GET", "/api/cashbacks", headers=headers)).status == 401
