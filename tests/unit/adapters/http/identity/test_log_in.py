from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING

import jwt
import pytest

from cashback_core.people.log_in import LogIn
from cashback_core.people.passwords import Passwords
from cashback_core.people.tokens import TokenKind
from cashback_core.testing.memory_identities import (
    CLIENT_ID,
    PASSWORD,
    SECRET,
    MemoryIdentities,
    moved,
)
from cashback_core.testing.plain_hashes import PlainHashes
from fakes.api import SALE, Api

if TYPE_CHECKING:
    from uuid import UUID

    from cashback_core.people.callers import Renewed, Reused, Visit
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


async def test_a_refresh_token_buys_new_tokens_once(api: Api) -> None:
    pair = (await log_in(api)).json()
    answer = await post(api, "/api/token/refresh/", {"refresh": pair["refresh"]})

    assert answer.status == 200
    assert api.tokens.check(answer.json()["access"], TokenKind.ACCESS).owner.merchant_id == 1
    renewed = api.tokens.check(answer.json()["refresh"], TokenKind.REFRESH)
    assert renewed.owner.subject == "user:demo"
    assert answer.json()["expires_in"] == 900
    api.clock.advance(60)  # every token of the session is new
    again = await post(api, "/api/token/refresh", {"refresh": answer.json()["refresh"]})
    assert again.status == 200


async def test_a_lost_answer_is_told_again_to_the_byte_for_half_a_minute(api: Api) -> None:
    first = (await log_in(api)).json()["refresh"]
    answer = await post(api, "/api/token/refresh", {"refresh": first})
    api.clock.advance(29)
    again = await post(api, "/api/token/refresh", {"refresh": first})
    assert (again.status, again.body) == (200, answer.body)
    api.clock.advance(2)
    assert (await post(api, "/api/token/refresh", {"refresh": first})).status == 401
    headers = {"Authorization": f"Bearer {answer.json()['access']}"}
    assert (await api.call("GET", "/api/cashbacks", headers=headers)).status == 401


async def test_a_refresh_token_that_was_used_ends_the_session_of_all_that_came_after(
    api: Api,
) -> None:
    stolen = (await log_in(api)).json()
    second = (await post(api, "/api/token/refresh", {"refresh": stolen["refresh"]})).json()
    third = (await post(api, "/api/token/refresh", {"refresh": second["refresh"]})).json()
    assert (await post(api, "/api/token/refresh", {"refresh": stolen["refresh"]})).status == 401
    for renewed in (second, third):
        answer = await post(api, "/api/token/refresh", {"refresh": renewed["refresh"]})
        assert answer.status == 401
        headers = {"Authorization": f"Bearer {renewed['access']}"}
        assert (await api.call("GET", "/api/cashbacks", headers=headers)).status == 401


@pytest.mark.parametrize("change", ["gone", "moved"])
async def test_a_refresh_token_is_worthless_once_its_user_is_gone_or_moved(
    api: Api, change: str
) -> None:
    token = api.token(kind=TokenKind.REFRESH)
    if change == "gone":
        del api.identities.users["demo"]
    else:
        api.identities.users["demo"] = moved(api.identities.users["demo"], 2)
    answer = await post(api, "/api/token/refresh", {"refresh": token})
    assert (answer.status, answer.json()["code"]) == (401, "invalid_token")


async def test_a_secret_buys_a_client_a_token_and_nothing_to_refresh(api: Api) -> None:
    sent = {"client_id": CLIENT_ID, "client_secret": SECRET}
    answer = await post(api, "/api/token", sent)
    assert answer.status == 200
    assert answer.json().keys() == {"access", "expires_in"}
    headers = {"Authorization": f"Bearer {answer.json()['access']}"}
    body = json.dumps(SALE).encode()
    assert (await api.call("POST", "/api/cashbacks", body=body, headers=headers)).status == 201
    verified = await post(api, "/api/token/verify", {"token": answer.json()["access"]})
    assert (verified.json()["client_id"], verified.json()["username"]) == (CLIENT_ID, None)


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [
        (CLIENT_ID, SECRET + "x"),
        (CLIENT_ID, ""),
        (CLIENT_ID, "é"),
        (CLIENT_ID, "x" * 129),
        ("cli_" + "x" * 22, SECRET),
        ("demo", PASSWORD),
        ("", SECRET),
        (CLIENT_ID + "\x00", SECRET),
    ],
)
async def test_a_client_that_is_none_gets_the_same_401(
    api: Api, client_id: str, secret: str
) -> None:
    refused = await post(api, "/api/token", {"client_id": client_id, "client_secret": secret})
    reference = await log_in(api, "demo", "wrong")
    assert (refused.status, refused.body) == (401, reference.body)


@pytest.mark.parametrize("kind", TokenKind)
async def test_revoking_either_token_ends_the_session(api: Api, kind: TokenKind) -> None:
    pair = (await log_in(api)).json()
    headers = {"Authorization": f"Bearer {pair['access']}"}
    assert (await api.call("GET", "/api/cashbacks", headers=headers)).status == 200
    for _ in range(2):
        assert (await post(api, "/api/token/revoke", {"token": pair[kind]})).status == 204
    assert (await api.call("GET", "/api/cashbacks", headers=headers)).status == 401
    assert (await post(api, "/api/token/refresh", {"refresh": pair["refresh"]})).status == 401
    assert (await post(api, "/api/token/verify", {"token": pair["access"]})).status == 401


