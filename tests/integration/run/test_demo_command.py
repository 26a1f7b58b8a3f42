"""`demo`: one sale through a throwaway system, and its verdict."""

from __future__ import annotations

import json
import subprocess
import tempfile
from typing import TYPE_CHECKING

import pytest

from chaos.quick_folder import quick_folder
from integration.local_run import COMMAND, ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(240)


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "demo", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment(TMPDIR=quick_folder() or tempfile.gettempdir()),
        cwd="/",
        timeout=120,
    )


def test_the_demo_sends_the_example_sale_and_shows_its_credit() -> None:
    done = demo()
    assert done.returncode == 0, done.stderr
    assert "answer 201" in done.stdout
    assert '"status": "applied"' in done.stdout
    assert "credited 1.40 once" in done.stderr


def test_the_demo_of_a_wrong_sale_shows_the_refusal_and_fails(tmp_path: Path) -> None:
    sale = json.loads((ROOT / "examples" / "sale.json").read_text())
    file = tmp_path / "sale.json"
    file.write_text(json.dumps({**sale, "total": "1.00"}))
    done = demo("--sale", str(file))
    assert done.returncode == 1
    assert "answer 422" in done.stdout


def test_the_demo_of_a_sale_that_is_due_nothing_shows_it_and_fails(tmp_path: Path) -> None:
    sale = json.loads((ROOT / "examples" / "sale.json").read_text())
    products = [{"type": "B", "value": "0.10", "qty": 1}]
    file = tmp_path / "sale.json"
    file.write_text(json.dumps({**sale, "total": "0.10", "products": products}))
    done = demo("--sale", str(file))
    assert done.returncode == 1
    assert '"status": "not_due"' in done.stdout
    assert "does not hold that very credit" in done.stderr


def test_the_demo_of_no_sale_at_all_fails_at_once(tmp_path: Path) -> None:
    done = demo("--sale", str(tmp_path / "nothing.json"))
    assert done.returncode == 1
    assert "is not a sale in JSON" in done.stderr
    assert "starting" not in done.stderr
