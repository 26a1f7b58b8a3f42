"""OWASP API Security Top 10 (2023), each against the real processes.

What can be walked is walked over the OpenAPI document, so that a route that is added is tested too.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest

from adapters.cashback_client.sandbox.behaviours import BEHAVIOURS
from adapters.http.access import ACCESS
from adapters.http.identity.roles import PUBLIC
from contract.openapi_conformance import DOCUMENT, assert_conforms
from integration.bad_inputs import new_run
from integration.belongings import belongings
from integration.journeys import credits_of, fresh_cpf, sale
from integration.people import ROLES, People, sign_in_people
from integration.routes import CHANGING, PARAMETER, UNKNOWN_ID, address, role_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from integration.running import Gateway, Reply

OPERATIONS: Final = [
    (method, path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]
SECURED: Final = [(m, p, o) for m, p, o in OPERATIONS if o["security"]]
OF_ONE: Final = [(m, p, o) for m, p, o in SECURED if "{" in p]
WITH_BODY: Final = [
    (m, p, o)
    for m, p, o in OPERATIONS
    if "application/json" in o.get("requestBody", {}).get("content", {})  # others take a file
]
SECURITY_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


THE_SAME_FOR_ALL: Final = frozenset({"/", "/docs/start.js", "/docs/assets/swagger-ui.css"})
ASKED_ANEW: Final = {"cache-control": "public, max-age=0"}
"""Of a file that has a tag and nobody's data: kept, and asked for anew each time."""


def each(operations: list[tuple[str, str, Any]]) -> list[Any]:
    return [pytest.param(m.upper(), p, o, id=f"{m} {p}") for m, p, o in operations]


@pytest.fixture(scope="module")
def signed_in() -> list[People]:
    """At most one set of people, who stay signed in until a test signs them out."""
    return []


@pytest.fixture
def people(
    gateway: Gateway, signed_in: list[People], request: pytest.FixtureRequest
) -> Iterator[People]:
    if not signed_in:
        signed_in.append(sign_in_people(gateway))
    yield signed_in[0]
    if "sign-out" in request.node.name:
        signed_in.clear()


@pytest.fixture(scope="module", autouse=True)
def _good_provider(gateway: Gateway) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    yield
    gateway.behave()


def example(operation: Mapping[str, Any]) -> Any:
    """What the document says could be sent."""
    body = operation.get("requestBody")
    return None if body is None else body["content"].get("application/json", {}).get("example", {})


def call(
    gateway: Gateway, method: str, path: str, body: object, headers: Mapping[str, str]
) -> Reply:
    if method in CHANGING:
        headers = {"If-Match": "*", **headers}
    reply = gateway.request(method, path, body, headers=headers, authorised=False)
    assert reply.status < 500, reply.body
    assert_conforms(method, path, status=reply.status, headers=reply.headers, body=reply.body)
    return reply


def without(reply: Reply, name: str) -> tuple[int, str]:
    return reply.status, reply.body.decode().replace(name, "{name}")


# API1: broken object level authorization


@pytest.fixture(scope="module")
def owned(gateway: Gateway) -> dict[str, str]:
    """What merchant 1 has, of every kind."""
    return belongings(gateway, sign_in_people(gateway), 1)


NOBODYS: Final = {
    **dict.fromkeys(
        (
            "cashbacks",
            "customers",
            "products",
            "clients",
            "incidents",
            "stops",
            "webhooks",
            "files",
            "cases",
            "stops",
            "webhooks",
        ),
        UNKNOWN_ID,
    ),
    "product-types": "T0",
    "users": "analyst-9",
    "merchants": "nobodys",
    "closes": "2019-01-01",
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "path", "operation"), each(OF_ONE))
def test_api1_what_is_another_merchant_s_is_as_unknown_as_what_was_never_there(
    gateway: Gateway,
    people: People,
    owned: dict[str, str],
    method: str,
    path: str,
    operation: Any,
    role: str,
) -> None:
    headers = people.headers(2, role)
    other = call(gateway, method, address(path, owned), example(operation), headers)
    unknown = call(gateway, method, address(path, NOBODYS), example(operation), headers)
    assert other.status in {403, 404}
    collection = path.split("/")[2]
    assert without(other, owned[collection]) == without(unknown, NOBODYS[collection])


