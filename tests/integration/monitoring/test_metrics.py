"""What real processes expose: the whole table, exact sums, and what outlives a kill."""

from __future__ import annotations

import re
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.postgres.operators.open_work import examine_backlog
from adapters.telemetry.metrics import METRICS, STANDARD, Metric, ProcessRole
from adapters.telemetry.page import as_markdown
from cashback_gateway.commands.backlog_health import check_backlog
from cashback_gateway.local.ports import free_port
from integration.journeys import sale
from integration.running import Gateway, running_gateway, wait_until_answers
from integration.scraping import scrape, total, until
from monitoring_files import expressions, metrics_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from adapters.postgres.embedded import EmbeddedPostgres

ROOT = Path(__file__).parents[3]
SALES = 60
AHEAD_S = 240.0
"""By so much the clock of a till is ahead."""

DOCUMENT = re.compile(r"(?<![0-9.])[0-9]{11}(?![0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Two API processes and a worker, each with its metrics port."""

    gateway: Gateway
    second_url: str
    ports: dict[str, int]

    def start(self, name: str) -> None:
        role = "worker" if name == "worker" else "serve"
        settings = {"CASHBACK_METRICS_PORT": str(self.ports[name])}
        if name == "api2":
            settings["CASHBACK_PORT"] = self.second_url.rpartition(":")[2]
        self.gateway.start(name, role, **settings)

    def apis(self, sample: str, **labels: str) -> float:
        return sum(total(scrape(self.ports[n]), sample, **labels) for n in ("api", "api2"))


@contextmanager
def fleet_on(dsn: str, folder: Path, **settings: str) -> Generator[Fleet, None, None]:
    ports = {name: free_port("127.0.0.1") for name in ("api", "api2", "worker")}
    second_url = f"http://127.0.0.1:{free_port('127.0.0.1')}"
    with running_gateway(dsn, folder, **settings) as gateway:
        ahead = datetime.now(UTC) + timedelta(seconds=AHEAD_S)
        gateway.submit(sale() | {"sold_at": ahead.isoformat()})
        fleet = Fleet(gateway=gateway, second_url=second_url, ports=ports)
        for name in ("api", "worker"):  # anew, each with a metrics port of its own
            gateway.processes[name].terminate()
            gateway.processes[name].wait(30)
        for name in ports:
            fleet.start(name)
        for url in (gateway.base_url, second_url):
            wait_until_answers(gateway, url, "/health/ready")
        until(lambda: all(answers(port) for port in ports.values()))
        yield fleet


def answers(port: int) -> bool:
    try:
        return bool(scrape(port))
    except OSError:
        return False


@pytest.fixture(scope="module")
def fleet(
    postgres_server: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    dsn = postgres_server.create_database("metrics", template=template)
    with fleet_on(dsn, tmp_path_factory.mktemp("metrics")) as fleet:
        yield fleet


def exposed(port: int) -> set[str]:
    return {
        f"{name}_total" if family.type == "counter" else name
        for name, family in scrape(port).items()
    }


def test_docs_metrics_is_printed_from_the_table() -> None:
    assert (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8") == as_markdown()


@pytest.mark.parametrize(
    ("name", "role"), [("api", ProcessRole.API), ("worker", ProcessRole.WORKER)]
)
def test_each_process_exposes_its_rows_of_the_table_and_nothing_else(
    fleet: Fleet, name: str, role: ProcessRole
) -> None:
    expected = {row.name for row in METRICS if role in row.of} | set(STANDARD)
    assert exposed(fleet.ports[name]) == expected


def test_everything_that_alerts_and_dashboards_ask_for_is_really_exposed(fleet: Fleet) -> None:
    fleet.gateway.submit(sale())
    told = {
        sample.name
        for port in fleet.ports.values()
        for family in scrape(port).values()
        for sample in family.samples
    }
    asked = set[str]().union(*map(metrics_of, expressions().values()))
    assert asked - told == set()


def test_every_series_has_the_labels_of_its_row(fleet: Fleet) -> None:
    rows: dict[str, Metric] = {row.name.removesuffix("_total"): row for row in METRICS}
    fleet.gateway.submit(sale())
    for port in fleet.ports.values():
        for name, family in scrape(port).items():
            if name in rows:
                kind: str = rows[name].kind
                assert family.type == kind
                for sample in family.samples:
                    assert set(sample.labels) - {"le"} == set(rows[name].labels), name


def test_sales_over_two_processes_add_up_to_what_was_sent_and_stored(fleet: Fleet) -> None:
    gateway = fleet.gateway
    gateway.token()
    before = {
        sample: fleet.apis(sample, **labels)
        for sample, labels in (
            ("cashback_http_requests_total", {"route": "/api/cashbacks", "status": "2xx"}),
            ("cashback_http_request_seconds_count", {"route": "/api/cashbacks", "method": "POST"}),
            ("cashback_provider_attempts_total", {"outcome": "applied"}),
            ("cashback_applied_centavos_total", {}),
            ("cashback_commit_writes_total", {"kind": "sale"}),
        )
    }
    (rows_before,) = gateway.rows("select count(*) from sales")[0]

    def send(number: int) -> int:
        url = gateway.base_url if number % 2 else fleet.second_url
        return gateway.request("POST", "/api/cashbacks", sale(), to=url).status

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(send, range(SALES)))
    assert set(statuses) == {201}
    assert gateway.rows("select count(*) from sales")[0][0] - rows_before == SALES

    def grown(sample: str, **labels: str) -> float:
        return fleet.apis(sample, **labels) - before[sample]

    # A request is counted when its answer has left, a moment after the client has it.
    until(
        lambda: grown("cashback_http_requests_total", route="/api/cashbacks", status="2xx") == SALES
    )
    assert grown("cashback_http_request_seconds_count", route="/api/cashbacks", method="POST") == (
        SALES
    )
    assert grown("cashback_provider_attempts_total", outcome="applied") == SALES
    assert grown("cashback_applied_centavos_total") == SALES * 140
    assert grown("cashback_commit_writes_total", kind="sale") == SALES


def test_what_clients_make_up_is_no_label_and_no_document_is_anywhere(fleet: Fleet) -> None:
    gateway = fleet.gateway
    document = sale()["customer"]["document"]
    gateway.submit(sale(document))
    for path in (
        f"/api/cashbacks/{document}",
        f"/api/cashbacks?document={document}",
        f"/nowhere/{document}",
        "/api/cashbacks/01a206ad-d214-74e1-b424-16bd3a459632",
    ):
        gateway.request("GET", path, headers={"X-Request-Id": document})
    routes: set[str] = set()
    for port in fleet.ports.values():
        for family in scrape(port).values():
            for sample in family.samples:
                assert not any(DOCUMENT.search(value) for value in sample.labels.values())
                routes.add(sample.labels.get("route", "none"))
    assert {"none", "/api/cashbacks", "/api/cashbacks/{id}"} <= routes
    assert all("01a206ad" not in route and document not in route for route in routes)


def test_the_public_port_knows_no_metrics(fleet: Fleet) -> None:
    assert fleet.gateway.request("GET", "/metrics").status == 404


def test_the_worker_tells_of_open_money_by_the_database_also_after_a_kill(fleet: Fleet) -> None:
    gateway, port = fleet.gateway, fleet.ports["worker"]

    def worker(sample: str, **labels: str) -> float:
        return total(scrape(port), sample, **labels)

    def told() -> dict[str, float]:
        by_status = {s.labels["status"]: s.value for s in scrape(port)["cashback_open"].samples}
        return {status: count for status, count in by_status.items() if count}

    def stored() -> dict[str, float]:
        query = (
            "select status, count(*)::float8 from cashbacks"
            " where status not in ('applied', 'not_due', 'cancelled', 'void', 'recorded')"
            " group by status"
        )
        return dict(gateway.rows(query))

    sales = [sale(), sale()]
    for sent, behaviour in zip(sales, ("error_500", "refused_422"), strict=True):
        gateway.misbehave(document=sent["customer"]["document"], behaviour=behaviour, times=1)
    replies = [gateway.submit(sent) for sent in sales]
    assert {reply.json["status"] for reply in replies} == {"in_doubt", "rejected"}
    until(lambda: told() == stored() and told().get("in_doubt", 0) >= 1)
    assert worker("cashback_open_centavos", status="in_doubt") == 140 * told()["in_doubt"]
    assert worker("cashback_open_oldest_seconds", status="in_doubt") > 0

    process = gateway.processes["worker"]
    process.send_signal(signal.SIGKILL)
    process.wait()
    fleet.start("worker")
    until(lambda: answers(port))
    assert told() == stored()
    assert told()["rejected"] >= 1


def test_whose_clock_is_ahead_is_told(fleet: Fleet) -> None:
    (told,) = scrape(fleet.ports["worker"])["cashback_client_clock_ahead_seconds"].samples
    assert told.labels == {"client": "user:demo"}
    assert AHEAD_S - 30 < told.value < AHEAD_S
    # Further ahead than it is taken by default: refused by both APIs, and seen all the same.
    beyond = sale() | {"sold_at": (datetime.now(UTC) + timedelta(minutes=58)).isoformat()}
    for url in (fleet.gateway.base_url, fleet.second_url):
        reply = fleet.gateway.request("POST", "/api/cashbacks", beyond, to=url)
        assert reply.status == 422
        assert [each["code"] for each in reply.json["errors"]] == ["sold_at_future"]
    until(lambda: fleet.gateway.rows("select sales from refused_clocks") == [(2,)])
    until(
        lambda: (
            total(scrape(fleet.ports["worker"]), "cashback_client_clock_ahead_seconds") > 57 * 60
        )
    )
    (line,) = [
        check.found
        for check in check_backlog(examine_backlog(fleet.gateway.dsn), datetime.now(UTC))
        if check.name == "client clocks"
    ]
    assert line.startswith("user:demo of demo is ahead by 5")
    assert "1 sale taken, 2 refused since" in line


def test_a_paused_sender_is_seen(fleet: Fleet) -> None:
    gateway, port = fleet.gateway, fleet.ports["worker"]
    gateway.rows(
        "update sender set paused_at = now(), reason = 'test', actor = 'test' returning true"
    )
    try:
        until(lambda: total(scrape(port), "cashback_sender_paused") == 1)
    finally:
        gateway.rows(
            "update sender set paused_at = null, reason = null, actor = null returning true"
        )
    until(lambda: total(scrape(port), "cashback_sender_paused") == 0)


def test_two_scrapes_at_once_ask_the_database_once(fleet: Fleet) -> None:
    scrapers = [threading.Thread(target=scrape, args=[fleet.ports["worker"]]) for _ in range(8)]
    for each in scrapers:
        each.start()
    for each in scrapers:
        each.join()
    assert total(scrape(fleet.ports["worker"]), "cashback_database_up") == 1


def test_without_the_database_the_rest_is_told_in_time(
    postgres_server: EmbeddedPostgres, template: str, tmp_path: Path
) -> None:
    dsn = postgres_server.create_database("metrics_away", template=template)
    with fleet_on(dsn, tmp_path) as fleet:
        port = fleet.ports["worker"]
        assert total(scrape(port), "cashback_database_up") == 1
        postgres_server.drop_database("metrics_away")
        until(lambda: total(scrape(port), "cashback_database_up") == 0)
        assert "cashback_open" not in scrape(port)
        assert total(scrape(port), "process_resident_memory_bytes") > 0
