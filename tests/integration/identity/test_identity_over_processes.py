"""Who gets in, on real processes that share nothing but the database."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from adapters.credentials.password_hashes import hash_password
from adapters.credentials.signing_key import create_signing_key, load_signing_key
from cashback_gateway.local.ports import free_port
from integration.administering import PASSWORD, add_user
from integration.journeys import fresh_cpf, sale
from integration.running import Gateway, Reply, running_gateway, wait_until_answers

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from adapters.postgres.embedded import EmbeddedPostgres

WITHIN_S = 5.0
"""How long whatever was taken away may still be good, anywhere."""


@dataclass(frozen=True, slots=True)
class Apis:
    """A gateway with a second API process."""

    gateway: Gateway
    urls: tuple[str, str]

    def ask(
        self, method: str, path: str, body: object = None, *, token: str = "", at: int = 0
    ) -> Reply:
        """A request to one of the two; without a token nobody asks."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.gateway.request(
            method, path, body, headers=headers, authorised=False, to=self.urls[at]
        )

    def log_in(self, username: str, *, at: int = 0, password: str = PASSWORD) -> Any:
        """The tokens of a new session."""
        body = {"username": username, "password": password}
        reply = self.ask("POST", "/api/token", body, at=at)
        assert reply.status == 200, reply.body
        return reply.json

    def status(self, token: str, at: int) -> int:
        return self.ask("GET", "/api/cashbacks?limit=1", token=token, at=at).status


@contextmanager
def further_api(gateway: Gateway, name: str, **settings: str) -> Generator[str, None, None]:
    """One more API process; its address."""
    port = free_port("127.0.0.1")
    gateway.start(name, "serve", CASHBACK_PORT=str(port), **settings)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_answers(gateway, url, "/health/ready")
        yield url
    finally:
        process = gateway.processes.pop(name)
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def apis(
    postgres_server: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Apis]:
    dsn = postgres_server.create_database("identity_over_processes", template=template)
    hashed = hash_password(PASSWORD)
    for merchant_id in (1, 2):
        add_user(dsn, f"admin-{merchant_id}", merchant_id=merchant_id, role="admin",
                 password_hash=hashed)  # fmt: skip
    add_user(dsn, "petra", merchant_id=None, role="platform", password_hash=hashed)
    folder = tmp_path_factory.mktemp("identity")
    with (
        running_gateway(dsn, folder, CASHBACK_TRUSTED_HOPS="1") as gateway,
        further_api(gateway, "api2") as second,
    ):
        yield Apis(gateway, (gateway.base_url, second))


def people(apis: Apis, *names: str, merchant_id: int = 1, role: str = "operator") -> None:
    hashed = hash_password(PASSWORD)
    for name in names:
        add_user(apis.gateway.dsn, name, merchant_id=merchant_id, role=role, password_hash=hashed)


def new_client(apis: Apis, token: str, name: str) -> tuple[str, str]:
    """The address and a token of a new API client, bought with its secret."""
    reply = apis.ask("POST", "/api/clients", {"name": name}, token=token)
    assert reply.status == 201, reply.body
    client_id, secret = reply.json["client"]["id"], reply.json["secret"]
    bought = apis.ask("POST", "/api/token", {"client_id": client_id, "client_secret": secret}, at=1)
    assert (bought.status, "refresh" in bought.json) == (200, False)
    return f"/api/clients/{client_id}", bought.json["access"]


def all_end_in_time(apis: Apis, tokens: dict[str, str]) -> bool:
    """Whether none of them is let in anywhere by a request that begins later than is allowed."""
    began_s = time.monotonic()
    left = {(token, at) for token in tokens.values() for at in (0, 1)}
    while left:
        asked_s = time.monotonic() - began_s
        left = {(token, at) for token, at in left if apis.status(token, at) != 401}
        if left and asked_s >= WITHIN_S:
            return False
    return True


