"""The fixtures: `pytest_plugins = ["cashback_kit.plugin"]`, or `pytest -p cashback_kit.plugin`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cashback_kit.double import Double
    from cashback_kit.gateway import RunningGateway
    from cashback_kit.system import CashbackSystem


_RUNNING: pytest.StashKey[RunningGateway] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Pytest: which of both the fixture `cashback` is."""
    parser.addoption(
        "--cashback",
        choices=("double", "gateway"),
        default="double",
        help="what the fixture `cashback` is: a quick double, or a running gateway",
    )


@pytest.fixture(scope="session")
def cashback_settings() -> Mapping[str, str]:
    """Settings of docs/settings.md for both; override it in a conftest.py."""
    return {}


@pytest.fixture(scope="session")
def cashback_gateway(
    request: pytest.FixtureRequest, cashback_settings: Mapping[str, str]
) -> Iterator[RunningGateway]:
    """A running gateway, one for the whole run, started when a test first asks for it."""
    from cashback_kit.gateway import started_gateway

    with started_gateway(cashback_settings) as gateway:
        request.config.stash[_RUNNING] = gateway
        yield gateway
        del request.config.stash[_RUNNING]


@pytest.fixture
def cashback_double(cashback_settings: Mapping[str, str]) -> Iterator[Double]:
    """A double of the gateway in this process, each test's own."""
    from cashback_kit.double import Double

    with Double(cashback_settings) as double:
        yield double


@pytest.fixture
def cashback(request: pytest.FixtureRequest) -> CashbackSystem:
    """A double, or with `--cashback=gateway` the running gateway: for tests that hold on both."""
    chosen: CashbackSystem = request.getfixturevalue(
        f"cashback_{request.config.getoption('--cashback')}"
    )
    return chosen


@pytest.fixture(autouse=True)
def _cashback_provider_behaves_again(request: pytest.FixtureRequest) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """No test of a running gateway meets the provider that another one left misbehaving."""
    yield
    gateway = request.config.stash.get(_RUNNING, None)
    if gateway is not None and gateway.provider.directed:
        gateway.provider.behave()
