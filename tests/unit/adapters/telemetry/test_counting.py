"""What is told is counted, and nothing that a client makes up becomes a label."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from adapters.postgres.commits import Commits, Failure
from adapters.telemetry import table
from adapters.telemetry.commits import REASONS, CommitMetrics
from adapters.telemetry.deliveries import OUTCOMES, DeliveryMetrics
from adapters.telemetry.requests import MAX_ROUTES, RequestMetrics
from adapters.telemetry.tallies import Counter, Histogram, Spread
from cashback_core.delivery import Actor
from cashback_core.documents import Cpf
from cashback_core.evidence import Applied, Evidence, Outcome, Phase, Unknown
from cashback_core.observing import Attempted, RequestEnded
from cashback_core.ports import Claim
from cashback_core.tracing import Trail, new_trace


def told(registry: CollectorRegistry) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by name and label values, these in the order of their names."""
    text = generate_latest(registry).decode()
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def request(method: str = "POST", route: str | None = "/a", status: int = 201) -> RequestEnded:
    return RequestEnded(
        method=method,
        route=route,
        status=status,
        began_ns=0,
        seconds=0.3,
        trail=Trail(),
        trace=new_trace(),
        parent=None,
    )


@given(st.lists(st.floats(min_value=0, max_value=30)))
def test_a_histogram_agrees_with_a_count_by_hand(values: list[float]) -> None:
    spread = Spread(table.SECONDS)
    for value in values:
        spread.observe(value)
    for bound, count in spread.cumulated():
        assert count == sum(value <= float(bound) for value in values)
    assert spread.total == pytest.approx(sum(values))


def test_a_family_is_exposed_as_prometheus_clients_own_would_be() -> None:
    registry = CollectorRegistry()
    Counter(registry, table.REQUESTS).series("GET", "/a", "2xx").value += 2
    Histogram(registry, table.REQUEST_SECONDS).series("GET", "/a").observe(0.3)
    samples = told(registry)
    assert samples["cashback_http_requests_total", ("GET", "/a", "2xx")] == 2
    assert samples["cashback_http_request_seconds_bucket", ("0.25", "GET", "/a")] == 0
    assert samples["cashback_http_request_seconds_bucket", ("0.5", "GET", "/a")] == 1
    assert samples["cashback_http_request_seconds_bucket", ("+Inf", "GET", "/a")] == 1
    assert samples["cashback_http_request_seconds_count", ("GET", "/a")] == 1
    assert samples["cashback_http_request_seconds_sum", ("GET", "/a")] == 0.3


def test_requests_are_counted_by_class_of_status() -> None:
    registry = CollectorRegistry()
    metrics = RequestMetrics(registry)
    for status in (200, 201, 404, 503, 0, 201):
        metrics(request(status=status))
    samples = told(registry)
    name = "cashback_http_requests_total"
    assert samples[name, ("POST", "/a", "2xx")] == 3
    assert samples[name, ("POST", "/a", "4xx")] == 1
    assert samples[name, ("POST", "/a", "5xx")] == 1
    assert samples[name, ("POST", "/a", "gone")] == 1


def test_methods_and_routes_that_clients_make_up_share_one_label() -> None:
    registry = CollectorRegistry()
    metrics = RequestMetrics(registry)
    for number in range(1000):
        metrics(request(method=f"BREW{number}", route=None, status=404))
        metrics(request(route=f"/bug/{number}"))
    series = [key for key in told(registry) if key[0] == "cashback_http_requests_total"]
    assert ("cashback_http_requests_total", ("other", "none", "4xx")) in series
    assert len(series) <= MAX_ROUTES + 2
    assert len(metrics._known) <= MAX_ROUTES


def test_every_outcome_there_is_has_a_name_and_begins_at_zero() -> None:
    registry = CollectorRegistry()
    metrics = DeliveryMetrics(registry)
    assert set(OUTCOMES) == set(Outcome.__args__)
    assert told(registry)["cashback_provider_attempts_total", ("worker", "unknown")] == 0
    claim = Claim(
        id=uuid4(), merchant_id=1, attempt=1, document=Cpf("52998224725"), cashback_centavos=140
    )
    for outcome in (Applied(), Unknown(), Applied()):
        metrics.attempted(
            Attempted(
                claim=claim,
                deliverer=Actor.API,
                evidence=Evidence(phase=Phase.SENT, ended_s=0.3),
                outcome=outcome,
                began_ns=0,
                trace=new_trace(),
                parent=new_trace(),
            )
        )
    samples = told(registry)
    assert samples["cashback_provider_attempts_total", ("api", "applied")] == 2
    assert samples["cashback_provider_call_seconds_count", ("unknown",)] == 1
    assert samples["cashback_applied_centavos_total", ()] == 280


def test_groups_are_counted_whole() -> None:
    registry = CollectorRegistry()
    commits = CommitMetrics(registry)
    commits.committed(sales=3, results=4, began_ns=0, seconds=0.003, members=())
    commits.failed("conflict")
    samples = told(registry)
    assert samples["cashback_commit_writes_total", ("sale",)] == 3
    assert samples["cashback_commit_writes_total", ("result",)] == 4
    assert samples["cashback_commit_group_size_sum", ()] == 7
    assert samples["cashback_commit_failures_total", ("conflict",)] == 1


def test_every_failure_that_a_writer_tells_of_has_its_series() -> None:
    assert {failure.value for failure in Failure} == set(REASONS)


def test_an_observer_that_fails_harms_no_write() -> None:
    class Broken:
        def committed(self, **_: object) -> None:
            raise ZeroDivisionError

        def failed(self, reason: Failure) -> None:  # noqa: ARG002
            raise ZeroDivisionError

    commits = Commits(Broken())
    commits.committed(sales=1, results=0, began_ns=0, seconds=0.0, members=())
    commits.failed(Failure.BUG)
