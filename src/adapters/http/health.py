"""Whether the process is alive, and whether it can serve."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar import HttpMethod, Request, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.shapes import Shape

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from cashback_core.delivery.breaker import Breaker

Ping = Callable[[], Awaitable[None]]
"""Returns when the database answers, raises StoreUnavailable when it does not."""


class Health(Shape, frozen=True, kw_only=True):
    """The service's own state."""

    status: str


class Readiness(Shape, frozen=True, kw_only=True):
    """That the database answers, and whether this process sends: closed, open or half_open."""

    status: str
    breaker: str


_ALIVE: Final = encode(Health(status="alive"))


@dataclass(frozen=True, slots=True)
class HealthRoutes:
    """For supervisors and load balancers; the breaker is this process's."""

    ping: Ping
    breaker: Breaker

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [
            route("/health/live", http_method=read, name="live")(self.live),
            route("/health/ready", http_method=read, name="ready")(self.ready),
        ]

    async def live(self, request: Request[Any, Any, Any]) -> ASGIApp:  # noqa: ARG002
        """The process answers: starting it again would help nobody."""
        return Answer(200, _ALIVE)

    async def ready(self, request: Request[Any, Any, Any]) -> ASGIApp:  # noqa: ARG002
        """The database answers too: send requests here. An open breaker only delays payments."""
        await self.ping()
        ready = Readiness(status="ready", breaker=self.breaker.state)
        return Answer(200, encode(ready))
