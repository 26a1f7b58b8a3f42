"""What nginx says and refuses by itself, what it tells the API, and what it writes down."""

from __future__ import annotations

import json
import re
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import yaml
from cryptography import x509

from adapters.http.serving.proxy_problems import PROXY_PROBLEMS, as_nginx
from cashback_gateway.local.ports import free_port
from contract.openapi_conformance import DOCUMENT, faults
from integration.certificate import Certificate
from integration.nginx.running_proxy import CONFIGURATION, Proxy, proxy_of
from integration.nginx.stand_in_api import OK
from integration.running import ROOT, Reply, send

if TYPE_CHECKING:
    from pathlib import Path

    from integration.nginx.stand_in_api import StandInApi

pytestmark = pytest.mark.nginx

LIMIT = 256 * 1024
SECURITY_HEADERS = {
    "x-content-type-options",
    "referrer-policy",
    "content-security-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "cache-control",
}


def raw(proxy: Proxy, request: bytes) -> Reply:
    """Send bytes as they are; one answer."""
    address = urlsplit(proxy.base_url)
    with socket.create_connection((address.hostname, address.port), 10) as connection:
        connection.sendall(request)
        answer = HTTPResponse(connection)
        answer.begin()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(status=answer.status, headers=headers, body=answer.read())


def assert_own_problem(reply: Reply, status: int, code: str) -> None:
    assert reply.status == status, reply.body
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["content-language"] == "en"
    assert reply.headers.keys() >= SECURITY_HEADERS
    assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["x-request-id"])
    assert (reply.json["status"], reply.json["code"]) == (status, code)
    assert faults("#/components/schemas/Problem", reply.json) == []


def test_the_words_of_nginx_are_those_of_the_api() -> None:
    assert (CONFIGURATION / "gateway" / "problems.conf").read_text("utf-8") == as_nginx()


def test_what_nginx_may_answer_is_in_the_document() -> None:
    submit = DOCUMENT["paths"]["/api/cashbacks"]["post"]["responses"]
    documented = {
        code
        for response in submit.values()
        for code in response["content"].get("application/problem+json", {}).get("examples", {})
    }
    assert set(PROXY_PROBLEMS) - {"not_found", "method_not_allowed"} <= documented


HEAD = "Host: localhost\r\n"


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ("nonsense\r\n\r\n", 400, "bad_request"),
        ("GET / HTTP/1.1\r\n\r\n", 400, "bad_request"),
        (f"GET / HTTP/9.1\r\n{HEAD}\r\n", 400, "bad_request"),
        (f"GET / HTTP/1.1\r\n{HEAD}{HEAD}\r\n", 400, "bad_request"),
        (f"POST / HTTP/1.1\r\n{HEAD}Transfer-Encoding: x\r\n\r\n", 400, "bad_request"),
        (f"TRACE / HTTP/1.1\r\n{HEAD}\r\n", 405, "method_not_allowed"),
        (f"POST / HTTP/1.1\r\n{HEAD}Content-Length: {LIMIT + 1}\r\n\r\n", 413, "body_too_large"),
        (f"GET /{'a' * 9000} HTTP/1.1\r\n{HEAD}\r\n", 414, "uri_too_long"),
        (f"GET / HTTP/1.1\r\n{HEAD}X: {'a' * 9000}\r\n\r\n", 431, "head_too_large"),
        (f"GET / HTTP/1.1\r\n{HEAD}" + "X: a\r\n" * 4000 + "\r\n", 431, "head_too_large"),
        (f"GET /metrics HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n", 404, "not_found"),
        (f"GET /%6detrics/x HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n", 404, "not_found"),
        (f"GET /_problem/400 HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n", 404, "not_found"),
    ],
)
def test_what_nginx_refuses_is_a_problem_like_the_api_s(
    proxy: Proxy, api: StandInApi, request_: str, status: int, code: str
) -> None:
    assert_own_problem(raw(proxy, request_.encode()), status, code)
    assert api.received == []


def test_a_body_of_the_limit_passes_whole_and_never_touches_the_disk(
    proxy: Proxy, api: StandInApi
) -> None:
    body = b" " * LIMIT
    assert proxy.request("POST", "/api/cashbacks", body).status == 200
    assert api.received[0].body == body
    chunked = b"".join(b"8000\r\n%b\r\n" % body[at : at + 0x8000] for at in range(0, LIMIT, 0x8000))
    head = f"POST /api/cashbacks HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n".encode()
    assert raw(proxy, head + b"Connection: close\r\n\r\n" + chunked + b"0\r\n\r\n").status == 200
    assert api.received[1].body == body
    assert raw(proxy, head + b"\r\n" + chunked + b"1\r\n \r\n0\r\n\r\n").status == 413
    assert not any(path.is_file() for path in (proxy.folder / "client_body").rglob("*"))


def test_an_answer_that_cannot_be_read_is_a_problem(proxy: Proxy, api: StandInApi) -> None:
    api.answer = b"HTTP/1.1 200 OK\r\nX: " + b"a" * 20_000 + b"\r\n\r\n"
    reply = proxy.request("POST", "/api/cashbacks", b"{}")
    assert_own_problem(reply, 502, "bad_gateway")
    assert reply.headers["retry-after"] == "1"


