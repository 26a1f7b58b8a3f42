"""What watching costs a request, in microseconds: `python -m benchmarks.observing`.

The application answers at once, so that nothing but the watching is measured. Processor time of the
thread, the best of seven runs, less the bare application.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from adapters.http.access_log import AccessLog
from adapters.http.request_watch import RequestWatch
from adapters.telemetry.commits import CommitMetrics
from adapters.telemetry.deliveries import DeliveryMetrics
from adapters.telemetry.registry import new_registry
from adapters.telemetry.requests import RequestMetrics
from adapters.telemetry.spans import Destination, Spans
from cashback_core.delivery import Actor
from cashback_core.documents import Cpf
from cashback_core.evidence import Applied, Evidence, Phase
from cashback_core.observing import Attempted
from cashback_core.ports import Claim
from cashback_core.tracing import new_trace

if TYPE_CHECKING:
    from collections.abc import Callable

REQUESTS = 20_000
RUNS = 7
HEADERS = [
    (b"host", b"gateway"),
    (b"authorization", b"Bearer x"),
    (b"content-type", b"application/json"),
    (b"content-length", b"300"),
    (b"x-request-id", b"01a206ad-d214-74e1-b424-16bd3a459632"),
]


async def answering(scope: Any, _: Any, send: Any) -> None:
    scope["path_template"] = "/api/cashbacks"
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": b"{}", "more_body": False})


async def nothing(*_: Any) -> None:
    pass


async def request_us(app: Any) -> float:
    """Microseconds for one request, the best of all runs."""
    scope = {"type": "http", "method": "POST", "headers": HEADERS}
    best = float("inf")
    for _ in range(RUNS):
        began = time.thread_time()
        for _ in range(REQUESTS):
            await app(dict(scope), nothing, nothing)
        best = min(best, (time.thread_time() - began) / REQUESTS * 1e6)
    return best


def call_us(call: Callable[[], object]) -> float:
    """The same of a plain call."""
    best = float("inf")
    for _ in range(RUNS):
        began = time.thread_time()
        for _ in range(REQUESTS):
            call()
        best = min(best, (time.thread_time() - began) / REQUESTS * 1e6)
    return best


def spans(ratio: float) -> Spans:
    """Spans to a port where nobody listens: what the request pays, not what the network does."""
    destination = Destination(endpoint="http://127.0.0.1:9", service="bench", revision="0")
    return Spans(destination, ratio=ratio)


async def main() -> None:
    registry = new_registry()
    metrics = RequestMetrics(registry)
    none, every = spans(0.0), spans(1.0)
    bare = await request_us(answering)
    rows = {
        "ids and trace, nobody told": RequestWatch(answering),
        "the same, and metrics": RequestWatch(answering, [metrics]),
        "the same, and the access log": RequestWatch(
            answering, [metrics, AccessLog(lambda _: None)]
        ),
        "metrics and traces, this one not sampled": RequestWatch(
            answering, [metrics, none.request], samples=none.samples
        ),
        "metrics and traces, this one sampled": RequestWatch(
            answering, [metrics, every.request], samples=every.samples
        ),
    }
    for name, app in rows.items():
        print(f"{name:45} {await request_us(app) - bare:6.2f} µs")
    trace = new_trace()
    attempt = Attempted(
        claim=Claim(
            id=uuid4(),
            merchant_id=1,
            attempt=1,
            document=Cpf("52998224725"),
            cashback_centavos=140,
        ),
        deliverer=Actor.API,
        evidence=Evidence(phase=Phase.STATUS_SEEN, status_code=201, ended_s=0.01),
        outcome=Applied(),
        began_ns=0,
        trace=trace,
        parent=trace,
    )
    deliveries, commits = DeliveryMetrics(registry), CommitMetrics(registry)
    print(f"{'metrics of a delivery':45} {call_us(lambda: deliveries.attempted(attempt)):6.2f} µs")
    group = call_us(
        lambda: commits.committed(sales=30, results=30, began_ns=0, seconds=0.005, members=())
    )
    print(f"{'metrics of a grouped commit (for all of it)':45} {group:6.2f} µs")


if __name__ == "__main__":
    asyncio.run(main())
