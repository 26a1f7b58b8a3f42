from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]


def test_a_short_benchmark_finds_every_answer_and_row_right() -> None:
    results = CHECKOUT / "proofs/benchmarks/RESULTS.md"
    before = results.read_bytes() if results.exists() else None
    arguments = ["--trial", "--seconds=0.3", "--repeats=1", "--connections=4"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (CHECKOUT / "src", CHECKOUT / "proofs"))),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1/1,  4 connections: gateway" in done.stdout
    assert "of pgbench's rate at 4 connections" in done.stdout
    assert (results.read_bytes() if results.exists() else None) == before
