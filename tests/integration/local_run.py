"""A `run` under test: its process, what it printed, and how to talk to it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from chaos.quick_folder import quick_folder
from integration.command_line import SRC

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "cashback_gateway"]


def environment(**changes: str) -> dict[str, str]:
    given = ("DATABASE_URL", "PYTHONPATH")
    kept = {k: v for k, v in os.environ.items() if k not in given and "CASHBACK" not in k}
    return {**kept, "PYTHONPATH": SRC, "CASHBACK_DEADLINE_S": "3", **changes}


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


@dataclass(slots=True)
class Run:
    """One `run` under test, and what it printed."""

    process: subprocess.Popen[bytes]
    output: Path
    state: Path

    @property
    def text(self) -> str:
        return self.output.read_text()

    def found(self, pattern: str) -> str:
        match = re.search(pattern, self.text, re.MULTILINE | re.DOTALL)
        assert match is not None, self.text
        return match[1]

    @property
    def api_url(self) -> str:
        return self.found(r"Swagger UI: +(http://[0-9.:]+)/")

    @property
    def ledger(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(self.found(r"Credits: +(\S+)"), timeout=30) as answer:
            credits_: list[dict[str, Any]] = json.load(answer)["credits"]
            return credits_

    def paste(self) -> dict[str, Any]:
        """Run the printed command as a shell would, from another folder."""
        command = self.found(r"(curl -sS .*?\}')$")
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            capture_output=True,
            check=True,
            text=True,
            env=environment(),
            cwd=self.state.parent,
            timeout=60,
        )
        record: dict[str, Any] = json.loads(done.stdout)
        return record

    def part(self, name: str) -> psutil.Process | None:
        """Return a child process by a word of its command line, if it is there."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if name in " ".join([Path(word).name for word in child.cmdline()[:6]]).split():
                    return child
        return None


def descendants(run: Run) -> list[psutil.Process]:
    return psutil.Process(run.process.pid).children(recursive=True)


def assert_all_end(processes: list[psutil.Process], seconds: float = 40) -> None:
    gone, alive = psutil.wait_procs(processes, timeout=seconds)
    assert not alive, gone


def is_up_again(run: Run) -> bool:
    try:
        with urllib.request.urlopen(f"{run.api_url}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def token(run: Run) -> str:
    done = subprocess.run(
        [*COMMAND, f"--state={run.state}", "token", "demo"],
        check=True,
        env=environment(),
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()[-1]


def get(run: Run, cashback_id: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{run.api_url}/api/cashbacks/{cashback_id}",
        headers={"Authorization": f"Bearer {token(run)}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        record: dict[str, Any] = json.load(answer)
    return record


@contextlib.contextmanager
def folder_of_runs() -> Generator[Path, None, None]:
    """A folder that the account can reach which root hands the database to."""
    with tempfile.TemporaryDirectory(prefix="cashback-test-", dir=quick_folder()) as name:
        if os.geteuid() == 0:
            Path(name).chmod(0o711)
        yield Path(name)


@contextlib.contextmanager
def started_in(folder: Path, output: str = "output") -> Generator[Callable[..., Run], None, None]:
    """Starts `run` on the folder's data, waits until it is up (or ended); ends them all."""
    runs: list[Run] = []

    def start(*, up: bool = True, **changes: str) -> Run:
        written = folder / f"{output}-{len(runs)}"
        state = folder / "state"
        with written.open("wb") as file:
            process = subprocess.Popen(
                [*COMMAND, f"--state={state}", "run"],
                stdout=file,
                stderr=file,
                env=environment(**changes),
                cwd="/",
                start_new_session=True,
            )
        run = Run(process=process, output=written, state=state)
        runs.append(run)
        wait_until(lambda: "Ctrl-C stops" in run.text or process.poll() is not None, "start")
        assert ("Ctrl-C stops" in run.text) is up, run.text
        return run

    try:
        yield start
    finally:
        for run in runs:
            run.process.terminate()
            run.process.wait(60)
