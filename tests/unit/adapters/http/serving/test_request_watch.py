from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from adapters.http.serving.request_watch import RequestWatch
from cashback_core.traces import TRACE, TRAIL, note_merchant

if TYPE_CHECKING:
    from cashback_core.delivery.observers import RequestEnded

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


async def watched(app: Any, *headers: tuple[str, str], samples: bool = False) -> RequestEnded:
    ended: list[RequestEnded] = []
    scope: Any = {
        "type": "http",
        "method": "GET",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }

    async def send(_: Any) -> None:
        pass

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    await RequestWatch(app, [ended.append], samples=lambda _: samples)(scope, receive, send)
    (one,) = ended
    return one


async def silent(*_: Any) -> None:
    pass


async def test_a_callers_trace_is_gone_on_with_in_a_span_of_our_own() -> None:
    ended = await watched(silent, ("traceparent", PARENT))
    assert ended.parent is not None
    assert ended.parent.traceparent() == PARENT
    assert (ended.trace.trace_id, ended.trace.sampled) == (TRACE_ID, True)
    assert ended.trace.span_id != ended.parent.span_id


@pytest.mark.parametrize("headers", [[], ["nonsense"], [PARENT, PARENT]])
@pytest.mark.parametrize("samples", [True, False])
async def test_without_one_trace_of_the_caller_a_new_one_begins(
    headers: list[str], *, samples: bool
) -> None:
    ended = await watched(silent, *[("traceparent", h) for h in headers], samples=samples)
    assert ended.parent is None
    assert ended.trace.trace_id != TRACE_ID
    assert ended.trace.sampled is samples


@pytest.mark.parametrize("document", ["52998224725", "529.982.247-25", "erp-52998224725"])
async def test_a_callers_id_with_a_document_in_it_is_not_taken(document: str) -> None:
    ended = await watched(silent, ("x-request-id", document))
    assert ended.trail.request_id is not None
    assert "247" not in ended.trail.request_id or document not in ended.trail.request_id


async def test_what_a_request_learns_is_known_at_its_end_and_to_what_it_began() -> None:
    seen: list[Any] = []

    async def app(*_: Any) -> None:
        async def later() -> None:
            await asyncio.sleep(0)
            seen.append((TRACE.get(), TRAIL.get()))

        task = asyncio.create_task(later())
        note_merchant(7)
        await task

    ended = await watched(app, ("x-request-id", "erp-1"))
    assert (ended.trail.merchant_id, ended.trail.request_id) == (7, "erp-1")
    assert seen == [(ended.trace, ended.trail)]
    assert ended.status == 0


async def test_requests_under_way_are_counted() -> None:
    gate = asyncio.Event()

    async def app(*_: Any) -> None:
        await gate.wait()

    watch = RequestWatch(app)
    scope: Any = {"type": "http", "method": "GET", "headers": []}
    tasks = [asyncio.create_task(watch(scope, silent, silent)) for _ in range(3)]  # type: ignore[arg-type]
    await asyncio.sleep(0)
    assert watch.in_flight == 3
    gate.set()
    await asyncio.gather(*tasks)
    assert watch.in_flight == 0
