"""The command line: called here, or as a process of its own where that is what is tried."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cashback_gateway.commands.cli import main

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

ROOT: Final = Path(__file__).parents[2]
SRC: Final = os.pathsep.join(map(str, (ROOT / "src", ROOT / "tests" / "service_only")))
"""PYTHONPATH of what tests start."""


def run(
    words: str, environ: dict[str, str], *, password: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cashback_gateway", *words.split()],
        input=password,
        capture_output=True,
        text=True,
        check=False,
        env=environ,
        timeout=60,
    )


def call(
    words: str | tuple[str, ...],
    environ: Mapping[str, str],
    *,
    password: str = "",
    at_terminal: bool = False,
) -> subprocess.CompletedProcess[str]:
    """The same without a process: one takes a second, and proves nothing more of most commands."""
    arguments = words.split() if isinstance(words, str) else [*words]
    stream = Terminal if at_terminal else io.StringIO
    told, failed = stream(), io.StringIO()
    with (
        _instead(environ, stream(password)),
        contextlib.redirect_stdout(told),
        contextlib.redirect_stderr(failed),
    ):
        code = main(arguments)
    return subprocess.CompletedProcess(arguments, code, told.getvalue(), failed.getvalue())


class Terminal(io.StringIO):
    """A person is there."""

    def isatty(self) -> bool:
        return True


@contextlib.contextmanager
def _instead(environ: Mapping[str, str], stdin: io.StringIO) -> Generator[None]:
    before, read_before = dict(os.environ), sys.stdin
    os.environ.clear()
    os.environ.update(environ)
    sys.stdin = stdin
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        sys.stdin = read_before
