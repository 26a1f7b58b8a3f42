"""The compose file as users run it, and what a test may do to it from outside."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[2]
UP_S = 420
"""How long anything is waited for that must come. No claim about speed: machines differ."""

LASTING = ("database", "api1", "api2", "worker", "sandbox", "nginx")
"""The demo's services that do not end by themselves."""

QUICK = {
    # Short enough that doubt is settled within a test, and in the relations of the real ones.
    "CASHBACK_WAIT_S": "5",
    "CASHBACK_DEADLINE_S": "3",
    "CASHBACK_LEASE_S": "6",
    "CASHBACK_REAPER_S": "1",
    "CASHBACK_FREEZE_S": "2",
    "CASHBACK_PROVIDER_DELAY_S": "2",
    "CASHBACK_CLOCK_SKEW_S": "1",
    "CASHBACK_SETTLER_S": "1",
    "CASHBACK_BREAKER_PAUSE_S": "0.5",
    "CASHBACK_BREAKER_PAUSE_MAX_S": "1",
    "CASHBACK_BACKOFF_BASE_S": "0.2",
    "CASHBACK_BACKOFF_MAX_S": "1",
    "CASHBACK_ACCESS_TOKEN_S": "7200",
    # One client is all the shops of this chain.
    "CASHBACK_REQUESTS_PER_S": "2000",
    "CASHBACK_REQUESTS_BURST": "2000",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, read whole."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True, kw_only=True)
class Stack:
    """One compose project; `environ` is what the environment adds to .env.example."""

    project: str
    port: int
    environ: Mapping[str, str]
    forgotten: set[str] = field(default_factory=set[str])
    """References of credits that the database once knew: a restore took it back to before them."""
    _token: str = field(default="", repr=False)

    @property
    def image(self) -> str:
        """The image under test."""
        return self.environ["CASHBACK_IMAGE"]

    @property
    def command(self) -> str:
        """How Compose is called for this stack."""
        return f"docker compose --project-name {self.project} --env-file .env.example"

    def run_script(self, *command: str) -> None:
        """Run one of infra's scripts on this stack. Raises subprocess.CalledProcessError."""
        environ = {**os.environ, **self.environ, "COMPOSE": self.command}
        subprocess.run(command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, check=True)

    def compose(self, *arguments: str, environ: Mapping[str, str] | None = None) -> str:
        """Run Compose and return its output; what it complains of is shown when it fails."""
        command = [
            "docker",
            "compose",
            "--project-name",
            self.project,
            "--env-file",
            ".env.example",
        ]
        done = subprocess.run(
            [*command, *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=UP_S,
        )
        if done.returncode != 0:
            raise StackError(
                f"{' '.join(arguments)}:\n{done.stdout[-4000:]}\n{done.stderr[-6000:]}"
            )
        return done.stdout

    def build(self, image: str, recipe: str) -> None:
        """Build an image from a Dockerfile that copies nothing. Raises CalledProcessError."""
        command = ["docker", "build", "--quiet", "--tag", image, "-"]
        subprocess.run(command, input=recipe.encode(), capture_output=True, check=True)

    def up(self, *arguments: str, environ: Mapping[str, str] | None = None) -> None:
        """Bring services up as a user does, and wait until all that run are healthy."""
        self.compose("up", "--detach", *arguments, environ=environ)
        self.wait_whole()

    def wait_whole(self) -> None:
        """Return when every service that lasts runs, healthy where it has a health check."""
        wait_until(f"{', '.join(LASTING)} are up", lambda: self.are_up(*LASTING))

    def inspect(self, service: str) -> Any:
        """What the engine knows of a service's container."""
        return self._inspected(service)[0]

    def _inspected(self, *services: str) -> list[Any]:
        containers = self.compose("ps", "--all", "--quiet", *services).split()
        command = ["docker", "inspect", *containers]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found: list[Any] = json.loads(done.stdout)
        return found

    def exec(self, service: str, *command: str) -> str:
        """Run a command in a service's container."""
        return self.compose("exec", "--no-TTY", service, *command)

    def kill(self, service: str) -> None:
        """End the service's first process as kill -9 does; the engine then starts it again."""
        pid = int(self.inspect(service)["State"]["Pid"])
        assert pid > 1, f"{service} does not run"
        os.kill(pid, signal.SIGKILL)

    def restarts(self, service: str) -> int:
        """How often the engine has started the container again."""
        return int(self.inspect(service)["RestartCount"])

    def are_up(self, *services: str) -> bool:
        """Whether each has a container that runs and, if it has a health check, is healthy."""
        up: set[str] = set()
        for container in self._inspected(*services):
            state = container["State"]
            health = state.get("Health", {"Status": "healthy"})["Status"]
            if state["Status"] == "running" and health == "healthy":
                up.add(container["Config"]["Labels"]["com.docker.compose.service"])
        return up >= set(services)

    def query(self, sql: str) -> list[list[str]]:
        """Rows of the database, as texts."""
        told = self.exec(
            "database", "psql", "-U", "cashback_owner", "-d", "cashback", "-qAtF", "\t", "-c", sql
        )
        return [line.split("\t") for line in told.splitlines()]

    def credits(self) -> list[dict[str, Any]]:
        """What the sandbox really credited."""
        lines = self.exec("sandbox", "cat", "/ledger/credits.jsonl").splitlines()
        return [json.loads(line) for line in lines]

    def token(self) -> str:
        """An access token of the demo's user."""
        if not self._token:
            told = self.exec("api1", "python", "-m", "cashback_gateway", "token", "demo")
            self._token = told.splitlines()[-1]
        return self._token

    def request(self, method: str, path: str, body: object = None) -> Reply:
        """Ask Nginx, with the token."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(
                method,
                path,
                body=None if body is None else json.dumps(body),
                headers={
                    "Authorization": f"Bearer {self.token()}",
                    "Content-Type": "application/json",
                },
            )
            answer = connection.getresponse()
            return Reply(status=answer.status, body=answer.read())
        finally:
            connection.close()


class StackError(AssertionError):
    """Compose failed; the message holds its last words."""


def wait_until(what: str, holds: Callable[[], bool], *, within_s: float = UP_S) -> None:
    """Return as soon as it holds; an AssertionError says what did not."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        time.sleep(0.2)
