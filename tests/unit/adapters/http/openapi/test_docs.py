from __future__ import annotations

import asyncio
import gzip
import re
from typing import TYPE_CHECKING

import pytest

from adapters.http.openapi.static_files import StaticFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.api import Api


async def test_the_page_is_at_the_root_and_asks_no_other_host(api: Api) -> None:
    page = await api.get("/", username=None)

    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "connect-src 'self'" in policy
    html = page.body.decode()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(addresses) == 4
    for address in addresses:
        if address.startswith("data:"):
            continue
        assert "//" not in address
        assert (await api.get("/" + address, username=None)).status == 200
    assert not re.search(r"<script[^>]*>[^<]", html)  # the policy lets no inline script run


async def test_the_page_starts_with_this_document_and_asks_no_validator(api: Api) -> None:
    start = (await api.get("/docs/start.js", username=None)).body.decode()
    assert 'url: "openapi.json"' in start
    assert "validatorUrl: null" in start
    assert "persistAuthorization: true" in start
    document = (await api.get("/openapi.json", username=None)).json()
    assert document["openapi"].startswith("3.1")
    assert document["components"]["securitySchemes"] == {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("swagger-ui.css", "text/css; charset=utf-8"),
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ],
)
async def test_each_file_has_its_type(api: Api, name: str, media_type: str) -> None:
    answer = await api.get(f"/docs/assets/{name}", username=None)
    assert answer.status == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.body) > 100_000


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip;q=0", None),
        ("gzip;q=0.000, br", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, deflate, br, zstd", "gzip"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip"),
        ("deflate, gzip;q=1.000", "gzip"),
        ("gzip;q=0.001", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0, *", None),
        ("*, x-gzip; q=0.0", None),
        ("*;q=0, gzip", "gzip"),
        ("br;q=0, *;q=0.5", "gzip"),
        ("*;q=0", None),
        ("gzip;q=2", None),
    ],
)
@pytest.mark.parametrize("path", ["/", "/docs/start.js", "/docs/assets/swagger-ui.css"])
async def test_a_file_comes_compressed_for_whoever_takes_that_and_once(
    api: Api, path: str, accepted: str | None, coding: str | None
) -> None:
    plain = await api.get(path, username=None)
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    answer = await api.call("GET", path, username=None, headers=headers)
    assert answer.headers.get("content-encoding") == coding
    body = answer.body if coding is None else gzip.decompress(answer.body)
    assert body == plain.body
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["cache-control"] == "public, max-age=0"
    tag = answer.headers["etag"]
    assert tag.startswith('"')
    assert (tag == plain.headers["etag"]) is (coding is None)
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = await api.call(
            "GET", path, username=None, headers={**headers, "If-None-Match": known}
        )
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["vary"] == "Accept-Encoding"
        assert "content-length" not in again.headers
    other = await api.call("GET", path, username=None, headers={**headers, "If-None-Match": '"x"'})
    assert (other.status, other.body) == (200, answer.body)


async def test_a_file_that_could_not_be_read_once_is_read_again() -> None:
    contents: Iterator[OSError | bytes] = iter([OSError("too many open files"), b"here again"])

    def read() -> bytes:
        content = next(contents)
        if isinstance(content, OSError):
            raise content
        return content

    file = StaticFile(read=read, media_type=b"text/plain")
    with pytest.raises(OSError, match="too many"):
        await file.answer({})
    assert (await file.answer({})).body == b"here again"


async def test_everybody_is_sent_the_same_bytes(api: Api) -> None:
    path = "/docs/assets/swagger-ui-bundle.js"
    headers = {"Accept-Encoding": "gzip"}
    answers = await asyncio.gather(
        *(api.call("GET", path, username=None, headers=headers) for _ in range(10))
    )
    assert len({id(answer.body) for answer in answers}) == 1
    assert len(answers[0].body) < 1_000_000


@pytest.mark.parametrize("name", ["x.js", "..", "%2e%2e", "swagger-ui-standalone-preset.js"])
async def test_no_other_file_is_served(api: Api, name: str) -> None:
    assert (await api.get(f"/docs/assets/{name}", username=None)).status == 404


async def test_the_process_is_alive_and_ready_only_with_its_database(api: Api) -> None:
    assert (await api.get("/health/live/", username=None)).json() == {"status": "alive"}
    assert (await api.get("/health/ready", username=None)).json() == {
        "status": "ready",
        "breaker": "closed",
    }

    api.store.away = True
    assert (await api.get("/health/live", username=None)).status == 200
    away = await api.get("/health/ready", username=None)
    assert (away.status, away.json()["code"]) == (503, "unavailable")


@pytest.mark.parametrize("path", ["/", "/openapi.json", "/health/live", "/api/cashbacks"])
async def test_head_is_answered_as_get(api: Api, path: str) -> None:
    head = await api.call("HEAD", path)
    assert head.status == 200
    assert int(head.headers["content-length"]) > 0


async def test_no_answer_is_kept_by_a_cache_or_guessed_by_a_browser(api: Api) -> None:
    for path in ("/openapi.json", "/health/live", "/api/cashbacks", "/api/nothing"):
        answer = await api.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_options_tells_the_methods(api: Api) -> None:
    answer = await api.call("OPTIONS", "/api/cashback", username=None)
    assert answer.status == 204
    assert answer.headers["allow"] == "OPTIONS, POST"
