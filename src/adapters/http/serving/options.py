"""Answers to OPTIONS: which methods an address takes. The framework's own forget some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import HttpMethod, Request, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.wire.answers import bare

if TYPE_CHECKING:
    from collections.abc import Iterable

    from litestar.handlers import HTTPRouteHandler


def with_options(handlers: Iterable[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """The handlers, and before them one for the method OPTIONS of each of their paths."""
    handlers = list(handlers)
    methods: dict[str, set[str]] = {}
    for handler in handlers:
        for path in handler.paths:
            methods.setdefault(path, {"OPTIONS"}).update(str(m) for m in handler.http_methods)
    return [*(_options(path, taken) for path, taken in methods.items()), *handlers]


def _options(path: str, taken: set[str]) -> HTTPRouteHandler:
    allow = (b"allow", ", ".join(sorted(taken)).encode("ascii"))

    async def options(request: Request[Any, Any, Any]) -> ASGIApp:  # noqa: ARG001
        """Nothing but the header."""
        return bare(204, [allow])

    return route(path, http_method=HttpMethod.OPTIONS)(options)
