"""Whether what is around the gateway is well: provider, secrets on the way, what `run` started."""

from __future__ import annotations

import http.client
import ipaddress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from adapters.cashback_client.reachability import examine_reach
from cashback_gateway.commands.health import Check, Level
from cashback_gateway.processes.provider_way import provider_way

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.cashback_client.reachability import Reach
    from adapters.postgres.operators.provider_calls import ProviderCalls
    from cashback_gateway.local.state import LocalRun
    from cashback_gateway.settings.table import Settings


CONNECT_S: Final = 3.0

WAITED_SHARE: Final = 0.5
"""More than this part of a call's time spent waiting for a connection is told."""

LEAST_WAITED_S: Final = 0.05
LEAST_HELD_S: Final = 0.0005


def provider_reach(settings: Settings) -> Reach | None:
    """How far the provider is reached; None where none is named."""
    if not settings.provider.url:
        return None
    way = provider_way(settings.way)
    return examine_reach(settings.provider.url, way, within_s=CONNECT_S)


def check_provider(reach: Reach | None) -> Check:
    """Whether a payment could be sent, and every address that would only cost time."""
    if reach is None:
        return Check(
            level=Level.WARN,
            name="provider",
            found="CASHBACK_PROVIDER_URL is not set here",
            advice="run this with the worker's settings",
        )
    place = f"{'by the proxy ' if reach.by_proxy else ''}{reach.host} port {reach.port}"
    if reach.fault is not None:
        return Check(
            level=Level.FAIL,
            name="provider",
            found=f"{place}: {reach.fault}",
            advice="nothing can be sent; sales are recorded and wait",
        )
    if reach.dead:
        dead = "; ".join(f"{address} ({why})" for address, why in reach.dead)
        return Check(
            level=Level.WARN,
            name="provider",
            found=f"{place} takes connections, but not at {dead}",
            advice="each new connection may lose a quarter of a second there: have the name mended",
        )
    return Check(level=Level.OK, name="provider", found=f"{place} takes connections")


def check_pace(connections: int, calls: ProviderCalls | None) -> Check:
    """How many calls a second the connections to the provider allow, as slow as it is now."""
    name, most = "provider's pace", f"{connections} connections of a process"
    if calls is None:
        found = f"nothing was paid within the last hour; {most} are as many calls at once"
        return Check(level=Level.OK, name=name, found=found)
    found = (
        f"{calls.held_s * 1000:.0f} ms a call (the median of the latest {calls.count}):"
        f" {most} are {connections / max(calls.held_s, LEAST_HELD_S):.0f} calls/s at most"
    )
    if calls.waited_s <= max(calls.held_s * WAITED_SHARE, LEAST_WAITED_S):
        return Check(level=Level.OK, name=name, found=found)
    return Check(
        level=Level.WARN,
        name=name,
        found=f"{found}; each waited {calls.waited_s * 1000:.0f} ms for one",
        advice="if the provider agrees, raise CASHBACK_PROVIDER_CONNECTIONS, or start another"
        " process; if it takes long to connect, look into the way there (docs/sizing.md)",
    )


def check_credentials(settings: Settings) -> Check:
    """Whether something secret is sent to another machine for everybody on the way to read."""
    provider, telemetry = settings.provider, settings.telemetry
    sent = [
        (provider.url, provider.authorization, "CASHBACK_PROVIDER_AUTHORIZATION"),
        (
            settings.way.proxy_url,
            settings.way.proxy_credentials,
            "CASHBACK_PROVIDER_PROXY_CREDENTIALS",
        ),
        (telemetry.otlp_endpoint, telemetry.otlp_headers, "OTEL_EXPORTER_OTLP_HEADERS"),
        (
            telemetry.otlp_endpoint,
            "@" in urlsplit(telemetry.otlp_endpoint or "").netloc,
            "the user in OTEL_EXPORTER_OTLP_ENDPOINT",
        ),
    ]
    open_to_all = [
        f"{name} goes to {urlsplit(url).hostname} over http"
        for url, credential, name in sent
        if url and credential and _is_readable_on_the_way(url)
    ]
    if not open_to_all:
        return Check(level=Level.OK, name="credentials", found="none leaves this machine over http")
    return Check(
        level=Level.WARN,
        name="credentials",
        found="; ".join(open_to_all),
        advice="use https: who is on the way reads it, and can then act as you",
    )


def _is_readable_on_the_way(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = host == "localhost" or host.endswith(".localhost")
    return parts.scheme == "http" and not own


def check_run(running: LocalRun | None) -> Iterable[Check]:
    """Whether what `run` started on this machine answers; nothing when it runs nothing here."""
    if running is None:
        return
    parts = {"api": f"{running.api_url}/health/ready"}
    parts |= {f"metrics of the {name}": url for name, url in running.metrics_urls.items()}
    for name, url in parts.items():
        found = _asked(url)
        yield Check(
            level=Level.OK if found is None else Level.FAIL,
            name=f"run, {name}",
            found=f"{url} {'answers' if found is None else found}",
            advice="" if found is None else "look into its log, in the folder that `run` printed",
        )


def _asked(url: str) -> str | None:
    """What is wrong with the answer of a GET; None for a good one."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=CONNECT_S)
    try:
        connection.request("GET", parts.path)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"does not answer: {error}"
    finally:
        connection.close()
    return None if status == 200 else f"answers {status}"