def test_api1_lists_hold_only_what_is_one_s_merchant_s(gateway: Gateway, people: People) -> None:
    recorded = gateway.submit(sale()).json
    for role in ROLES:
        reply = call(gateway, "GET", "/api/cashbacks?limit=200", None, people.headers(2, role))
        assert recorded["id"] not in reply.body.decode()


# API2: broken authentication


@pytest.mark.parametrize(("method", "path", "operation"), each(SECURED))
def test_api2_no_forged_expired_or_foreign_token_opens_anything(
    gateway: Gateway, method: str, path: str, operation: Any
) -> None:
    filled = PARAMETER.sub(UNKNOWN_ID, path)
    forged = {
        name: token
        for name, token in new_run(gateway).tokens.items()
        if name not in {"TOKEN", "TOKEN_MERCHANT_2"}
    }
    for token in (*forged.values(), "", "x", "a.b.c", "Bearer", "null"):
        headers = {"Authorization": f"Bearer {token}"}
        reply = call(gateway, method, filled, example(operation), headers)
        assert (reply.status, reply.json["code"]) == (401, "invalid_token")
        assert "Bearer" in reply.headers["www-authenticate"]
    good = new_run(gateway).tokens["TOKEN"]
    for headers in ({}, {"Authorization": f"Basic {good}"}, {"Cookie": f"access={good}"}):
        assert call(gateway, method, filled, example(operation), headers).status == 401
    assert gateway.request(method, f"{filled}?access_token={good}", authorised=False).status == 401


def test_api2_an_unknown_user_and_a_wrong_password_are_told_alike(gateway: Gateway) -> None:
    with psycopg.connect(gateway.dsn) as connection:
        connection.execute("delete from login_failures")  # of other tests, from the same address
    replies = [
        gateway.request(
            "POST", "/api/token", {"username": name, "password": "wrong " * 3}, authorised=False
        )
        for name in ("demo", "nobody", "x" * 300, "a\0b")
    ]
    assert {(r.status, r.json["code"]) for r in replies[:2]} == {(401, "bad_credentials")}
    assert replies[0].body == replies[1].body
    assert all(reply.status in {401, 422} for reply in replies)


# API3: broken object property level authorization


@pytest.mark.parametrize(("method", "path", "operation"), each(WITH_BODY))
def test_api3_no_body_takes_a_property_that_is_not_its_own(
    gateway: Gateway, people: People, method: str, path: str, operation: Any
) -> None:
    body = example(operation)
    smuggled = ("merchant_id", "status", "cashback", "provider", "role_", "is_admin", "__proto__")
    content = operation["requestBody"]["content"]["application/json"]
    schema = DOCUMENT["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    for name in set(smuggled) - set(schema.get("properties", {})):
        reply = call(
            gateway,
            method,
            PARAMETER.sub(UNKNOWN_ID, path),
            {**body, name: 2},
            people.headers(1, role_for(method, path)),
        )
        assert reply.status in {404, 409, 422}, (name, reply.body)
        if reply.status == 422:
            assert "unknown_field" in {error["code"] for error in reply.json["errors"]}


def test_api3_no_schema_of_an_answer_has_a_place_for_a_secret() -> None:
    names = re.compile(r"hash|password|private|salt|signing", re.IGNORECASE)
    answers = json.dumps([o["responses"] for _, _, o in OPERATIONS])
    reached: set[str] = set()
    waiting = set(re.findall(r"#/components/schemas/(\w+)", answers))
    while waiting:
        reached.add(name := waiting.pop())
        schema = json.dumps(DOCUMENT["components"]["schemas"][name])
        waiting |= set(re.findall(r"#/components/schemas/(\w+)", schema)) - reached
    for name in reached:
        properties = DOCUMENT["components"]["schemas"][name].get("properties", {})
        assert not [found for found in properties if names.search(found)], name


# API4: unrestricted resource consumption (slow clients: test_slow_clients.py)


LARGEST: Final = {"/api/cashbacks/batch": 4_194_304}
"""What a route reads that reads more than others."""


@pytest.mark.parametrize(("method", "path", "operation"), each(WITH_BODY))
def test_api4_no_route_reads_a_body_over_the_limit_or_nests_without_end(
    gateway: Gateway, people: People, method: str, path: str, operation: Any
) -> None:
    del operation
    filled = PARAMETER.sub(UNKNOWN_ID, path)
    headers = people.headers(1, role_for(method, path))
    for body, statuses in (
        (b" " * (LARGEST.get(path, 262_144) + 1), {413}),
        (b"[" * 100_000, {400}),
        (b'{"a":' * 40_000, {400}),
        (b"9" * 200_000, {400, 422}),
    ):
        assert call(gateway, method, filled, body, headers).status in statuses | {404}


def test_api4_pages_lines_and_waits_have_an_upper_bound(gateway: Gateway) -> None:
    assert gateway.request("GET", "/api/cashbacks?limit=1000000").status == 422
    lines = [{"type": "A", "value": "0.01", "qty": 1}] * 991
    assert gateway.submit(sale(products=lines, total="9.91")).status == 422
    reply = gateway.submit(sale(), Prefer="wait=999999999")
    assert reply.headers["preference-applied"] == "wait=30"


# API5: broken function level authorization


@pytest.mark.parametrize(("method", "path", "operation"), each(SECURED))
def test_api5_a_role_that_may_not_do_it_is_told_403_whatever_it_sends(
    gateway: Gateway, people: People, method: str, path: str, operation: Any
) -> None:
    allowed = ACCESS[method.lower(), path]
    filled = PARAMETER.sub(UNKNOWN_ID, path)
    for role in ROLES:
        reply = call(gateway, method, filled, example(operation), people.headers(2, role))
        assert (reply.status == 403) is (role not in allowed), (role, reply.body)
        if reply.status == 403:
            assert call(gateway, method, filled, b"{", people.headers(2, role)).status == 403


def test_api5_every_route_has_a_rule() -> None:
    assert set(ACCESS) == {(method, path) for method, path, _ in OPERATIONS}
    public = {(m, p) for m, p, o in OPERATIONS if not o["security"]}
    assert public == {key for key, roles in ACCESS.items() if roles == PUBLIC}


# API6: unrestricted access to sensitive business flows


def test_api6_one_sale_is_paid_once_however_often_and_fast_it_is_sent(gateway: Gateway) -> None:
    document = fresh_cpf()
    body = sale(document)
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(gateway.submit, [body] * 20))
    assert {reply.status for reply in replies} <= {201, 202, 409}
    assert len(credits_of(gateway, document)) == 1


