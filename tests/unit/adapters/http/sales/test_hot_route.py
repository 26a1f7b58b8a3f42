"""A sale past the router and through it: the same answer to the byte, and the same told of it."""

from __future__ import annotations

import base64
import itertools
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pytest

from adapters.http.app import AppOptions, create_app
from adapters.http.sales.cashbacks import PATHS
from adapters.http.serving.origins import Origins
from adapters.http.serving.request_watch import RequestWatch
from cashback_core.intake.submission import SubmitSale
from cashback_core.people.rate_limit import RequestRate
from cashback_core.people.tokens import TokenKind
from fakes.api import SALE, Api
from fakes.scripted_provider import unanswered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cashback_core.delivery.observers import RequestEnded

CORPUS: Final = Path(__file__).parents[4] / "integration" / "corpus"
"""The bad inputs that the running service is sent, too."""

BODY: Final = json.dumps(SALE).encode()
INSTANCE: Final = re.compile(rb"urn:uuid:[0-9a-f-]{36}")
"""Drawn anew for every fault of ours."""

Headers = dict[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request; a header of None is left out, a part of None is a client that hangs up."""

    method: str = "POST"
    path: str = "/api/cashbacks"
    parts: Sequence[bytes | None] = (BODY,)
    headers: Headers | None = None
    more: Sequence[tuple[bytes, bytes]] = ()
    root_path: str = ""
    username: str = "demo"


class Way:
    """An application of its own, asked directly or by its router alone."""

    def __init__(self, *, routed: bool, options: AppOptions) -> None:
        self.api = Api(options=options)
        numbers = itertools.count(1)
        cases = self.api._use_cases()
        submit = replace(cases.submit_sale, new_id=lambda: UUID(int=7 << 76 | next(numbers)))
        app = create_app(replace(cases, submit_sale=submit), options=options)
        self.ended: list[RequestEnded] = []
        inner: Any = app.router if routed else app
        origins = frozenset({"https://shop.example"})
        self._app = RequestWatch(Origins(inner, origins), [self.ended.append])

    async def ask(self, asked: Asked) -> tuple[list[Any], tuple[object, ...]]:
        """What was sent, message by message, and what the observers were told."""
        headers: Headers = {
            "host": "testserver:8000",
            "content-type": "application/json",
            "authorization": "Bearer {TOKEN}",
            "x-request-id": "erp-1",
            **{name.lower(): value for name, value in (asked.headers or {}).items()},
        }
        tokens = {
            "{TOKEN}": self.api.token(asked.username),
            "{TOKEN_REFRESH}": self.api.token(asked.username, TokenKind.REFRESH),
        }
        given = [(n.encode(), filled(v, tokens)) for n, v in headers.items() if v is not None]
        scope: Any = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": asked.method,
            "scheme": "http",
            "path": asked.path,
            "raw_path": asked.path.encode(),
            "query_string": b"",
            "root_path": asked.root_path,
            "headers": [*given, *asked.more],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        left = list(asked.parts)
        sent: list[Any] = []

        async def receive() -> Any:
            part = left.pop(0)
            if part is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": part, "more_body": bool(left)}

        async def send(message: Any) -> None:
            sent.append({n: INSTANCE.sub(b"", v) if n == "body" else v for n, v in message.items()})

        await self._app(scope, receive, send)
        told = self.ended.pop()
        trail = told.trail
        return sent, (told.method, told.route, told.status, trail.merchant_id, trail.cashback_id)


def filled(value: str, tokens: dict[str, str]) -> bytes:
    for name, token in tokens.items():
        value = value.replace(name, token)
    return value.encode()


async def same(
    *asked: Asked,
    options: AppOptions = AppOptions(wait_s=5.0),  # noqa: B008 (frozen)
    before: Callable[[Api], object] = lambda _: None,
) -> list[int]:
    """Ask both ways in turn, and compare; the statuses."""
    hot, routed = (Way(routed=routed, options=options) for routed in (False, True))
    statuses: list[int] = []
    for way in (hot, routed):
        before(way.api)
    for one in asked:
        met, expected = await hot.ask(one), await routed.ask(one)
        assert met == expected
        statuses.append(met[0][0]["status"])
    assert [(p.document, p.cashback_centavos) for p in hot.api.provider.payments] == [
        (p.document, p.cashback_centavos) for p in routed.api.provider.payments
    ]
    assert [r.status for r in hot.api.store.rows.values()] == [
        r.status for r in routed.api.store.rows.values()
    ]
    return statuses


def corpus() -> list[Any]:
    """Every single request of the corpus that is about a sale."""
    found: list[Any] = []
    for path in sorted(CORPUS.glob("*.jsonl")):
        for case in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if "steps" in case or "raw_b64" in case:
                continue
            body = case.get("body", "").encode()
            if "body_b64" in case:
                body = base64.b64decode(case["body_b64"])
            asked = Asked(
                method=case.get("method", "POST"),
                path=case.get("path", "/api/cashback"),
                headers=case.get("headers"),
                parts=(body,),
            )
            found.append(asked)
    return found


async def test_the_whole_corpus_is_answered_alike() -> None:
    statuses = await same(*corpus())
    assert len(statuses) >= 300
    assert {201, 400, 401, 415, 422} <= set(statuses)


@pytest.mark.parametrize("path", PATHS)
async def test_what_happens_to_a_sale_is_answered_alike(path: str) -> None:
    other = json.dumps({**SALE, "total": "90.00", "discount": "10.00"}).encode()
    named = json.dumps(
        {**SALE, "customer": {"document": "52998224725", "name": "MARIA"}, "sale_id": "NF-9"}
    ).encode()
    later = json.dumps({**SALE, "sale_id": "NF-10"}).encode()
    keyed: Headers = {"idempotency-key": "a-key-of-the-till"}
    statuses = await same(
        Asked(path=path, headers=keyed),
        Asked(path=path, headers=keyed),  # repeated
        Asked(path=path, headers=keyed, parts=(other,)),  # another one by the same key
        Asked(path=path),  # of equal content
        Asked(path=path, parts=(named,)),  # another person's name
        Asked(path=path, headers={"prefer": "respond-async"}, parts=(later,)),
        Asked(path=path, headers={"prefer": "wait=1"}, parts=(other,)),
        Asked(path=path, headers={"accept-language": "pt-BR"}, parts=(b"{}",)),
        Asked(path=path, parts=(BODY[:20], BODY[20:40], BODY[40:])),
        Asked(path=path, parts=(BODY[:20], None)),  # hung up
        Asked(path=path, parts=(b" " * 300_000,)),
        Asked(path=path, headers={"content-length": "300000"}),
        Asked(path=path, headers={"authorization": None}),
        Asked(path=path, headers={"authorization": "Bearer {TOKEN_REFRESH}"}),
        Asked(path=path, headers={"origin": "https://shop.example"}, parts=(other,)),
        Asked(path=path, more=[(b"idempotency-key", b"a"), (b"idempotency-key", b"b")]),
        Asked(path=path, more=[(b"authorization", b"Bearer twice")]),
    )
    assert statuses[:5] == [201, 201, 422, 409, 422]
    assert statuses[5] == 202
    assert {400, 401, 413} <= set(statuses)


async def test_whoever_may_not_submit_is_told_so_alike() -> None:
    names = ("anna", "demo")
    statuses = await same(*[Asked(username=name) for name in names])
    assert {201, 403} <= set(statuses)


async def test_a_callers_rate_counts_alike() -> None:
    options = AppOptions(wait_s=5.0, rate=RequestRate(per_s=2, burst=3))
    assert 429 in await same(*[Asked()] * 6, options=options)


async def test_what_is_away_or_unsure_or_broken_is_answered_alike() -> None:
    def away(api: Api) -> None:
        api.store.away = True

    def doubtful(api: Api) -> None:
        api.provider.script.append(unanswered())

    assert await same(Asked(), before=away) == [503]
    assert await same(Asked(), before=doubtful) == [202]


async def test_a_fault_of_ours_is_a_500_alike(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_: SubmitSale, __: object) -> object:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(SubmitSale, "__call__", broken)
    assert await same(Asked()) == [500]
    assert [r.message.startswith("internal error urn:uuid:") for r in caplog.records] == [True] * 2


async def test_every_method_at_every_spelling_of_the_address_is_answered_alike() -> None:
    paths = [
        *PATHS,
        *(f"{p}/" for p in PATHS),
        "//api/cashbacks",
        "/api//cashback",
        "/API/cashback",
    ]
    methods = ["POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "post"]
    await same(*[Asked(method=method, path=path) for method in methods for path in paths])


async def test_a_host_is_looked_at_alike() -> None:
    good = [None, "", "shop.example", "[::1]:8000", "a_b~c"]
    bad = ["shop.example/path", "shop example", "shop.example\n"]
    statuses = await same(*[Asked(headers={"host": host}) for host in [*good, *bad]])
    assert statuses == [201, *[409] * 4, *[400] * 3]


async def test_a_prefix_of_all_addresses_and_a_second_host_are_answered_alike() -> None:
    await same(Asked(path="/shop/api/cashbacks", root_path="/shop"), Asked(root_path="/api"))
    assert await same(Asked(more=[(b"host", b"another/one")])) == [201]


async def test_a_plain_sale_never_meets_the_router() -> None:
    api, routed = Api(), Routed()
    api.app.router = routed  # type: ignore[assignment]
    for path in PATHS:
        await api.exchange("POST", path, parts=[BODY], headers=[(b"host", b"shop.example")])
    assert routed.paths == []
    with pytest.raises(ValueError, match="unpack"):  # nothing answered
        await api.get("/health/live")
    assert routed.paths == ["/health/live"]


class Routed:
    """In a router's place: it notes what comes, and answers nothing."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def __call__(self, scope: Any, _receive: object, _send: object) -> None:
        self.paths.append(scope["path"])
