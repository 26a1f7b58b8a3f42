"""Whatever of a `run` is killed, with -9 and without a word: nothing is lost, nothing is left."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from integration.local_run import (
    COMMAND,
    Run,
    assert_all_end,
    descendants,
    environment,
    get,
    is_up_again,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PARTS = ["serve", "worker", "sandbox", "postgres", "keeper.py"]
WITH_PARENT = ["--end-with-parent"]
pytestmark = pytest.mark.timeout(240)


def test_each_part_that_is_killed_is_started_again_and_nothing_is_lost(
    start: Callable[..., Run],
) -> None:
    run = start()
    sent = [run.paste()]
    for name in PARTS:
        victim = run.part(name)
        assert victim is not None, name
        victim.kill()
        wait_until(partial(is_replaced, run, name, victim), f"{name} is there again")
        wait_until(lambda: is_up_again(run), "the API answers again")
        sent.append(sale_that_is_applied(run))
    assert len(re.findall("ended; starting it again", run.text)) >= len(PARTS)
    for record in sent:
        assert get(run, record["id"])["status"] == "applied"


def is_replaced(run: Run, name: str, victim: psutil.Process) -> bool:
    # An orphaned server is adopted, no child any more: its new keeper is what to look for.
    there = run.part(name)
    return there is not None and there.pid != victim.pid


def sale_that_is_applied(run: Run) -> dict[str, Any]:
    """Send until one goes through: the first may meet a part that is still coming up."""
    applied: list[dict[str, Any]] = []

    def one_more() -> bool:
        with contextlib.suppress(subprocess.CalledProcessError, ValueError):
            answer = run.paste()
            if answer.get("status") == "applied":
                applied.append(answer)
        return bool(applied)

    wait_until(one_more, "a sale goes through again")
    return applied[0]


def test_a_run_killed_alone_or_with_everything_leaves_nothing_running_and_loses_nothing(
    start: Callable[..., Run],
) -> None:
    run = start()
    record = sale_that_is_applied(run)
    children = descendants(run)
    run.process.kill()
    run.process.wait()
    assert_all_end(children)

    again = start()
    assert get(again, record["id"])["status"] == "applied"
    children = descendants(again)
    for process in (psutil.Process(again.process.pid), *children):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    again.process.wait()
    assert_all_end(children)

    at_last = start()
    assert get(at_last, record["id"])["status"] == "applied"
    assert len(at_last.ledger) == 1


def test_a_run_started_by_make_ends_with_it_even_when_make_is_killed(
    start: Callable[..., Run], folder: Path
) -> None:
    # A stand-in for make: it starts the run, tells nobody when it is killed.
    script = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:]).pid); input()"
    state = folder / "state"
    with subprocess.Popen(
        [sys.executable, "-u", "-c", script, *COMMAND, f"--state={state}", *WITH_PARENT, "run"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as make:
        assert make.stdout is not None
        run = psutil.Process(int(make.stdout.readline()))
        for line in make.stdout:
            if "Ctrl-C stops" in line:
                break
        family = [run, *run.children(recursive=True)]
        make.kill()
        assert_all_end(family)
    assert start().api_url
