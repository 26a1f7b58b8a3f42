"""The port that Prometheus asks; never the one that clients ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import start_http_server

if TYPE_CHECKING:
    import threading
    from wsgiref.simple_server import WSGIServer

    from prometheus_client import CollectorRegistry


class MetricsServer:
    """Serves a registry from threads of its own: also while the event loop is busy or stuck."""

    def __init__(self, registry: CollectorRegistry, *, host: str, port: int) -> None:
        """Begin to listen. Raises OSError."""
        self._server: WSGIServer
        self._thread: threading.Thread
        self._server, self._thread = start_http_server(port, addr=host, registry=registry)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
