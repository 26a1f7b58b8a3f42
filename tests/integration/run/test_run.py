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

from integration.local_run import (
    COMMAND,
    ROOT,
    Run,
    assert_all_end,
    descendants,
    environment,
    get,
    is_up_again,
    token,
)

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.timeout(240)


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
