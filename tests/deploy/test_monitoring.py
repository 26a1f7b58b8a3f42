"""A real Prometheus scrapes the stack."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cashback_gateway.local.ports import free_port
from chaos.sales import cpf
from deploy.stack import wait_until
from monitoring_files import expressions, metrics_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.stack import Stack

pytestmark = [pytest.mark.container, pytest.mark.timeout(600)]

TARGETS = {"api1:9000", "api2:9000", "worker:9000", "localhost:9090"}


class Prometheus:
    """The profile's server, asked over the port that it publishes on this machine alone."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}/api/v1"

    def ask(self, path: str, **query: str) -> Any:
        url = f"{self._base}/{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return json.load(answer)["data"]
        except OSError:  # it starts
            return None

    def up(self) -> set[str]:
        """The instances that were scraped."""
        found = self.ask("query", query="up == 1")
        return {row["metric"]["instance"] for row in found["result"]} if found else set()


@pytest.fixture
def prometheus(stack: Stack) -> Iterator[Prometheus]:
    port = free_port("127.0.0.1")
    environ = {
        "COMPOSE_PROFILES": "demo,monitoring",
        "CASHBACK_PROMETHEUS_LISTEN": f"127.0.0.1:{port}",
    }
    # Grafana has no stand-in where no registry can be reached; its files have tests of their own.
    stack.compose("up", "--detach", "--no-deps", "prometheus", environ=environ)
    yield Prometheus(port)
    stack.compose("rm", "--stop", "--force", "prometheus", environ=environ)


def sell_ahead(stack: Stack) -> None:
    """Of no till whose clock is ahead there is no metric: so one is, by a minute."""
    sale = {
        "sold_at": (datetime.now(UTC) + timedelta(minutes=1)).isoformat(),
        "customer": {"document": cpf(2_001), "name": "Cliente de Teste"},
        "total": "10.00",
        "products": [{"type": "A", "value": "10.00", "qty": 1}],
    }
    assert stack.request("POST", "/api/cashbacks", sale).status in {201, 202}


def test_every_target_is_scraped_and_the_rules_are_loaded(
    stack: Stack, prometheus: Prometheus
) -> None:
    sell_ahead(stack)
    wait_until("every target was scraped", lambda: prometheus.up() == TARGETS)
    active = prometheus.ask("targets")["activeTargets"]
    assert {target["labels"]["instance"] for target in active} == TARGETS
    assert [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    asked = set[str]().union(*(metrics_of(expression) for expression in expressions().values()))
    assert len(asked) > 40

    def missing() -> set[str]:
        return asked - set(prometheus.ask("label/__name__/values"))

    # The first scrape of a worker may find the database not read yet.
    wait_until("every metric of alerts and dashboards is there", lambda: not missing())
    revisions = prometheus.ask("query", query="cashback_build_info")["result"]
    assert {row["metric"]["revision"] for row in revisions} == {"under-test"}


def test_the_metrics_cannot_be_read_through_nginx(stack: Stack) -> None:
    assert stack.request("GET", "/metrics").status == 404
