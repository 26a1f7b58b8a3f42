"""Finished spans as OpenTelemetry has them, sent by OTLP over HTTP in the background.

Only a process with an endpoint imports this. What is told here was over already, so a collector
that is slow or away costs nobody anything: the queue is bounded, what does not fit is dropped.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from cashback_core.delivery.evidence import Applied, Refused
from cashback_core.delivery.observers import Attempted, Delivered, Unobserved
from cashback_core.delivery.states import Actor
from cashback_core.traces import new_trace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cashback_core.delivery.observers import RequestEnded
    from cashback_core.traces import TraceContext

MAX_LINKS: Final = 64
"""A commit of two hundred writes tells of so many of them."""

EXPORT_S: Final = 5.0
_SCOPE: Final = InstrumentationScope("cashback_gateway")

Value = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where spans go, with which headers, and whose they are."""

    endpoint: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    service: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """A span that is over; instants in nanoseconds since 1970."""

    name: str
    kind: SpanKind
    trace: TraceContext
    parent: TraceContext | None
    began_ns: int
    ended_ns: int
    attributes: Mapping[str, Value]
    links: Sequence[TraceContext] = ()
    failed: bool = False


class Spans:
    """Tells of requests, deliveries and commits that are over, each as a span."""

    def __init__(self, destination: Destination, *, ratio: float) -> None:
        exporter = OTLPSpanExporter(
            f"{destination.endpoint}/v1/traces",
            headers=dict(destination.headers),
            timeout=EXPORT_S,
        )
        self._processor = BatchSpanProcessor(exporter)
        self._resource = Resource.create(
            {"service.name": destination.service, "service.version": destination.revision}
        )
        self._below = int(ratio * (1 << 64))
        self.deliveries = _Deliveries(self)
        self.commits = _Commits(self)

    def samples(self, trace_id: str) -> bool:
        """Decided by the id alone, so that every process decides alike."""
        return int(trace_id[16:], 16) < self._below

    def request(self, request: RequestEnded) -> None:
        """The span of a request, under its caller's."""
        if not request.trace.sampled:
            return
        trail = request.trail
        attributes: dict[str, Value] = {"http.request.method": request.method}
        if request.route is not None:
            attributes["http.route"] = request.route
        if request.status:
            attributes["http.response.status_code"] = request.status
        if trail.request_id is not None:
            attributes["cashback.request_id"] = trail.request_id
        if trail.merchant_id is not None:
            attributes["cashback.merchant_id"] = trail.merchant_id
        if trail.cashback_id is not None:
            attributes["cashback.id"] = str(trail.cashback_id)
        self.emit(
            Over(
                name=f"{request.method} {request.route or 'no route'}",
                kind=SpanKind.SERVER,
                trace=request.trace,
                parent=request.parent,
                began_ns=request.began_ns,
                ended_ns=request.began_ns + int(request.seconds * 1e9),
                attributes=attributes,
                failed=request.status >= 500 or not request.status,
            )
        )

    def emit(self, over: Over) -> None:
        """Queue a span."""
        self._processor.on_end(
            ReadableSpan(
                over.name,
                context=_context(over.trace),
                parent=None if over.parent is None else _context(over.parent),
                resource=self._resource,
                attributes=over.attributes,
                links=[Link(_context(link)) for link in over.links],
                kind=over.kind,
                status=Status(StatusCode.ERROR if over.failed else StatusCode.UNSET),
                start_time=over.began_ns,
                end_time=over.ended_ns,
                instrumentation_scope=_SCOPE,
            )
        )

    def close(self) -> None:
        """Send what is queued, within the exporter's time limit."""
        self._processor.shutdown()  # type: ignore[no-untyped-call]


class _Deliveries(Unobserved):
    def __init__(self, spans: Spans) -> None:
        self._spans = spans

    def samples(self, trace_id: str) -> bool:
        return self._spans.samples(trace_id)

    def attempted(self, attempt: Attempted) -> None:
        if not attempt.trace.sampled:
            return
        evidence, claim = attempt.evidence, attempt.claim
        attributes: dict[str, Value] = {
            "cashback.id": str(claim.id),
            "cashback.merchant_id": claim.merchant_id,
            "cashback.attempt": claim.attempt,
            "cashback.phase": evidence.phase.value,
            "cashback.outcome": type(attempt.outcome).__name__,
        }
        if evidence.status_code is not None:
            attributes["http.response.status_code"] = evidence.status_code
        self._spans.emit(
            Over(
                name="provider call",
                kind=SpanKind.CLIENT,
                trace=attempt.trace,
                parent=attempt.parent,
                began_ns=attempt.began_ns,
                ended_ns=attempt.began_ns + int(evidence.ended_s * 1e9),
                attributes=attributes,
                failed=not isinstance(attempt.outcome, Applied | Refused),
            )
        )

    def delivered(self, delivery: Delivered) -> None:
        if not delivery.trace.sampled:
            return
        claim = delivery.claim
        self._spans.emit(
            Over(
                name="worker delivery" if delivery.deliverer is Actor.WORKER else "delivery",
                kind=SpanKind.INTERNAL,
                trace=delivery.trace,
                parent=delivery.parent,
                began_ns=delivery.began_ns,
                ended_ns=time.time_ns(),
                attributes={
                    "cashback.id": str(claim.id),
                    "cashback.merchant_id": claim.merchant_id,
                    "cashback.attempt": claim.attempt,
                    "cashback.status": delivery.standing.status.value,
                },
            )
        )


class _Commits:
    """A commit serves many traces: it has one of its own, and links to theirs."""

    def __init__(self, spans: Spans) -> None:
        self._spans = spans

    def committed(
        self,
        *,
        sales: int,
        results: int,
        began_ns: int,
        seconds: float,
        members: Sequence[TraceContext | None],
    ) -> None:
        sampled = [member for member in members if member is not None and member.sampled]
        if not sampled:
            return
        self._spans.emit(
            Over(
                name="group commit",
                kind=SpanKind.INTERNAL,
                trace=new_trace(sampled=True),
                parent=None,
                began_ns=began_ns,
                ended_ns=began_ns + int(seconds * 1e9),
                attributes={"cashback.sales": sales, "cashback.results": results},
                links=sampled[:MAX_LINKS],
            )
        )

    def failed(self, reason: str) -> None:
        """A commit that came to nothing has no span; the metrics count it."""


def _context(trace: TraceContext) -> SpanContext:
    return SpanContext(
        int(trace.trace_id, 16),
        int(trace.span_id, 16),
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED if trace.sampled else TraceFlags.DEFAULT),
    )
