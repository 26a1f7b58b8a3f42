"""The metrics of one process, and what they are read from."""

from __future__ import annotations

import asyncio
import platform
from typing import TYPE_CHECKING

from adapters.postgres.operators.probe import PostgresProbe
from adapters.telemetry import metrics
from adapters.telemetry.closes import CloseMetrics
from adapters.telemetry.commits import CommitMetrics
from adapters.telemetry.database import DatabaseReadings
from adapters.telemetry.deliveries import DeliveryMetrics
from adapters.telemetry.equal_sales import EqualSalesMetrics
from adapters.telemetry.host import HostReadings
from adapters.telemetry.log_ins import LogInMetrics
from adapters.telemetry.loop_lag import LoopLag
from adapters.telemetry.metrics import ProcessRole
from adapters.telemetry.registry import ReadingCollector, gauge, new_registry
from adapters.telemetry.requests import RequestMetrics
from adapters.telemetry.server import MetricsServer
from adapters.telemetry.voided import VoidedMetrics
from adapters.telemetry.webhooks import WebhookMetrics
from adapters.telemetry.wrong_names import WrongNameMetrics
from cashback_core import __version__
from cashback_core.delivery.breaker import BreakerState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters.telemetry.registry import Reading
    from cashback_core.closing.closing import ClosedRound
    from cashback_core.delivery.observers import RequestEnded
    from cashback_core.intake.wrong_names import WrongName
    from cashback_core.people.log_in_outcomes import OnLogIn
    from cashback_core.sales.same_sale import EqualOutcome
    from cashback_core.webhooks.policy import ReceiverAnswer
    from cashback_gateway.processes.measured_parts import MeasuredParts
    from cashback_gateway.settings.table import Settings


class ProcessMetrics:
    """Counts what it is told of, reads the rest when it is asked, and serves it on its own port."""

    def __init__(self, settings: Settings, role: ProcessRole) -> None:
        self._settings = settings
        self._role = role
        self._registry = new_registry()
        self._lag = LoopLag()
        self._server: MetricsServer | None = None
        self.deliveries = DeliveryMetrics(self._registry)
        self.commits = CommitMetrics(self._registry)
        self.requests: Callable[[RequestEnded], object] = _nothing
        self.equal_sales: Callable[[EqualOutcome], object] = _nothing
        self.wrong_names: Callable[[WrongName], object] = _nothing
        self.voided: Callable[[int], object] = _nothing
        self.webhooks: Callable[[ReceiverAnswer], object] = _nothing
        self.closes: Callable[[ClosedRound], object] = _nothing
        self.log_ins: OnLogIn | None = None
        if role is ProcessRole.API:
            self.equal_sales = EqualSalesMetrics(self._registry)
            self.wrong_names = WrongNameMetrics(self._registry)
            self.log_ins = LogInMetrics(self._registry)
            self.requests = RequestMetrics(self._registry)
        else:
            self.voided = VoidedMetrics(self._registry)
            self.webhooks = WebhookMetrics(self._registry)
            self.closes = CloseMetrics(self._registry)
        built = gauge(self._registry, metrics.BUILD)
        revision = settings.telemetry.revision
        built.labels(role, __version__, revision, platform.python_version()).set(1)

    def open(self, parts: MeasuredParts) -> None:
        """Begin to serve, from the loop that runs. Raises OSError where the port is taken."""
        told = self._settings.telemetry
        probe = PostgresProbe(database=parts.database, backlog=self._role is ProcessRole.WORKER)
        database = DatabaseReadings(probe, asyncio.get_running_loop())
        self._registry.register(ReadingCollector(lambda: self._vitals(parts)))
        self._registry.register(ReadingCollector(database))
        self._registry.register(ReadingCollector(HostReadings(told.metrics_disks)))
        self._lag.start()
        self._server = MetricsServer(self._registry, host=told.metrics_host, port=told.metrics_port)

    def close(self) -> None:
        """Stop serving."""
        self._lag.stop()
        if self._server is not None:
            self._server.close()

    def _vitals(self, parts: MeasuredParts) -> Iterator[Reading]:
        """What the process itself is full of; read from another thread, one number at a time."""
        use = parts.database.use()
        yield metrics.POOL, {("lent",): float(use.lent), ("idle",): float(use.idle)}
        yield metrics.POOL_MAX, {(): float(use.most)}
        yield metrics.POOL_WAITING, {(): float(use.waiting)}
        yield metrics.WRITES_WAITING, {(): float(parts.store.writes_waiting)}
        lent, idle = parts.provider.connections
        yield metrics.PROVIDER_CONNECTIONS, {("lent",): float(lent), ("idle",): float(idle)}
        yield metrics.PROVIDER_CONNECTIONS_MAX, {(): float(self._settings.provider.connections)}
        yield metrics.DELIVERIES, {(): float(len(parts.under_way))}
        now = parts.under_way.deliverer.breaker.state
        yield metrics.BREAKER, {(state.value,): float(state is now) for state in BreakerState}
        yield metrics.LOOP_LAG, {(): self._lag.take()}
        if parts.requests is not None:
            yield metrics.IN_FLIGHT, {(): float(parts.requests.in_flight)}
            yield metrics.IN_FLIGHT_MAX, {(): float(parts.most_requests)}


def _nothing(_: object) -> None:
    """A worker has no requests, and takes no sales in."""