def test_an_answer_that_never_comes_is_a_problem(api: StandInApi) -> None:
    api.answer = None
    with proxy_of(api, NGINX_ANSWER_TIMEOUT="300ms") as proxy:
        reply = proxy.request("POST", "/api/cashbacks", b"{}")
    assert_own_problem(reply, 504, "gateway_timeout")
    assert reply.headers["retry-after"] == "1"
    assert len(api.received) == 1


def test_whoever_waits_for_changes_has_the_longest_time_that_there_is(api: StandInApi) -> None:
    api.answer = None
    with proxy_of(api, NGINX_ANSWER_TIMEOUT="300ms") as proxy:  # of another read it is 15 s
        reply = proxy.request("GET", "/api/changes?after=now&wait=30", None)
    assert_own_problem(reply, 504, "gateway_timeout")
    assert [got.line for got in api.received] == ["GET /api/changes?after=now&wait=30 HTTP/1.1"], (
        "and nobody else is asked to wait as long again"
    )


def test_the_api_hears_from_nginx_alone_who_asks(proxy: Proxy, api: StandInApi) -> None:
    claims = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Real-IP": "203.0.113.9",
        "Forwarded": "for=203.0.113.9",
        "X-Request-Id": "mine",
        "X_Forwarded_For": "203.0.113.9",
        "Connection": "X-Request-Id, keep-alive",
        "Idempotency-Key": "kept",
    }
    reply = proxy.request("GET", "/api/cashbacks?document=1", None, claims)
    (got,) = api.received
    assert got.line == "GET /api/cashbacks?document=1 HTTP/1.1"
    assert got.values("x-forwarded-for") == ["127.0.0.1"]
    assert got.values("x-forwarded-proto") == ["http"]
    for gone in ("x-forwarded-host", "x-real-ip", "forwarded", "x_forwarded_for"):
        assert got.values(gone) == []
    assert got.values("idempotency-key") == ["kept"]
    assert got.values("connection") == ["close"]
    assert got.values("x-request-id") == [reply.headers["x-request-id"]]
    assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["x-request-id"])


def test_too_many_requests_of_one_client_are_429(api: StandInApi) -> None:
    with proxy_of(api, NGINX_REQUESTS_PER_S="1", NGINX_REQUESTS_BURST="5") as proxy:
        replies = [proxy.request("GET", "/api/cashbacks") for _ in range(12)]
    statuses = [reply.status for reply in replies]
    assert statuses.count(200) in {5, 6}
    assert_own_problem(replies[-1], 429, "too_many_requests")
    assert replies[-1].headers["retry-after"] == "1"


def test_log_ins_have_a_tighter_limit(api: StandInApi) -> None:
    with proxy_of(api, NGINX_LOGINS_PER_S="1", NGINX_LOGINS_BURST="3") as proxy:
        statuses = [proxy.request("POST", "/api/token", b"{}").status for _ in range(8)]
        assert statuses.count(200) in {4, 5}
        assert statuses[-1] == 429
        assert proxy.request("POST", "/api/cashbacks", b"{}").status == 200


