"""A sale's trace through real processes: taken from the caller, told to the provider, exported."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from integration.journeys import sale
from integration.otlp_receiver import Receiver, otlp_receiver
from integration.running import running_gateway
from integration.scraping import until

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from adapters.postgres.embedded import EmbeddedPostgres
    from integration.running import Gateway

ROOT = Path(__file__).parents[3]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


class Provider:
    """Pays everything, and keeps the header and the body of each request."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, dict[str, Any]]] = []
        self.statuses: list[int] = []

    @contextmanager
    def serving(self) -> Generator[str, None, None]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                provider.asked.append((self.headers["traceparent"], json.loads(body)))
                self.send_response(provider.statuses.pop() if provider.statuses else 201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with otlp_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def traced(
    postgres_server: EmbeddedPostgres,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
    provider: Provider,
    receiver: Receiver,
) -> Iterator[Gateway]:
    dsn = postgres_server.create_database("traces", template=template)
    with (
        provider.serving() as url,
        running_gateway(
            dsn,
            tmp_path_factory.mktemp("traces"),
            CASHBACK_PROVIDER_URL=url,
            CASHBACK_LOG_FORMAT="json",
            CASHBACK_ACCESS_LOG="true",
            CASHBACK_BACKOFF_BASE_S="0.01",
            OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
            OTEL_BSP_SCHEDULE_DELAY="100",
        ) as gateway,
    ):
        yield gateway


def lines(gateway: Gateway, name: str) -> list[dict[str, Any]]:
    text = (gateway.folder / f"{name}.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_the_callers_trace_reaches_the_provider_the_collector_and_the_log(
    traced: Gateway, provider: Provider, receiver: Receiver
) -> None:
    sent = sale()
    reply = traced.submit(sent, traceparent=f"00-{TRACE}-{SPAN}-01", X_Request_Id="erp-1")
    assert reply.status == 201
    header, body = provider.asked[-1]
    assert header is not None
    assert header.startswith(f"00-{TRACE}-")
    assert header.endswith("-01")
    assert body == {"document": sent["customer"]["document"], "cashback": "1.40"}

    until(lambda: {"delivery", "POST /api/cashbacks"} <= {s.name for s in ours(receiver)})
    by_name = {span.name: span for span in ours(receiver)}
    request, delivery = by_name["POST /api/cashbacks"], by_name["delivery"]
    call = by_name["provider call"]
    assert (request.parent_id, request.service) == (SPAN, "cashback-api")
    assert delivery.parent_id == request.span_id
    assert (call.parent_id, call.span_id) == (delivery.span_id, header.split("-")[2])
    assert request.attributes["cashback.id"] == reply.json["id"] == call.attributes["cashback.id"]
    assert request.attributes["http.response.status_code"] == "201"
    assert call.attributes["cashback.outcome"] == "Applied"
    assert 0 < call.seconds <= request.seconds
    until(lambda: any(TRACE in s.links for s in receiver.spans if s.name == "group commit"))

    until(lambda: any(line.get("request_id") == "erp-1" for line in lines(traced, "api")))
    (line,) = [each for each in lines(traced, "api") if each.get("request_id") == "erp-1"]
    assert (line["trace_id"], line["span_id"]) == (TRACE, request.span_id)
    assert (line["cashback_id"], line["merchant_id"]) == (reply.json["id"], 1)
    assert {"at", "level", "logger", "message"} <= set(line)
    everything = b"".join(receiver.bodies)
    assert sent["customer"]["document"].encode() not in everything
    assert b"SILVA" not in everything


def ours(receiver: Receiver) -> list[Any]:
    return [span for span in receiver.spans if span.trace_id == TRACE]


def test_what_a_worker_sends_has_a_trace_of_its_own(
    traced: Gateway, provider: Provider, receiver: Receiver
) -> None:
    provider.statuses.append(429)
    reply = traced.submit(sale())
    assert reply.json["status"] == "pending"
    until(lambda: any(s.name == "worker delivery" for s in receiver.spans))
    (delivery,) = [s for s in receiver.spans if s.name == "worker delivery"]
    assert (delivery.service, delivery.parent_id) == ("cashback-worker", "")
    assert delivery.attributes["cashback.id"] == reply.json["id"]
    assert delivery.attributes["cashback.attempt"] == "2"
    header, _ = provider.asked[-1]
    assert header is not None
    assert header.split("-")[1] == delivery.trace_id


def test_a_caller_that_samples_nothing_is_followed_and_not_exported(
    traced: Gateway, provider: Provider, receiver: Receiver
) -> None:
    other = TRACE[::-1]
    assert traced.submit(sale(), traceparent=f"00-{other}-{SPAN}-00").status == 201
    header, _ = provider.asked[-1]
    assert header is not None
    assert header.startswith(f"00-{other}-")
    assert header.endswith("-00")
    marker = traced.submit(sale(), traceparent=f"00-{other[1:]}a-{SPAN}-01")
    assert marker.status == 201
    until(lambda: any(s.trace_id == f"{other[1:]}a" for s in receiver.spans))
    assert all(span.trace_id != other for span in receiver.spans)


def test_every_line_of_every_process_is_one_object(traced: Gateway) -> None:
    for name in ("api", "worker"):
        assert lines(traced, name)


@pytest.mark.parametrize(
    ("settings", "imported"),
    [
        ({}, set[str]()),
        ({"CASHBACK_METRICS_PORT": "1"}, {"prometheus_client", "psutil"}),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
            {"opentelemetry.sdk", "opentelemetry.exporter", "psutil"},
        ),
    ],
)
def test_what_is_not_configured_is_not_even_imported(
    settings: dict[str, str], imported: set[str]
) -> None:
    code = """
import os, sys
from cashback_gateway.processes.api_container import build_api
from cashback_gateway.processes import api, worker
from cashback_gateway.settings.environment import read_settings
container = build_api(read_settings(os.environ, needs=()))
telemetry = container.telemetry()
watched = {"prometheus_client", "psutil", "opentelemetry.sdk", "opentelemetry.exporter"}
print(sorted(watched & set(sys.modules)))
telemetry.close()
"""
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src"), **settings},
    )
    assert found.stdout.strip() == str(sorted(imported))


def test_a_worker_loads_nothing_of_http() -> None:
    code = (
        "import sys, cashback_gateway.processes.container, cashback_gateway.processes.worker;"
        "print('litestar' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert found.stdout == "False\n"
