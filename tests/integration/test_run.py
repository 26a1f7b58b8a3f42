"""`run` and `demo` as a newcomer meets them: real processes, killed and stopped in every way."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "cashback_gateway"]
PARTS = ["serve", "worker", "sandbox", "postgres", "embedded_keeper.py"]
WITH_PARENT = ["--end-with-parent"]
pytestmark = pytest.mark.timeout(240)


def environment(**changes: str) -> dict[str, str]:
    given = ("DATABASE_URL", "PYTHONPATH")
    kept = {k: v for k, v in os.environ.items() if k not in given and "CASHBACK" not in k}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "CASHBACK_DEADLINE_S": "3", **changes}


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
        return self.found(r"Swagger UI:  (http://[0-9.:]+)/")

    @property
    def ledger(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(self.found(r"Credits: +(\S+)"), timeout=30) as answer:
            credits_: list[dict[str, Any]] = json.load(answer)["credits"]
            return credits_

    def paste(self) -> dict[str, Any]:
        """Run the printed command as a shell would, from another folder."""
        command = self.found(r"(curl -sS .*?'\"}')")
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


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the account can reach which root hands the database to."""
    with tempfile.TemporaryDirectory(prefix="cashback-test-") as name:
        if os.geteuid() == 0:
            Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*, up: bool = True, **changes: str) -> Run:
        output = folder / f"output-{len(runs)}"
        state = folder / "state"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*COMMAND, f"--state={state}", "run"],
                stdout=file,
                stderr=file,
                env=environment(**changes),
                cwd="/",
                start_new_session=True,
            )
        run = Run(process=process, output=output, state=state)
        runs.append(run)
        wait_until(lambda: "Ctrl-C stops" in run.text or process.poll() is not None, "start")
        assert ("Ctrl-C stops" in run.text) is up, run.text
        return run

    yield start
    for run in runs:
        run.process.terminate()
        run.process.wait(60)


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


def test_the_printed_command_works_as_often_as_it_is_pasted(start: Callable[..., Run]) -> None:
    run = start()
    first, second = run.paste(), run.paste()
    assert (first["status"], second["status"]) == ("applied", "applied")
    assert first["id"] != second["id"]
    assert [credit["cashback"] for credit in run.ledger] == [first["cashback"]] * 2


def test_the_password_shown_once_logs_in_and_can_be_changed(start: Callable[..., Run]) -> None:
    run = start()
    password = run.found(r"password (\S+)  \(shown this once\)")
    assert log_in(run, password) == 200
    subprocess.run(
        [*COMMAND, f"--state={run.state}", "users", "password", "demo"],
        input=b"another-password\n",
        check=True,
        env=environment(),
        capture_output=True,
    )
    assert log_in(run, password) == 401
    assert log_in(run, "another-password") == 200


def log_in(run: Run, password: str) -> int:
    request = urllib.request.Request(
        f"{run.api_url}/api/token",
        data=json.dumps({"username": "demo", "password": password}).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_ctrl_c_stops_everything_and_the_next_start_finds_the_data(
    start: Callable[..., Run],
) -> None:
    run = start()
    record = run.paste()
    children = descendants(run)
    assert len(children) >= 5
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(60) == 0
    assert_all_end(children, 5)
    order = re.findall(r"stopping (\w+)", run.text)
    assert order == ["api", "worker", "sandbox", "database"]
    again = start()
    assert "shown this once" not in again.text
    assert [credit["cashback"] for credit in again.ledger] == [record["cashback"]]
    assert get(again, record["id"])["status"] == "applied"


def test_a_delivery_under_way_at_ctrl_c_is_recorded_before_the_end(
    start: Callable[..., Run],
) -> None:
    run = start()
    slow = json.dumps({"delay_s": 1.5}).encode()
    provider = run.found(r"Provider: +(\S+)")
    urllib.request.urlopen(f"{provider}/behaviours", data=slow, timeout=30).close()
    sale = json.loads((ROOT / "examples" / "sale.json").read_text())
    request = urllib.request.Request(
        f"{run.api_url}/api/cashbacks",
        data=json.dumps(sale).encode(),
        headers={
            "Authorization": f"Bearer {token(run)}",
            "Content-Type": "application/json",
            "Prefer": "wait=0",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        record = json.load(answer)
    assert record["status"] == "sending"
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(60) == 0
    again = start()
    assert get(again, record["id"])["status"] == "applied"


def get(run: Run, cashback_id: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{run.api_url}/api/cashbacks/{cashback_id}",
        headers={"Authorization": f"Bearer {token(run)}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        record: dict[str, Any] = json.load(answer)
    return record


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


def token(run: Run) -> str:
    done = subprocess.run(
        [*COMMAND, f"--state={run.state}", "token", "demo"],
        check=True,
        env=environment(),
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()[-1]


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


def test_a_killed_run_takes_everything_with_it_and_the_next_start_works(
    start: Callable[..., Run],
) -> None:
    run = start()
    record = run.paste()
    children = descendants(run)
    run.process.kill()
    run.process.wait()
    assert_all_end(children)
    again = start()
    assert get(again, record["id"])["status"] == "applied"


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


def test_everything_killed_at_once_loses_nothing(start: Callable[..., Run]) -> None:
    run = start()
    record = run.paste()
    children = descendants(run)
    for process in (psutil.Process(run.process.pid), *children):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    run.process.wait()
    assert_all_end(children)
    again = start()
    assert get(again, record["id"])["status"] == "applied"
    assert len(again.ledger) == 1


def test_a_second_run_on_the_same_data_is_refused(start: Callable[..., Run]) -> None:
    first = start()
    second = start(up=False)
    assert second.process.wait(60) == 1
    assert f"process {first.process.pid} already runs" in second.text
    assert is_up_again(first)


def test_a_taken_port_that_was_asked_for_is_an_error(start: Callable[..., Run]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = start(up=False, CASHBACK_PORT=str(port))
        assert run.process.wait(60) == 1
        assert f"CASHBACK_PORT is {port}, and another program listens there" in run.text


def test_the_usual_port_is_replaced_by_a_free_one_when_taken(start: Callable[..., Run]) -> None:
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # somebody else's program takes it as well as ours
            stack.enter_context(socket.create_server(("127.0.0.1", 8000)))
        run = start()
        assert "port 8000 is taken by another program" in run.text
        assert is_up_again(run)


def test_wrong_settings_are_refused_before_anything_starts(start: Callable[..., Run]) -> None:
    run = start(up=False, CASHBACK_LEASE_S="soon", CASHBACK_POTR="8000")
    assert run.process.wait(60) == 2
    assert "CASHBACK_LEASE_S is 'soon'; expected seconds" in run.text
    assert "did you mean CASHBACK_PORT?" in run.text
    assert not run.state.exists()


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "demo", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
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