def of_the_compose_file() -> dict[str, str]:
    """The proxy's limits as they are delivered."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    given: dict[str, str] = services["nginx"]["environment"]
    limits = {n: v for n, v in given.items() if re.match("NGINX_(REQUESTS|LOGINS|CONNECT)", n)}
    return {name: re.sub(r"\$\{\w+:-(\w+)\}", r"\1", value) for name, value in limits.items()}


def test_all_tills_of_a_chain_log_in_at_once_from_one_address(api: StandInApi) -> None:
    """After an outage, say: 700 within a moment, 260 of them before any is answered."""
    head = f"POST /api/token HTTP/1.1\r\n{HEAD}Content-Length: 2\r\n\r\n{{}}".encode()
    with proxy_of(api, **of_the_compose_file()) as proxy, ExitStack() as waiting:
        api.answer = None
        address = urlsplit(proxy.base_url)
        for _ in range(260):
            connection = socket.create_connection((address.hostname, address.port), 10)
            waiting.enter_context(connection).sendall(head)
        deadline = time.monotonic() + 10
        while sum(got.method == "POST" for got in api.received) < 260:
            assert time.monotonic() < deadline, len(api.received)
            time.sleep(0.01)
        api.answer = OK
        api.hang_up()
        with ThreadPoolExecutor(16) as pool:
            asked = [pool.submit(proxy.request, "POST", "/api/token", b"{}") for _ in range(440)]
    assert {each.result().status for each in asked} == {200}


def test_log_ins_under_way_have_a_limit_of_their_own(api: StandInApi) -> None:
    api.answer = None
    limits = {"NGINX_CONNECTIONS": "1", "NGINX_LOGINS_AT_ONCE": "4"}
    with proxy_of(api, **limits) as proxy, ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(proxy.request, "POST", "/api/token", b"{}") for _ in range(6)]
        proxy.log(3)  # the first look whether nginx is up, and the two that were refused
        api.hang_up()
        assert sorted(f.result().status for f in waiting) == [429, 429, 502, 502, 502, 502]


def test_too_many_connections_of_one_client_are_429(api: StandInApi) -> None:
    api.answer = None
    with proxy_of(api, NGINX_CONNECTIONS="4") as proxy, ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(proxy.request, "POST", "/api/cashbacks", b"{}") for _ in range(6)]
        proxy.log(3)  # the first look whether nginx is up, and the two that were refused
        api.hang_up()
        assert sorted(f.result().status for f in waiting) == [429, 429, 502, 502, 502, 502]


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/", "/"),
        ("/api/cashbacks", "/api/cashbacks"),
        ("/api/cashbacks/", "/api/cashbacks"),
        ("/api/cashbacks?document=52998224725", "/api/cashbacks"),
        ("/api/customers/52998224725", "/api/customers/{id}"),
        ("/api/customers/jose%20da%20silva", "/api/customers/{id}"),
        (
            "/api/cashbacks/01a206ad-d214-74e1-b424-16bd3a459632/resend",
            "/api/cashbacks/{id}/resend",
        ),
        ("/api/cashbacks/1/52998224725", "other"),
        ("/api/token/refresh", "/api/token/refresh"),
        ("/52998224725", "other"),
        ("/metrics", "other"),
    ],
)
def test_the_access_log_names_the_resource_and_no_person(
    proxy: Proxy, path: str, resource: str
) -> None:
    reply = proxy.request("GET", path)
    line = proxy.log_of(reply)
    assert line["resource"] == resource
    assert (line["method"], line["status"], line["client"]) == ("GET", reply.status, "127.0.0.1")
    assert line["seconds"] >= 0
    assert path == "/metrics" or float(line["upstream_seconds"]) >= 0
    text = proxy.file("access.log") + proxy.file("error.log")
    assert not any(secret in text for secret in ("52998224725", "01a206ad", "jose"))


def test_a_failing_upstream_puts_no_query_into_any_log(proxy: Proxy, api: StandInApi) -> None:
    api.answer = b""
    reply = proxy.request("GET", "/api/cashbacks?document=52998224725")
    assert reply.status == 502
    assert proxy.log_of(reply)["upstream_status"] == "502"
    assert "52998224725" not in proxy.file("access.log") + proxy.file("error.log")


@pytest.mark.parametrize(
    ("method", "path", "resource"),
    [
        ("POST", "/api/cashbacks", "/api/cashbacks"),
        ("POST", "/api/cashbacks?document=52998224725", "/api/cashbacks"),
        ("POST", "/api/cashbacks/quote/", "/api/cashbacks/quote"),
        ("PUT", "/api/product-types/A", "/api/product-types/{id}"),
        ("GET", "/api/cashbacks/52998224725?limit=1", "/api/cashbacks/{id}"),
        ("DELETE", "/api/users/ana/?x=/api/token", "/api/users/{id}"),
    ],
)
def test_what_failed_is_logged_as_what_was_asked_and_not_as_its_error_page(
    proxy: Proxy, api: StandInApi, method: str, path: str, resource: str
) -> None:
    api.answer = b""
    reply = proxy.request(method, path)
    assert reply.status == 502
    line = proxy.log_of(reply)
    assert (line["method"], line["resource"], line["status"]) == (method, resource, 502)
    assert "52998224725" not in proxy.file("access.log") + proxy.file("error.log")


def test_hostile_bytes_leave_each_log_line_one_json_object(proxy: Proxy) -> None:
    raw(proxy, b'G"\\\x01\xff /"\\ HTTP/1.1\r\n\r\n')
    raw(proxy, b"GET /api/\xff\"'{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    proxy.log(3)
    for line in proxy.file("access.log").splitlines():
        assert isinstance(json.loads(line), dict)


def test_over_tls_the_same_is_served_and_hsts_is_sent_there_alone(
    api: StandInApi, tmp_path: Path
) -> None:
    certificate = str(Certificate(tmp_path, x509.DNSName("localhost")).path)
    port = free_port("127.0.0.1")
    files = {"NGINX_TLS_CERTIFICATE": certificate, "NGINX_TLS_KEY": certificate}
    with proxy_of(api, NGINX_TLS_PORT=f"127.0.0.1:{port}", **files) as proxy:
        context = ssl.create_default_context(cafile=certificate)
        with (
            socket.create_connection(("localhost", port), 5) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as tls,
        ):
            tls.sendall(b"GET /api/cashbacks HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = tls.recv(65_536)
            assert tls.version() == "TLSv1.3"
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"Strict-Transport-Security: max-age=63072000" in answer
        assert "strict-transport-security" not in proxy.request("GET", "/metrics").headers
        assert api.received[0].values("x-forwarded-proto") == ["https"]

        plain_http = send(f"http://127.0.0.1:{port}", "GET", "/api/cashbacks", None, {})
        assert_own_problem(plain_http, 400, "bad_request")