def test_whatever_is_taken_away_ends_everywhere_within_five_seconds(apis: Apis) -> None:
    admin = apis.log_in("admin-1")["access"]
    names = ("revoker", "leaver", "sent-away", "disabled", "deleted", "changer", "reset", "stays")
    people(apis, *names)
    tokens = {name: apis.log_in(name)["access"] for name in names}
    clients = {
        name: new_client(apis, admin, name)
        for name in ("c-revoked", "c-secret", "c-disabled", "c-deleted", "c-stays")
    }
    tokens |= {name: token for name, (_, token) in clients.items()}
    for token in tokens.values():  # both processes know all of them
        assert [apis.status(token, at) for at in (0, 1)] == [200, 200]

    def act(method: str, path: str, body: object = None, *, by: str = admin) -> None:
        headers = {"Authorization": f"Bearer {by}", "If-Match": "*"}
        reply = apis.gateway.request(method, path, body, headers=headers)
        assert reply.status in {200, 204}, (path, reply.body)

    act("POST", "/api/token/revoke", {"token": tokens["revoker"]})
    act("POST", "/api/users/me/sign-out", by=tokens["leaver"])
    act("POST", "/api/users/sent-away/sign-out")
    act("PATCH", "/api/users/disabled", {"disabled": True})
    act("DELETE", "/api/users/deleted")
    body = {"current": PASSWORD, "new": f"{PASSWORD} 2"}
    act("PUT", "/api/users/me/password", body, by=tokens["changer"])
    act("PUT", "/api/users/reset/password", {"new": f"{PASSWORD} 2"})
    act("POST", "/api/token/revoke", {"token": tokens["c-revoked"]})
    act("DELETE", f"{clients['c-secret'][0]}/secrets/1")
    act("PATCH", clients["c-disabled"][0], {"disabled": True})
    act("DELETE", clients["c-deleted"][0])

    stay = {"stays", "c-stays"}
    assert all_end_in_time(apis, {n: t for n, t in tokens.items() if n not in stay})
    assert [apis.status(tokens[name], at) for name in stay for at in (0, 1)] == [200] * 4
    assert apis.log_in("changer", password=f"{PASSWORD} 2")


def test_a_disabled_merchant_stops_its_people_and_clients_and_no_others(apis: Apis) -> None:
    people(apis, "other-2", merchant_id=2)
    _, client = new_client(apis, apis.log_in("admin-2")["access"], "ERP")
    session = apis.log_in("other-2")
    ours = apis.log_in("admin-1")["access"]
    tokens = {"user": session["access"], "client": client}
    for token in tokens.values():
        assert [apis.status(token, at) for at in (0, 1)] == [200, 200]
    petra = apis.log_in("petra", at=1)["access"]
    headers = {"Authorization": f"Bearer {petra}", "If-Match": "*"}

    def patch_merchant(**body: bool) -> None:
        reply = apis.gateway.request("PATCH", "/api/merchants/other", body, headers=headers)
        assert reply.status == 200, reply.body

    patch_merchant(disabled=True)
    try:
        assert all_end_in_time(apis, tokens)
        body = {"refresh": session["refresh"]}
        assert apis.ask("POST", "/api/token/refresh", body).status == 401
        body = {"username": "other-2", "password": PASSWORD}
        assert apis.ask("POST", "/api/token", body).status == 401
        assert apis.status(ours, 0) == 200
    finally:
        patch_merchant(disabled=False)


def test_an_erps_client_sends_sales_and_reads_its_own(apis: Apis) -> None:
    admin = apis.log_in("admin-1")["access"]
    _, token = new_client(apis, admin, "sales")
    sent = apis.ask("POST", "/api/cashbacks", sale(fresh_cpf()), token=token)
    assert sent.status == 201, sent.body
    assert apis.ask("GET", sent.headers["location"], token=token, at=1).status == 200
    _, stranger = new_client(apis, admin, "another")
    assert apis.ask("GET", sent.headers["location"], token=stranger).status == 404
    assert apis.ask("GET", "/api/clients", token=token).status == 403


def test_a_refresh_token_buys_one_successor_however_many_send_it_and_where(apis: Apis) -> None:
    people(apis, "refresher")
    session = apis.log_in("refresher")
    body = {"refresh": session["refresh"]}

    def renew(number: int) -> Reply:
        return apis.ask("POST", "/api/token/refresh", body, at=number % 2)

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(renew, range(8)))
    assert Counter(reply.status for reply in replies) == {200: 8}
    assert len({reply.body for reply in replies}) == 1
    won = replies[0].json
    next_ = apis.ask("POST", "/api/token/refresh", {"refresh": won["refresh"]}, at=1)
    assert next_.status == 200
    # Its owner, or a thief, comes late: nobody can tell which holds the new one.
    assert [apis.ask("POST", "/api/token/refresh", body, at=at).status for at in (0, 1)] == [
        401
    ] * 2
    latest = {"refresh": next_.json["refresh"]}
    assert apis.ask("POST", "/api/token/refresh", latest).status == 401
    assert all_end_in_time(apis, {"old": session["access"], "new": won["access"]})


def test_a_session_goes_on_by_each_next_refresh_token(apis: Apis) -> None:
    people(apis, "stayer")
    session = apis.log_in("stayer")
    for number in range(4):
        reply = apis.ask(
            "POST", "/api/token/refresh", {"refresh": session["refresh"]}, at=number % 2
        )
        assert reply.status == 200
        session = reply.json
    assert apis.status(session["access"], 0) == 200


