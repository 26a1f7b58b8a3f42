"""Keeps the parts of a local system running: starts in order, restarts, stops in reverse order."""

from __future__ import annotations

import collections
import subprocess
import time
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from adapters.postgres.embedded import EmbeddedPostgresError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from adapters.postgres.embedded import EmbeddedPostgres

START_S = 60.0
_POLL_S = 0.05
_LOG_BYTES = 8 * 1024 * 1024
_SHOWN_LINES = 12


class PartFailedError(Exception):
    """A part does not come up, or ends again and again; the message holds its last words."""


class Part(Protocol):
    """One thing that runs. `start` may be called again once `has_ended`."""

    name: str

    @abstractmethod
    def start(self) -> None:
        """Start it. Raises PartFailedError."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Tell whether it does its work by now."""

    @abstractmethod
    def has_ended(self) -> bool:
        """Tell whether it is gone."""

    @abstractmethod
    def stop(self, hurry: Callable[[], bool]) -> None:
        """Stop it gracefully within a bound, at once when `hurry` says so, and wait for its end."""

    @abstractmethod
    def last_words(self) -> str:
        """Return the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a process is started from, and how long a graceful stop may take."""

    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    stop_s: float
    is_ready: Callable[[], bool]


class ProcessPart(Part):
    """A child process; the end of its standard input tells it to stop, should we be killed."""

    def __init__(self, name: str, program: Program) -> None:
        self.name = name
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return None if self._process is None or self.has_ended() else self._process.pid

    def start(self) -> None:
        """Start the process in a session of its own: Ctrl-C is ours to pass on, in order."""
        self._release()
        log = self._program.log
        if log.exists() and log.stat().st_size > _LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        # A file, not a pipe to us: a graceful stop after our death must still be able to write.
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own subcommands
                self._program.command,
                env=dict(self._program.environ),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def is_ready(self) -> bool:
        """Ask the program's own question."""
        return not self.has_ended() and self._program.is_ready()

    def has_ended(self) -> bool:
        """Tell whether the process is gone."""
        return self._process is None or self._process.poll() is not None

    def stop(self, hurry: Callable[[], bool]) -> None:
        """Send SIGTERM, then SIGKILL after the program's bound."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
        deadline = time.monotonic() + self._program.stop_s
        while process.poll() is None and time.monotonic() < deadline and not hurry():
            time.sleep(_POLL_S / 5)
        self._release()

    def last_words(self) -> str:
        """Return the last lines of its log."""
        return _last_lines(self._program.log)

    def _release(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()


class DatabasePart(Part):
    """The embedded PostgreSQL; its own keeper ends it should we be killed."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.name = "database"
        self._server = server

    def start(self) -> None:
        """Start, adopt or recover it."""
        try:
            self._server.start()
        except EmbeddedPostgresError as error:
            raise PartFailedError(str(error)) from error

    def is_ready(self) -> bool:
        """It is, once `start` returned."""
        return not self._server.has_ended()

    def has_ended(self) -> bool:
        """Tell whether the server or its keeper is gone."""
        return self._server.has_ended()

    def stop(self, hurry: Callable[[], bool]) -> None:
        """Shut it down fast, which is graceful for data and needs no hurrying."""
        del hurry
        self._server.stop()

    def last_words(self) -> str:
        """Return the last lines of its log."""
        return _last_lines(self._server.home / "postgres.log")


@dataclass(slots=True, kw_only=True)
class Restarts:
    """How often a part may end by itself: `limit` times in a row, each time waiting longer.

    A part that ran for `calm_s` counts as recovered.
    """

    limit: int = 8
    base_s: float = 0.2
    max_s: float = 5.0
    calm_s: float = 30.0
    in_a_row: int = 0
    started_at_s: float = 0.0

    def delay_after_end_s(self, now_s: float) -> float | None:
        """Return how long to wait before starting again, None when it is time to give up."""
        if now_s - self.started_at_s >= self.calm_s:
            self.in_a_row = 0
        self.in_a_row += 1
        if self.in_a_row > self.limit:
            return None
        return float(min(self.max_s, self.base_s * 2 ** (self.in_a_row - 1)))


class Supervisor:
    """Holds the parts in their order of starting."""

    def __init__(
        self, tell: Callable[[str], None], *, restarts: Callable[[], Restarts] = Restarts
    ) -> None:
        self._tell = tell
        self._parts: list[Part] = []
        self._restarts: dict[str, Restarts] = collections.defaultdict(restarts)
        self._due: dict[str, float] = {}

    def start(self, part: Part) -> None:
        """Start a part and keep it from now on, ready or not. Raises PartFailedError."""
        self._parts.append(part)
        part.start()
        self._restarts[part.name].started_at_s = time.monotonic()

    def wait_until_ready(self, stop_asked: Callable[[], bool]) -> bool:
        """Wait for every part, False if a stop was asked meanwhile.

        Raises PartFailedError when one ends or is not ready within 60 s.
        """
        deadline = time.monotonic() + START_S
        for part in self._parts:
            while not part.is_ready():
                if stop_asked():
                    return False
                if part.has_ended() or time.monotonic() > deadline:
                    what = "ended" if part.has_ended() else f"was not ready within {START_S:g} s"
                    raise PartFailedError(f"{part.name} {what}:\n{part.last_words()}")
                time.sleep(_POLL_S)
        return True

    def watch(self, stop_asked: Callable[[], bool]) -> None:
        """Restart what ends until a stop is asked. Raises PartFailedError to give up."""
        while not stop_asked():
            for part in self._parts:
                if part.has_ended():
                    self._restart_when_due(part)
            time.sleep(_POLL_S)

    def stop(self, hurry: Callable[[], bool]) -> None:
        """Stop the parts, the last started first."""
        while self._parts:
            part = self._parts.pop()
            self._tell(f"stopping {part.name}")
            part.stop(hurry)

    def _restart_when_due(self, part: Part) -> None:
        now_s = time.monotonic()
        restarts = self._restarts[part.name]
        if part.name not in self._due:
            delay_s = restarts.delay_after_end_s(now_s)
            if delay_s is None:
                raise PartFailedError(
                    f"{part.name} ended {restarts.in_a_row} times in a row:\n{part.last_words()}"
                )
            self._due[part.name] = now_s + delay_s
            self._tell(
                f"{part.name} ended; starting it again in {delay_s:g} s "
                f"({restarts.in_a_row} of {restarts.limit})"
            )
        elif now_s >= self._due[part.name]:
            del self._due[part.name]
            restarts.started_at_s = now_s
            try:
                part.start()
            except PartFailedError as failed:
                # It has ended again, then, and the next look counts that.
                self._tell(f"{part.name}: {failed}")


def _last_lines(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return "(no log)"
    return "\n".join(f"  {line}" for line in lines[-_SHOWN_LINES:])