async def test_revoking_a_clients_token_ends_that_one_alone(api: Api) -> None:
    this, that = api.token(CLIENT_ID), api.token(CLIENT_ID)
    assert (await post(api, "/api/token/revoke", {"token": this})).status == 204
    for token, status in ((this, 401), (that, 200)):
        headers = {"Authorization": f"Bearer {token}"}
        assert (await api.call("GET", "/api/cashbacks", headers=headers)).status == status


async def test_revoking_what_is_no_token_is_answered_alike(api: Api) -> None:
    for token in ("", "x.y.z", api.token() + "x"):
        assert (await post(api, "/api/token/revoke", {"token": token})).status == 204
    assert (await post(api, "/api/token/revoke", {"token": 1})).status == 422


async def test_after_too_many_failures_nothing_is_looked_at(api: Api) -> None:
    for _ in range(5):
        assert (await log_in(api, password="wrong")).status == 401
    looked_at = len(api.identities.asked)
    throttled = await log_in(api)  # even the right one: nobody can tell that it was
    assert (throttled.status, throttled.json()["code"]) == (429, "log_in_throttled")
    assert throttled.headers["retry-after"] == "60"
    assert api.identities.asked[looked_at:] == ["visit demo"]
    unknown = [await log_in(api, "nobody", "wrong") for _ in range(6)][-1]
    assert (unknown.status, unknown.body) == (throttled.status, throttled.body)
    api.clock.advance(60)
    assert (await log_in(api)).status == 200


async def test_a_good_log_in_asks_the_database_twice(api: Api) -> None:
    await log_in(api)
    assert api.identities.asked == ["visit demo", "open demo"]


async def test_the_keys_are_told_to_everybody_without_their_private_parts(api: Api) -> None:
    answer = await api.get("/.well-known/jwks.json", username=None)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=300"
    (key,) = answer.json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "kid", "use", "alg"}
    found = jwt.PyJWK(key)
    told = jwt.decode(
        api.token(),
        found.key,
        algorithms=["EdDSA"],
        audience="cashback-api",
        issuer="cashback-gateway",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert told["sub"] == "user:demo"


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
        assert (await log_in(api, username)).status == 401
    assert all(": " not in each for each in api.identities.asked)
    asked = {each.partition(":")[0] for each in api.identities.asked}
    assert asked == {"visit unknown", "failure unknown"}
    assert len(set(api.identities.asked)) == 10  # each has to wait by itself


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        ([], [("", "wrong_type")]),
        ({}, [("/username", "required"), ("/password", "required")]),
        ({"username": "a", "password": 1}, [("/password", "wrong_type")]),
        ({"username": None, "password": "p"}, [("/username", "wrong_type")]),
        ({"username": "a", "password": "p", "otp": "1"}, [("/otp", "unknown_field")]),
        ({"client_id": "a"}, [("/client_secret", "required")]),
        (
            {"client_id": "a", "client_secret": "s", "username": "b"},
            [("/username", "unknown_field")],
        ),
        ({"client_secret": 1, "client_id": "a"}, [("/client_secret", "wrong_type")]),
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
    api.identities.away = True
    assert (await log_in(api)).status == 503


async def test_a_crowd_is_told_to_come_back() -> None:
    api = Api(passwords=Passwords(PlainHashes(), max_waiting=2))
    answers = await asyncio.gather(*(log_in(api) for _ in range(4)))

    assert sorted(answer.status for answer in answers) == [200, 200, 429, 429]
    crowded = next(answer for answer in answers if answer.status == 429)
    assert crowded.headers["retry-after"] == "1"


async def test_a_crowd_of_people_keeps_no_erp_and_no_session_out() -> None:
    api = Api(passwords=Passwords(PlainHashes(), max_waiting=0))
    assert (await log_in(api)).status == 429
    body = {"client_id": CLIENT_ID, "client_secret": SECRET}
    assert (await post(api, "/api/token", body)).status == 200
    body = {"refresh": api.token(kind=TokenKind.REFRESH)}
    assert (await post(api, "/api/token/refresh", body)).status == 200


async def test_no_more_log_ins_are_under_way_at_once_than_allowed() -> None:
    api = Api(passwords=Passwords(PlainHashes(), at_once=2))
    gate = asyncio.Event()
    inside: list[str] = []

    class Slow(MemoryIdentities):
        async def visit(self, username: str, *, address: str) -> Visit:
            inside.append(str(username))
            await gate.wait()
            return await super().visit(username, address=address)

        async def renew_session(
            self, session_id: UUID, *, used_id: str, next_id: str, issued_s: int, life_s: int
        ) -> Renewed | Reused | None:
            inside.append("renew")
            await gate.wait()
            return await super().renew_session(
                session_id, used_id=used_id, next_id=next_id, issued_s=issued_s, life_s=life_s
            )

    slow = Slow(api.clock)
    slow.sessions = api.identities.sessions
    login = LogIn(
        identities=slow,
        standings=api.standings,
        passwords=api.passwords,
        tokens=api.tokens,
        traces=api.traces,
    )
    refreshed = [api.token(kind=TokenKind.REFRESH) for _ in range(4)]
    asked = [
        asyncio.create_task(login(username="demo", password=PASSWORD, address="192.0.2.1"))
        for _ in range(4)
    ]
    asked += [asyncio.create_task(login.refresh(token, address="192.0.2.1")) for token in refreshed]
    await asyncio.wait(asked, timeout=0.05)
    assert Counter(inside) == {"demo": 2, "renew": 2}
    gate.set()
    assert len(await asyncio.gather(*asked)) == 8
    assert len(inside) == 8


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
