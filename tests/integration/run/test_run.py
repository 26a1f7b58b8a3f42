"""`run` as a newcomer meets it: started, used, stopped, started again."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from cashback_gateway.local import demo_data
from cashback_gateway.local.run import just_now
from integration.local_run import (
    COMMAND,
    ROOT,
    Run,
    assert_all_end,
    descendants,
    environment,
    folder_of_runs,
    get,
    is_up_again,
    started_in,
    token,
)

if TYPE_CHECKING:
    import http.client
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """One that runs for all tests that leave it as it is."""
    with folder_of_runs() as folder, started_in(folder) as start:
        yield start()


def test_the_printed_command_works_as_often_as_it_is_pasted(run: Run) -> None:
    before = len(run.ledger)
    first, second = run.paste(), run.paste()
    assert (first["status"], second["status"]) == ("applied", "applied")
    assert first["id"] != second["id"]
    assert [credit["cashback"] for credit in run.ledger[before:]] == [first["cashback"]] * 2


def test_the_password_shown_once_logs_in_and_can_be_changed_though_the_usual_port_is_taken(
    start: Callable[..., Run],
) -> None:
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # somebody else's program takes it as well as ours
            stack.enter_context(socket.create_server(("127.0.0.1", 8000)))
        run = start()
    assert "port 8000 is taken by another program" in run.text
    password = run.found(r"password (\S+)  \(shown this once\)")
    assert log_in_status(run, password) == 200
    subprocess.run(
        [*COMMAND, f"--state={run.state}", "users", "password", "demo"],
        input=b"another-password\n",
        check=True,
        env=environment(),
        capture_output=True,
    )
    assert log_in_status(run, password) == 401
    assert log_in_status(run, "another-password") == 200


def test_whoever_is_printed_gets_in_as_their_role_and_all_that_is_printed_answers(
    run: Run,
) -> None:
    password = run.found(r"password (\S+)  \(shown this once\)")
    printed = dict(re.findall(r"(demo[a-z-]*) \((\w+)\)", run.found(r"Users: +([^\n]+)")))
    assert printed == demo_data.ROLES
    for username, role in printed.items():
        with log_in(run, password, username) as answer:
            headers = {"Authorization": f"Bearer {json.load(answer)['access']}"}
        me = urllib.request.Request(f"{run.api_url}/api/users/me", headers=headers)
        with urllib.request.urlopen(me, timeout=30) as answer:
            assert json.load(answer)["role"] == role
    for process in ("api", "worker"):
        with urllib.request.urlopen(
            run.found(rf"Metrics, {process}: +(\S+)"), timeout=30
        ) as answer:
            (built,) = [
                line
                for line in answer.read().decode().splitlines()
                if line.startswith("cashback_build_info{")
            ]
            assert f'role="{process}"' in built


def test_the_doctor_knows_what_runs_and_misses_the_worker_when_it_does_not(
    start: Callable[..., Run],
) -> None:
    run = start()
    code, checks = doctor(run)
    assert (code, {level for level in checks.values() if level != "ok"}) == (0, set()), checks
    assert {"provider", "state file", "workers", "run, api", "run, metrics of the worker"} <= (
        checks.keys()
    )
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(60) == 0
    code, checks = doctor(run)
    assert (code, checks["workers"]) == (1, "fail")
    assert "run, api" not in checks


def doctor(run: Run) -> tuple[int, dict[str, str]]:
    """The exit code, and each check's level by its name."""
    done = subprocess.run(
        [*COMMAND, f"--state={run.state}", "doctor"],
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    lines = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    return done.returncode, {words.split(": ", 1)[0]: level for level, words in lines}


def log_in(run: Run, password: str, username: str = "demo") -> http.client.HTTPResponse:
    request = urllib.request.Request(
        f"{run.api_url}/api/token",
        data=json.dumps({"username": username, "password": password}).encode(),
        headers={"Content-Type": "application/json"},
    )
    answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=30)
    return answer


def log_in_status(run: Run, password: str) -> int:
    try:
        with log_in(run, password) as answer:
            return answer.status
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
    sale["sold_at"] = just_now()
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


def test_a_second_run_on_the_same_data_is_refused(run: Run) -> None:
    with started_in(run.state.parent, "second") as start:
        second = start(up=False)
        assert second.process.wait(60) == 1
        assert f"process {run.process.pid} already runs" in second.text
    assert is_up_again(run)


def test_a_taken_port_that_was_asked_for_is_an_error(start: Callable[..., Run]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = start(up=False, CASHBACK_PORT=str(port))
        assert run.process.wait(60) == 1
        assert f"CASHBACK_PORT is {port}, and another program listens there" in run.text


def test_wrong_settings_are_refused_before_anything_starts(start: Callable[..., Run]) -> None:
    run = start(up=False, CASHBACK_LEASE_S="soon", CASHBACK_POTR="8000")
    assert run.process.wait(60) == 2
    assert "CASHBACK_LEASE_S is 'soon'; expected seconds" in run.text
    assert "did you mean CASHBACK_PORT?" in run.text
    assert not run.state.exists()