def test_api6_a_resend_pays_nothing_that_was_paid(gateway: Gateway, people: People) -> None:
    document = fresh_cpf()
    id_ = gateway.submit(sale(document)).json["id"]
    body = {"reason": "once more, please"}
    for role in ROLES:
        headers = people.headers(1, role)
        assert call(gateway, "POST", f"/api/cashbacks/{id_}/resend", body, headers).status >= 400
    assert len(credits_of(gateway, document)) == 1


# API7: server side request forgery


@pytest.fixture
def trap() -> Iterator[tuple[str, list[bytes]]]:
    """A listener that nobody has a reason to call, and what reached it."""
    reached: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        over = threading.Event()

        def listen() -> None:
            while not over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    reached.append(connection.recv(1024))

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", reached
        over.set()
        thread.join()


def test_api7_no_address_that_a_client_sends_is_ever_called(
    gateway: Gateway, trap: tuple[str, list[bytes]]
) -> None:
    address, reached = trap
    host = address.removeprefix("http://")
    for name in ("callback_url", "provider_url", "webhook", "url"):
        assert gateway.submit(sale(**{name: address})).status == 422
    body = sale(customer={"document": fresh_cpf(), "name": address}, sale_id=f"at-{host}"[:64])
    headers = {
        "Host": host,
        "X-Forwarded-Host": host,
        "Forwarded": f"host={host}",
        "X-Original-URL": address,
        "Referer": address,
        "Origin": address,
    }
    reply = gateway.request("POST", "/api/cashbacks", body, headers=headers)
    assert reply.status == 201
    assert reply.headers["location"].startswith("/api/cashbacks/")
    assert host not in json.dumps(dict(reply.headers))
    assert reached == []


def test_api7_a_redirect_of_the_provider_is_not_followed(gateway: Gateway) -> None:
    for behaviour in ("redirect_302", "redirect_307"):
        document = fresh_cpf()
        gateway.misbehave(document=document, behaviour=behaviour, times=1)
        reply = gateway.submit(sale(document))
        assert (reply.status, reply.json["status"]) == (202, "in_doubt")
        assert credits_of(gateway, document) == []


# API8: security misconfiguration

