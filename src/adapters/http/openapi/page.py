"""The documentation page: Swagger UI, served whole from here; the browser asks no other host."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from litestar import HttpMethod, Request, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.openapi.static_files import StaticFile
from adapters.http.wire.answers import POLICY, Answer, Header
from adapters.http.wire.headers import read_fields

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.openapi.document import ServedDocument

_ASSETS: Final = Path(__file__).with_name("swagger_ui")
_ASSET_TYPES: Final = {
    "swagger-ui.css": b"text/css; charset=utf-8",
    "swagger-ui-bundle.js": b"text/javascript; charset=utf-8",
}

_POLICY: Final[Header] = (
    POLICY,
    # Swagger UI sets style attributes; everything else comes from files of this very host.
    (
        b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        b"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        b"frame-ancestors 'none'"
    ),
)

_ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Ccircle cx='8' cy='8' r='8' fill='%23176f43'/%3E"
    "%3Cpath d='M11 5.5A4 4 0 1 0 11 10.5' stroke='white' stroke-width='2' fill='none'/%3E"
    "%3C/svg%3E"
)
_PAGE: Final = f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cashback Gateway</title>
<link rel="icon" href="{_ICON}">
<link rel="stylesheet" href="docs/assets/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/assets/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
""".encode()

# validatorUrl: without null the page would ask validator.swagger.io about this document.
_START: Final = b"""\
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
"""


class DocsRoutes:
    """The page, its files, and the document that it shows."""

    def __init__(self, document: ServedDocument) -> None:
        script = b"text/javascript; charset=utf-8"
        html = b"text/html; charset=utf-8"
        self._document = document
        self._page = StaticFile(read=lambda: _PAGE, media_type=html, policy=_POLICY)
        self._start = StaticFile(read=lambda: _START, media_type=script)
        self._assets = {
            name: StaticFile(read=(_ASSETS / name).read_bytes, media_type=media_type)
            for name, media_type in _ASSET_TYPES.items()
        }

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [
            route("/", http_method=read, name="docs")(self.page),
            route("/openapi.json", http_method=read, name="openapi")(self.openapi),
            route("/docs/start.js", http_method=read, name="docs_start")(self.start),
            route("/docs/assets/{file:str}", http_method=read, name="docs_asset")(self.asset),
        ]

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Swagger UI."""
        return await self._page.answer(read_fields(request.scope["headers"]))

    async def openapi(self, request: Request[Any, Any, Any]) -> ASGIApp:  # noqa: ARG002
        """The OpenAPI document, with an example that can be sent."""
        # In a thread: the first copy is written then, some 100 ms that no sale should wait for.
        return Answer(200, await asyncio.to_thread(self._document.copy))

    async def start(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """What starts Swagger UI: a file, so that the page needs no inline script."""
        return await self._start.answer(read_fields(request.scope["headers"]))

    async def asset(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """A file of Swagger UI."""
        asset = self._assets.get(request.scope["path_params"]["file"])
        if asset is None:
            raise NotFoundException
        return await asset.answer(read_fields(request.scope["headers"]))
