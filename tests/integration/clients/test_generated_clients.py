"""Clients that generators make of the document: they type-check, and do an ERP's work.

`make client-tools` brings the TypeScript generator; without it the test fails and says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from contract.openapi_conformance import SERVED
from integration.people import sign_in_people
from integration.running import PASSWORD, Gateway, running_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.postgres.embedded import EmbeddedPostgres

pytestmark = pytest.mark.clients

HERE: Final = Path(__file__).parent
TEMPLATES: Final = HERE.parents[2] / "examples" / "python_client"
TYPESCRIPT: Final = HERE / "typescript"
TOOLS: Final = TYPESCRIPT / "node_modules" / ".bin"


def run(*command: str | Path, cwd: Path, **environ: str) -> str:
    """What it printed; anything but success is told whole."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-10_000:]
    return done.stdout


@pytest.fixture(scope="module")
def gateway(
    postgres_server: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """One whose webhooks may go to this machine, and whose merchant has its people."""
    dsn = postgres_server.create_database("clients", template=template)
    local = {"CASHBACK_WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8"}
    local["CASHBACK_WEBHOOK_PLAIN_HTTP"] = "true"
    with running_gateway(dsn, tmp_path_factory.mktemp("clients"), **local) as gateway:
        sign_in_people(gateway)
        yield gateway


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """The document as a file."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(SERVED), encoding="utf-8")
    return path


FILES: Final = ("POST /api/day-files", "POST /api/statements")
OTHER_FORMS: Final = (
    "text/plain",
    "application/x-ndjson",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
"""Of a file that is sent: the generator tells of each that it leaves out."""


def test_a_python_client_type_checks_and_does_an_erps_work(
    gateway: Gateway, document: Path
) -> None:
    folder = document.parent
    config = (TEMPLATES / "config.yml").read_text("utf-8")
    (folder / "config.yml").write_text(f"{config}post_hooks: []\n", encoding="utf-8")
    made = run(
        *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"),
        *("--path", document, "--output-path", "cashback_client", "--config", "config.yml"),
        *("--custom-template-path", TEMPLATES),
        cwd=folder,
    )
    told = [line for line in made.splitlines() if line.startswith(("WARNING", "Unsupported"))]
    assert told == [
        line
        for file in FILES
        for form in OTHER_FORMS
        for line in (f"WARNING parsing {file} within files.", f"Unsupported content type {form}")
    ], made
    shutil.copy(HERE / "python_journey.py", folder)
    run(
        *(sys.executable, "-m", "mypy", "--strict", "--config-file="),
        *("python_journey.py", "cashback_client"),
        cwd=folder,
        MYPYPATH="",
    )
    run(sys.executable, "python_journey.py", gateway.base_url, PASSWORD, cwd=folder)


def test_a_typescript_client_type_checks_and_does_an_erps_work(
    gateway: Gateway, document: Path
) -> None:
    assert TOOLS.exists(), "the TypeScript generator is missing: make client-tools"
    folder = document.parent
    for name in ("journey.ts", "tsconfig.json", "package.json"):
        shutil.copy(TYPESCRIPT / name, folder)
    (folder / "node_modules").symlink_to(TOOLS.parent)
    run(
        *(TOOLS / "openapi-typescript", document, "-o", "schema.ts"),
        "--default-non-nullable=false",  # what has a default need not be told
        cwd=folder,
    )
    run(TOOLS / "tsc", "--project", ".", cwd=folder)
    run("node", "journey.js", gateway.base_url, PASSWORD, cwd=folder)
