"""What of a process is measured and traced: made of the settings, wired by the container.

prometheus-client, psutil and opentelemetry are imported by a process that uses them, and by no
other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cashback_core.delivery.observers import Unobserved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adapters.postgres.cashbacks.commits import CommitObserver, Failure
    from adapters.telemetry.metrics import ProcessRole
    from adapters.telemetry.spans import Spans
    from cashback_core.closing.closing import ClosedRound
    from cashback_core.delivery.observers import (
        Attempted,
        Delivered,
        DeliveryObserver,
        RequestEnded,
    )
    from cashback_core.intake.wrong_names import WrongName
    from cashback_core.people.log_in_outcomes import OnLogIn
    from cashback_core.sales.same_sale import EqualOutcome
    from cashback_core.traces import TraceContext
    from cashback_core.webhooks.policy import ReceiverAnswer
    from cashback_gateway.processes.measured_parts import MeasuredParts
    from cashback_gateway.processes.metrics import ProcessMetrics
    from cashback_gateway.settings.table import Settings


class Telemetry:
    """The observers of one process; `open` and `close` it in the loop that serves."""

    def __init__(self, settings: Settings, role: ProcessRole) -> None:
        self._settings = settings
        self._role = role
        self._metrics: ProcessMetrics | None = None
        self._spans: Spans | None = None
        if settings.telemetry.metrics_port:
            from cashback_gateway.processes.metrics import ProcessMetrics

            self._metrics = ProcessMetrics(settings, role)
        if settings.telemetry.otlp_endpoint is not None:
            from adapters.telemetry.spans import Destination, Spans

            self._spans = Spans(
                Destination(
                    endpoint=settings.telemetry.otlp_endpoint,
                    headers=dict(settings.telemetry.otlp_headers),
                    service=f"cashback-{role}",
                    revision=settings.telemetry.revision,
                ),
                ratio=settings.telemetry.traces_ratio,
            )

    def samples(self, trace_id: str) -> bool:
        """Whether a trace that begins here is to be exported."""
        return self._spans is not None and self._spans.samples(trace_id)

    @property
    def deliveries(self) -> DeliveryObserver:
        """Who is told of deliveries."""
        told: list[DeliveryObserver] = []
        if self._metrics is not None:
            told.append(self._metrics.deliveries)
        if self._spans is not None:
            told.append(self._spans.deliveries)
        return _Deliveries(tuple(told)) if told else Unobserved()

    @property
    def commits(self) -> CommitObserver | None:
        """Who is told of grouped commits."""
        told: list[CommitObserver] = []
        if self._metrics is not None:
            told.append(self._metrics.commits)
        if self._spans is not None:
            told.append(self._spans.commits)
        return _Commits(tuple(told)) if told else None

    @property
    def equal_sales(self) -> Callable[[EqualOutcome], object]:
        """Who is told of sales of equal content."""
        return _nobody if self._metrics is None else self._metrics.equal_sales

    @property
    def wrong_names(self) -> Callable[[WrongName], object]:
        """Who is told of sales under another name than their customer's."""
        return _nobody if self._metrics is None else self._metrics.wrong_names

    @property
    def voided(self) -> Callable[[int], object]:
        """Who is told how many cashbacks became void."""
        return _nobody if self._metrics is None else self._metrics.voided

    @property
    def webhooks(self) -> Callable[[ReceiverAnswer], object]:
        """Who is told how endpoints of webhooks answered."""
        return _nobody if self._metrics is None else self._metrics.webhooks

    @property
    def closes(self) -> Callable[[ClosedRound], object]:
        """Who is told of rounds of closing."""
        return _nobody if self._metrics is None else self._metrics.closes

    @property
    def log_ins(self) -> OnLogIn | None:
        """Who is told of log-ins."""
        return None if self._metrics is None else self._metrics.log_ins

    @property
    def requests(self) -> list[Callable[[RequestEnded], object]]:
        """Who is told of requests."""
        told: list[Callable[[RequestEnded], object]] = []
        if self._metrics is not None:
            told.append(self._metrics.requests)
        if self._spans is not None:
            told.append(self._spans.request)
        return told

    def open(self, parts: MeasuredParts) -> None:
        """Begin to serve the metrics. Raises OSError where the port is taken."""
        if self._metrics is not None:
            self._metrics.open(parts)

    def close(self) -> None:
        """Stop serving, and send the spans that are left."""
        if self._metrics is not None:
            self._metrics.close()
        if self._spans is not None:
            self._spans.close()


def _nobody(_: object) -> None:
    """Nothing is measured."""


@dataclass(frozen=True, slots=True)
class _Deliveries(Unobserved):
    told: tuple[DeliveryObserver, ...]

    def samples(self, trace_id: str) -> bool:
        return any(each.samples(trace_id) for each in self.told)

    def attempted(self, attempt: Attempted) -> None:
        for each in self.told:
            each.attempted(attempt)

    def delivered(self, delivery: Delivered) -> None:
        for each in self.told:
            each.delivered(delivery)


@dataclass(frozen=True, slots=True)
class _Commits:
    told: tuple[CommitObserver, ...]

    def committed(
        self,
        *,
        sales: int,
        results: int,
        began_ns: int,
        seconds: float,
        members: Sequence[TraceContext | None],
    ) -> None:
        for each in self.told:
            each.committed(
                sales=sales, results=results, began_ns=began_ns, seconds=seconds, members=members
            )

    def failed(self, reason: Failure) -> None:
        for each in self.told:
            each.failed(reason)
