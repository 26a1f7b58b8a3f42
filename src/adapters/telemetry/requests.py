"""The golden signals of the HTTP API: traffic, errors, latency, and how full it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.telemetry import metrics
from adapters.telemetry.registry import counter, histogram

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry

    from cashback_core.delivery.observers import RequestEnded

NO_ROUTE: Final = "none"
GONE: Final = "gone"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Any other method is the client's invention, and one label for all of them."""

OTHER_METHOD: Final = "other"
MAX_ROUTES: Final = 200
"""More templates than this are a bug; they are counted as no route."""


class RequestMetrics:
    """Counts requests. Each combination's metrics are looked up once, then kept at hand."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = counter(registry, metrics.REQUESTS)
        self._seconds = histogram(registry, metrics.REQUEST_SECONDS)
        self._known: dict[
            tuple[str, str | None, int], tuple[Callable[[], None], Callable[[float], None]]
        ] = {}
        self._routes: set[str] = set()

    def __call__(self, request: RequestEnded) -> None:
        """Count a request that is over."""
        key = (request.method, request.route, request.status)
        known = self._known.get(key)
        if known is None:
            known = self._learn(*key)
        count, observe = known
        count()
        observe(request.seconds)

    def _learn(
        self, method: str, route: str | None, status: int
    ) -> tuple[Callable[[], None], Callable[[float], None]]:
        named = method if method in METHODS else OTHER_METHOD
        found = NO_ROUTE if route is None else route
        if found not in self._routes and len(self._routes) >= MAX_ROUTES:
            found = NO_ROUTE
        self._routes.add(found)
        kind = f"{status // 100}xx" if status else GONE
        learned = (
            self._requests.labels(named, found, kind).inc,
            self._seconds.labels(named, found).observe,
        )
        if named == method and found == route:  # what clients make up is not kept
            self._known[method, route, status] = learned
        return learned
