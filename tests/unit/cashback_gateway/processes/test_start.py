"""What starting imports: times are for `make bench-start`, on a quiet machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from integration.command_line import SRC

WORKERS_ALONE = (
    "adapters.cashback_client.statements",
    "adapters.postgres.reconciliation.store",
    "adapters.webhook_client.receiver",
    "cashback_core.reconciliation.reconciler",
    "cashback_core.delivery.worker",
    "httpcore",
    "ijson",
)


def imported(code: str) -> set[str]:
    """The modules of a fresh process, as the service is installed."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"],
        env={"PYTHONPATH": SRC},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stderr.split())


def test_help_imports_neither_the_core_nor_a_driver() -> None:
    loaded = imported(
        "from cashback_gateway.commands.cli import main\nassert main(['--help']) == 0"
    )
    assert not {"cashback_core", "psycopg", "litestar", "asyncio"} & loaded
    assert len(loaded) < 280, "of November 2026: 231"


def test_the_core_alone_imports_little() -> None:
    loaded = imported("import cashback_core")
    assert not {"asyncio", "hashlib", "json", "logging"} & loaded
    assert len(loaded) < 155, "of November 2026: 133"


@pytest.mark.parametrize("name", WORKERS_ALONE)
def test_an_api_imports_nothing_of_a_worker(name: str, api: set[str]) -> None:
    assert name not in api


def test_an_api_imports_no_more_than_it_did(api: set[str]) -> None:
    assert len(api) < 1_300
    assert "cashback_core.intake.submission" in api


@pytest.fixture(scope="module")
def api() -> set[str]:
    return imported("import cashback_gateway.processes.api")
