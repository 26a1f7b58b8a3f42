from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]


def run(*arguments: str) -> str:
    """Run a benchmark as a trial, which writes no page, and return what it says."""
    pages = [CHECKOUT / "proofs/benchmarks" / name for name in ("RESULTS.md", "PEERS.md")]
    before = [page.read_bytes() if page.exists() else None for page in pages]
    done = subprocess.run(
        [sys.executable, "-m", *arguments, "--trial", "--seconds=0.3", "--repeats=1"],
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
    assert [page.read_bytes() if page.exists() else None for page in pages] == before
    return done.stdout


def test_a_short_benchmark_finds_every_answer_and_row_right() -> None:
    said = run("benchmarks", "--connections=4")
    assert "1/1,  4 connections: gateway" in said
    assert "of pgbench's rate at 4 connections" in said


def test_each_load_of_the_goals_finds_every_answer_and_row_right() -> None:
    # Without the peers, whose packages are in an environment that tests have no need of.
    said = run("benchmarks.peers", "--sides=gateway,pgbench", "--scenarios=64,paced,20ms,async")
    assert "of pgbench's rate at 64 connections" in said
    for load in ("80% of the peak", "provider of 20 ms", "`respond-async`"):
        assert load in said