ANYTHING: Final = (
    ("GET", "/"),
    ("GET", "/openapi.json"),
    ("GET", "/docs/start.js"),
    ("GET", "/docs/assets/swagger-ui.css"),
    ("GET", "/docs/assets/nothing"),
    ("GET", "/nowhere"),
    ("HEAD", "/health/live"),
    ("GET", "/health/ready"),
    ("OPTIONS", "/api/cashbacks"),
    ("OPTIONS", "/nowhere"),
    ("DELETE", "/api/cashbacks"),
    ("GET", "/api/cashbacks"),
    ("GET", "/api/cashbacks?limit=x"),
    ("POST", "/api/cashbacks"),
    ("POST", "/api/token"),
)


@pytest.mark.parametrize(("method", "path"), ANYTHING)
def test_api8_every_answer_has_the_security_headers_and_tells_nothing_of_the_inside(
    entrance: Gateway, method: str, path: str
) -> None:
    for authorised in (True, False):
        reply = entrance.request(method, path, authorised=authorised)
        kept = {} if reply.status != 200 or path not in THE_SAME_FOR_ALL else ASKED_ANEW
        assert {n: reply.headers.get(n) for n in SECURITY_HEADERS} == SECURITY_HEADERS | kept
        assert "permissions-policy" in reply.headers
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert not any(name.startswith("access-control") for name in reply.headers)
        assert "x-powered-by" not in reply.headers
        assert not re.search(r"[0-9]", reply.headers.get("server", ""))
        if not path.startswith("/docs/assets"):
            text = reply.body.decode()
            assert not re.search(r"Traceback|File \"|\.py\b|psycopg|litestar", text)


def test_api8_methods_that_nobody_needs_are_refused(entrance: Gateway) -> None:
    for method in ("TRACE", "CONNECT", "PROPFIND", "DEBUG"):
        reply = entrance.request(method, "/api/cashbacks")
        assert reply.status in {400, 405, 501}
        assert reply.headers["content-type"] == "application/problem+json"


# API9: improper inventory management


def test_api9_every_documented_operation_is_served_and_under_no_other_method(
    gateway: Gateway,
) -> None:
    for path, operations in DOCUMENT["paths"].items():
        filled = PARAMETER.sub(UNKNOWN_ID, path)
        taken = {method.upper() for method in operations}
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            reply = gateway.request(method, filled, authorised=False)
            if method in taken:
                assert reply.status != 405, (method, path)
            elif reply.status == 405:
                allowed = set(re.split(r", *", reply.headers["allow"]))
                assert taken <= allowed
            else:  # the address fits another template too
                assert reply.status in {401, 404}, (method, path, reply.status)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/admin",
            "/api",
            "/api/v1/cashbacks",
            "/api/v2/cashbacks",
            "/api/mock/Cashback",
            "/debug",
        ),
        *("/docs", "/redoc", "/schema", "/schema/openapi.json", "/swagger", "/swagger.json"),
        *("/openapi.yaml", "/graphql", "/metrics", "/health", "/status", "/server-status", "/env"),
        *(
            "/.env",
            "/.git/config",
            "/actuator",
            "/actuator/env",
            "/console",
            "/ledger",
            "/behaviours",
        ),
        *("/docs/assets/..%2f..%2f__init__.py", "/docs/assets/%2e%2e/start.js", "/static/x"),
    ],
)
def test_api9_nothing_is_served_that_is_not_documented(entrance: Gateway, path: str) -> None:
    for authorised in (True, False):
        assert entrance.request("GET", path, authorised=authorised).status == 404


# API10: unsafe consumption of APIs


@pytest.mark.parametrize(
    "behaviour",
    sorted(set(BEHAVIOURS) - {"hang", "hang_applied", "late_apply", "dripped_201"}),
)
def test_api10_whatever_the_provider_answers_the_client_gets_a_documented_answer(
    gateway: Gateway, behaviour: str
) -> None:
    document = fresh_cpf()
    gateway.misbehave(document=document, behaviour=behaviour, times=1)
    reply = gateway.submit(sale(document))
    assert reply.status in {201, 202}
    headers = {"Authorization": f"Bearer {gateway.token()}"}
    assert_conforms(
        "POST", "/api/cashbacks", status=reply.status, headers=reply.headers, body=reply.body
    )
    record = call(gateway, "GET", f"/api/cashbacks/{reply.json['id']}", None, headers)
    assert len(record.body) < 100_000
    assert gateway.submit(sale()).status == 201
