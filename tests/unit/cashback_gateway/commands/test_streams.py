"""What the command line is started with: closed, full or broken streams, each a process's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cashback_gateway.commands import cli
from cashback_gateway.commands.cli import main

FULL = "/dev/full"
"""A device that takes nothing; Linux has it."""

NO_SETTINGS = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("CASHBACK_") and name not in {"DATABASE_URL", "PYTHONUNBUFFERED"}
}


def run(words: str, streams: str) -> subprocess.CompletedProcess[str]:
    """A command whose streams a shell redirects."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m cashback_gateway {words} {streams}', sys.executable],
        env={**NO_SETTINGS, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_command_without_a_standard_output_acts_and_tells_nothing() -> None:
    finished = run("completion bash", ">&-")
    assert (finished.returncode, finished.stderr) == (0, "")


def test_the_numbers_of_closed_streams_are_taken_before_a_connection_gets_one() -> None:
    look = (
        "import os, sys; from cashback_gateway.commands.streams import standard_streams\n"
        "with standard_streams():\n"
        "    open_ = os.open(os.devnull, os.O_RDONLY)\n"
        "    numbers = [s.fileno() for s in (sys.stdin, sys.stdout, sys.stderr)]\n"
        "    sys.exit(0 if numbers == [0, 1, 2] and open_ > 2 else 1)"
    )
    finished = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -c "$1" <&- >&- 2>&-', sys.executable, look],
        env={**NO_SETTINGS, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0


def test_a_password_that_nobody_can_type_is_refused() -> None:
    finished = run("users add bia --merchant demo --role erp", "<&-")
    assert finished.returncode == 1
    assert finished.stderr.startswith("error: password: ")


@pytest.mark.skipif(not Path(FULL).exists(), reason=f"there is no {FULL}")
@pytest.mark.parametrize("words", ["--version", "open --help", "completion bash"])
def test_an_output_that_takes_nothing_is_told_in_one_line(words: str) -> None:
    finished = run(words, f"> {FULL}")
    assert finished.returncode == 1
    assert finished.stderr == "error: standard output fails: No space left on device\n"


def test_another_pipe_that_breaks_is_no_reader_who_has_read_enough(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def version() -> str:
        reading, writing = os.pipe()
        os.close(reading)
        try:
            os.write(writing, b"x")
        finally:
            os.close(writing)
        return "never"

    monkeypatch.setattr(cli, "_version", version)
    assert main(["--version"]) == 1
    assert capsys.readouterr().err == "error: [Errno 32] Broken pipe\n"


def test_a_refusal_counts_more_than_an_output_that_fails() -> None:
    """`| head` would else make 0 of it."""
    look = (
        "import sys; from cashback_gateway.commands.streams import standard_streams\n"
        "try:\n"
        "    with standard_streams():\n"
        "        print('told')\n"
        "        raise LookupError\n"
        "except LookupError:\n"
        "    sys.exit(7)"
    )
    reading, writing = os.pipe()
    os.close(reading)
    finished = subprocess.run(
        [sys.executable, "-c", look],
        stdout=writing,
        stderr=subprocess.PIPE,
        env={**NO_SETTINGS, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
        timeout=60,
    )
    os.close(writing)
    assert (finished.returncode, finished.stderr) == (7, b"")