def from_address(apis: Apis, address: str, body: object, *, at: int = 0) -> Reply:
    headers = {"X-Forwarded-For": address}
    return apis.gateway.request(
        "POST", "/api/token", body, headers=headers, authorised=False, to=apis.urls[at]
    )


def test_guessing_slows_down_on_every_process_and_keeps_no_owner_out(apis: Apis) -> None:
    people(apis, "guessed")
    right = {"username": "guessed", "password": PASSWORD}
    for number in range(5):
        wrong = {"username": "guessed", "password": f"wrong {number}"}
        assert from_address(apis, "203.0.113.7", wrong, at=number % 2).status == 401
    for at in (0, 1):
        refused = from_address(apis, "203.0.113.7", right, at=at)
        assert (refused.status, refused.json["code"]) == (429, "log_in_throttled")
        assert 0 < int(refused.headers["retry-after"]) <= 60
    assert from_address(apis, "203.0.113.8", right).status == 200


def test_no_answer_and_no_time_tells_whether_an_account_exists(apis: Apis) -> None:
    people(apis, "exists")
    elapsed_s: dict[str, list[float]] = {"exists": [], "nobody": []}
    bodies: set[bytes] = set()
    for number in range(4):
        for name, times in elapsed_s.items():
            wrong = {"username": name, "password": f"wrong {number}"}
            began_s = time.perf_counter()
            reply = from_address(apis, "203.0.113.9", wrong)
            times.append(time.perf_counter() - began_s)
            assert reply.status == 401
            bodies.add(reply.body)
    assert len(bodies) == 1
    # The hash takes some 25 ms, all else some 2: without it the answer comes ten times as fast.
    fastest_s = sorted(min(times) for times in elapsed_s.values())
    assert fastest_s[1] < 3 * fastest_s[0], elapsed_s


def test_a_rate_holds_over_processes(apis: Apis) -> None:
    people(apis, "hasty")
    token = apis.log_in("hasty")["access"]
    limits = {"CASHBACK_RATE_PER_S": "20", "CASHBACK_RATE_BURST": "40"}
    with (
        further_api(apis.gateway, "limited1", **limits) as first,
        further_api(apis.gateway, "limited2", **limits) as second,
    ):
        both = Apis(apis.gateway, (first, second))
        refusals: list[Reply] = []

        def hurry(number: int) -> bool:
            reply = both.ask("GET", "/api/users/me", token=token, at=number % 2)
            if reply.status == 429:
                refusals.append(reply)
            return reply.status == 200

        began_s = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            passed = sum(pool.map(hurry, range(600)))
        took_s = time.monotonic() - began_s
        assert 30 <= passed <= 40 + 20 * took_s
        assert passed < 600
        assert {reply.json["code"] for reply in refusals} == {"rate_exceeded"}
        assert all(int(reply.headers["retry-after"]) >= 1 for reply in refusals)
        time.sleep(int(refusals[-1].headers["retry-after"]))
        assert hurry(0)


def test_a_signing_key_is_replaced_without_a_break(apis: Apis) -> None:
    people(apis, "patient")
    gateway = apis.gateway
    old, new = gateway.folder / "signing_key.pem", gateway.folder / "next.pem"
    create_signing_key(new)
    before = {"CASHBACK_VERIFYING_KEY_FILES": str(new)}
    after = {"CASHBACK_SIGNING_KEY_FILE": str(new), "CASHBACK_VERIFYING_KEY_FILES": str(old)}
    ids = {load_signing_key(path).id for path in (old, new)}
    with (
        further_api(gateway, "before", **before) as first,
        further_api(gateway, "after", **after) as second,
        further_api(gateway, "done", CASHBACK_SIGNING_KEY_FILE=str(new)) as third,
    ):
        both = Apis(gateway, (first, second))
        done = Apis(gateway, (third, third))
        sessions = [both.log_in("patient", at=at) for at in (0, 1)]
        assert [signer(session["access"]) for session in sessions] == [
            load_signing_key(old).id, load_signing_key(new).id,
        ]  # fmt: skip
        for at in (0, 1):
            assert [both.status(session["access"], at) for session in sessions] == [200, 200]
            keys = both.ask("GET", "/.well-known/jwks.json", at=at)
            assert {key["kid"] for key in keys.json["keys"]} == ids
            assert keys.headers["cache-control"] == "public, max-age=300"
            assert b'"d"' not in keys.body  # no private part
        renewed = both.ask("POST", "/api/token/refresh", {"refresh": sessions[0]["refresh"]}, at=1)
        assert signer(renewed.json["access"]) == load_signing_key(new).id
        assert done.status(renewed.json["access"], 0) == 200
        assert done.status(sessions[0]["access"], 0) == 401


def signer(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])
