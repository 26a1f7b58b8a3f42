from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
PLANT_ALL = "from chaos.planting import PLANTS; print([plant() for plant in PLANTS.values()])"


def test_every_mutant_finds_what_it_replaces() -> None:
    # In a process of its own: a planted mutant must not stay for the next test.
    done = subprocess.run(
        [sys.executable, "-c", PLANT_ALL],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}/src:{ROOT}/proofs"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("None") >= 20
