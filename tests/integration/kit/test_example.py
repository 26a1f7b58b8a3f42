"""The example of docs/testing.md runs as an integrator runs it: in a folder of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
EXAMPLE: Final = ROOT / "examples" / "integrator_tests"


@pytest.mark.parametrize(("chosen", "ran"), [("double", 6), ("gateway", 6)])
def test_the_example_passes_on_a_double_and_on_a_running_gateway(
    chosen: str, ran: int, tmp_path: Path
) -> None:
    folder = tmp_path / "till"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--cashback={chosen}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-2_000:]
    assert f"{ran} passed" in done.stdout
