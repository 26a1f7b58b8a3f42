from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from cashback_gateway.local.supervisor import (
    Part,
    PartFailedError,
    ProcessPart,
    Program,
    Restarts,
    Supervisor,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

UNTIL_STDIN_ENDS = (
    "import sys; print('up', flush=True); sys.stdin.read(); print('told', flush=True)"
)
DEAF = (
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('up', flush=True)\n"
    "time.sleep(60)\n"
)


class FakePart(Part):
    """Ends and becomes ready when the test says so."""

    def __init__(self, name: str, story: list[str]) -> None:
        self.name = name
        self.story = story
        self.ended = True
        self.ready = True
        self.fails_to_start = 0

    def start(self) -> None:
        if self.fails_to_start > 0:
            self.fails_to_start -= 1
            raise PartFailedError("no room")
        self.story.append(f"start {self.name}")
        self.ended = False

    def is_ready(self) -> bool:
        return self.ready and not self.ended

    def has_ended(self) -> bool:
        return self.ended

    def stop(self, hurry: Callable[[], bool]) -> None:
        self.story.append(f"stop {self.name}{' now' if hurry() else ''}")

    def last_words(self) -> str:
        return f"the last words of {self.name}"


def asked_after(looks: int) -> Callable[[], bool]:
    """A stop that is asked at the n-th look."""
    left = iter(range(looks))
    return lambda: next(left, None) is None


def never() -> bool:
    return False


def supervise(*names: str) -> tuple[Supervisor, dict[str, FakePart], list[str]]:
    story: list[str] = []
    supervisor = Supervisor(story.append)
    parts = {name: FakePart(name, story) for name in names}
    for part in parts.values():
        supervisor.start(part)
    return supervisor, parts, story


def test_parts_stop_in_the_reverse_order_of_their_start() -> None:
    supervisor, _, story = supervise("database", "worker", "api")
    supervisor.stop(never)
    assert [line for line in story if line.startswith("stop ")] == [
        "stop api",
        "stop worker",
        "stop database",
    ]
    supervisor.stop(never)
    assert len(story) == 9


def test_a_part_that_ended_is_started_again_and_told() -> None:
    supervisor, parts, story = supervise("database", "api")
    parts["api"].ended = True
    supervisor.watch(lambda: story.count("start api") == 2)
    assert "api ended; starting it again in 0.2 s (1 of 8)" in story
    assert story.count("start database") == 1


def test_a_restart_that_fails_counts_as_another_end() -> None:
    supervisor, parts, story = supervise("database")
    parts["database"].ended = True
    parts["database"].fails_to_start = 1
    supervisor.watch(lambda: story.count("start database") == 2)
    assert "database: no room" in story
    assert "database ended; starting it again in 0.4 s (2 of 8)" in story


def test_a_part_that_ends_again_and_again_is_given_up_with_its_last_words() -> None:
    story: list[str] = []
    supervisor = Supervisor(story.append, restarts=lambda: Restarts(limit=2, base_s=0))
    part = FakePart("api", story)
    supervisor.start(part)
    part.ended = True
    part.fails_to_start = 99
    with pytest.raises(
        PartFailedError, match=r"api ended 3 times in a row:\nthe last words of api"
    ):
        supervisor.watch(never)


def test_a_part_that_ends_while_starting_fails_with_its_last_words() -> None:
    supervisor, parts, _ = supervise("api")
    parts["api"].ended = True
    with pytest.raises(PartFailedError, match="the last words of api"):
        supervisor.wait_until_ready(never)


def test_waiting_for_parts_ends_when_a_stop_is_asked() -> None:
    supervisor, parts, _ = supervise("api")
    assert supervisor.wait_until_ready(never)
    parts["api"].ready = False
    assert not supervisor.wait_until_ready(asked_after(2))


def test_restarts_wait_longer_each_time_and_give_up() -> None:
    restarts = Restarts(limit=4, base_s=1, max_s=3)
    assert [restarts.delay_after_end_s(0) for _ in range(6)] == [1, 2, 3, 3, None, None]


def test_a_part_that_ran_calmly_begins_anew() -> None:
    restarts = Restarts(limit=1, base_s=1, calm_s=30)
    assert restarts.delay_after_end_s(0) == 1
    restarts.started_at_s = 1
    assert restarts.delay_after_end_s(31) == 1
    restarts.started_at_s = 32
    assert restarts.delay_after_end_s(33) is None


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Callable[..., ProcessPart]]:
    started: list[ProcessPart] = []

    def start(script: str, *, stop_s: float = 20) -> ProcessPart:
        log = tmp_path / "log"
        program = Program(
            command=[sys.executable, "-c", script],
            environ=os.environ,
            log=log,
            stop_s=stop_s,
            is_ready=lambda: "up" in log.read_text(),
        )
        part = ProcessPart("part", program)
        part.start()
        started.append(part)
        wait_until(part.is_ready)
        return part

    yield start
    for part in started:
        part.stop(lambda: True)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_stops_when_asked(processes: Callable[..., ProcessPart]) -> None:
    part = processes(UNTIL_STDIN_ENDS)
    pid = part.pid
    assert pid is not None
    part.stop(never)
    assert part.has_ended()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_process_that_does_not_listen_is_killed_after_its_bound(
    processes: Callable[..., ProcessPart],
) -> None:
    part = processes(DEAF, stop_s=0.2)
    began = time.monotonic()
    part.stop(never)
    assert part.has_ended()
    assert 0.2 <= time.monotonic() - began < 10


def test_hurrying_kills_at_once(processes: Callable[..., ProcessPart]) -> None:
    part = processes(DEAF, stop_s=60)
    began = time.monotonic()
    part.stop(lambda: True)
    assert part.has_ended()
    assert time.monotonic() - began < 10


def test_a_killed_process_is_seen_and_can_start_again(
    processes: Callable[..., ProcessPart],
) -> None:
    part = processes(UNTIL_STDIN_ENDS)
    first = part.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until(part.has_ended)
    part.start()
    assert part.pid not in {None, first}


def test_a_process_sits_in_a_session_of_its_own(processes: Callable[..., ProcessPart]) -> None:
    part = processes(UNTIL_STDIN_ENDS)
    assert part.pid is not None
    assert os.getsid(part.pid) == part.pid


def test_last_words_are_the_last_lines_of_the_log(processes: Callable[..., ProcessPart]) -> None:
    part = processes(
        "import sys\nprint('up')\nfor i in range(40): print('line', i)\n"
        "sys.stdout.flush()\nsys.stdin.read()\n"
    )
    wait_until(lambda: part.last_words().endswith("line 39"))
    assert len(part.last_words().splitlines()) == 12
