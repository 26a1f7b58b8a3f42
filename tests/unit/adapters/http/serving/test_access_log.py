from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from adapters.http.serving.access_log import AccessLog
from adapters.http.serving.request_watch import RequestWatch
from adapters.http.serving.server import RequestLimit

if TYPE_CHECKING:
    from fakes.api import Api


async def ask(app: Any, path: str = "/health/live", **headers: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    target, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()],
    }
    await app(scope, receive, send)
    return messages


def logged(app: Any, lines: list[bytes]) -> RequestWatch:
    return RequestWatch(app, [AccessLog(lines.append)])


async def test_a_line_tells_the_route_and_nothing_personal(api: Api) -> None:
    lines: list[bytes] = []
    app = logged(api.app, lines)
    authorization = f"Bearer {api.token()}"
    await ask(app, "/api/cashbacks?document=52998224725", authorization=authorization)
    await ask(app, "/api/cashbacks/52998224725", authorization=authorization)
    await ask(app, "/nowhere/52998224725")

    assert b"52998224725" not in b"".join(lines)
    assert b"Bearer" not in b"".join(lines)
    told = [json.loads(line) for line in lines]
    assert [(line["method"], line["route"], line["status"]) for line in told] == [
        ("GET", "/api/cashbacks", 200),
        ("GET", "/api/cashbacks/{id}", 404),
        ("GET", None, 404),
    ]
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
    assert all(line["ms"] >= 0 and line["at"].endswith("Z") for line in told)


async def test_every_answer_carries_the_id_of_its_line(api: Api) -> None:
    lines: list[bytes] = []
    messages = await ask(logged(api.app, lines))
    request_id = dict(messages[0]["headers"])[b"x-request-id"].decode()
    assert json.loads(lines[0])["request_id"] == request_id


@pytest.mark.parametrize(
    ("given", "kept"), [("erp-1.a_B", True), ("", False), ("a b", False), ("x" * 65, False)]
)
async def test_a_callers_own_id_is_kept_only_if_it_is_a_plain_one(
    api: Api, given: str, *, kept: bool
) -> None:
    lines: list[bytes] = []
    await ask(logged(api.app, lines), x_request_id=given)
    assert (json.loads(lines[0])["request_id"] == given) is kept


async def test_a_request_that_fails_is_logged_too() -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    lines: list[bytes] = []
    with pytest.raises(ZeroDivisionError):
        await ask(logged(broken, lines))
    assert json.loads(lines[0])["status"] == 0


async def test_one_request_more_than_allowed_is_told_503_and_the_next_one_is_served() -> None:
    gate = asyncio.Event()
    served: list[int] = []

    async def app(_: Any, __: Any, send: Any) -> None:
        await gate.wait()
        served.append(1)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    limited = RequestLimit(app, highest=2)
    first = [asyncio.create_task(ask(limited)) for _ in range(2)]
    await asyncio.sleep(0)
    (start, body) = await ask(limited)
    assert start["status"] == 503
    assert dict(start["headers"])[b"retry-after"] == b"1"
    assert json.loads(body["body"])["code"] == "overloaded"
    gate.set()
    await asyncio.gather(*first)
    await ask(limited)
    assert len(served) == 3
