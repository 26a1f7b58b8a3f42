"""The real service for tests: its own processes, its own database, a sandbox provider."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import psycopg

from adapters.credentials.signing_key import create_signing_key
from adapters.postgres.connection.logins import ensure_app_login
from adapters.postgres.connection.startup_checks import API_ROLES, WORKER_ROLES
from cashback_core.privacy.seals import Seal
from cashback_gateway.local import demo_data
from cashback_gateway.local.ports import free_port
from integration import unspoken
from integration.command_line import SRC

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from adapters.postgres.connection.sessions import DatabaseRole

ROOT = Path(__file__).parents[2]
PASSWORD = "only for these tests"
ERASURE_KEY: Final = "5ea1" * 16
SEAL: Final = Seal.parse(ERASURE_KEY)
"""Of every database of these tests."""

START_S = 120.0
STOP_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


TOKEN_AGE_S: Final = 300.0
"""A third of an access token's life: a long run of tests needs several."""


@dataclass(slots=True, kw_only=True)
class Gateway:
    """A running gateway; `processes` are its API, worker and sandbox by name."""

    base_url: str
    sandbox_url: str
    dsn: str
    environ: dict[str, str]
    folder: Path
    logins: Mapping[str, str] = field(default_factory=dict[str, str])
    """The database's URL of whoever runs a command, where it is not that of `environ`."""
    processes: dict[str, subprocess.Popen[bytes]] = field(
        default_factory=dict[str, "subprocess.Popen[bytes]"]
    )
    _token: str | None = None
    _token_at_s: float = 0.0

    def token(self) -> str:
        """An access token of the user demo, who may submit and read; good for some minutes yet."""
        if self._token is None or time.monotonic() - self._token_at_s > TOKEN_AGE_S:
            self._token_at_s = time.monotonic()
            body = {"username": demo_data.USERNAME, "password": PASSWORD}
            reply = self.request("POST", "/api/token", body, authorised=False)
            assert reply.status == 200, reply.body
            self._token = str(reply.json["access"])
        return self._token

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        authorised: bool = True,
        to: str | None = None,
    ) -> Reply:
        """One request; `body` is sent as JSON, or as it is when it is bytes."""
        sent = dict(headers or {})
        if authorised:
            sent.setdefault("Authorization", f"Bearer {self.token()}")
        content = body if isinstance(body, bytes) else None
        if body is not None and content is None:
            content = json.dumps(body).encode()
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        return send(to or self.base_url, method, path, content, sent)

    def submit(self, sale: object, **headers: str) -> Reply:
        """Send a sale; header names with underscores for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", "/api/cashbacks", sale, headers=named)

    def credits(self) -> list[dict[str, Any]]:
        """What the sandbox really paid."""
        reply = self.request("GET", "/ledger", authorised=False, to=self.sandbox_url)
        credits_: list[dict[str, Any]] = reply.json["credits"]
        return credits_

    def misbehave(self, **directions: object) -> None:
        """Direct the sandbox provider (adapters.cashback_client.sandbox tells what it can do)."""
        reply = self.request(
            "POST", "/behaviours", directions, authorised=False, to=self.sandbox_url
        )
        assert reply.status == 200, reply.body

    def behave(self) -> None:
        """Let the sandbox provider be good again."""
        reply = self.request("DELETE", "/behaviours", authorised=False, to=self.sandbox_url)
        assert reply.status < 300, reply.body

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the gateway's database."""
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def start(self, name: str, *arguments: str, **settings: str) -> None:
        """Start one of its processes; what it prints is appended to a file of that name.

        `settings` are its own, beside the common ones.
        """
        url = self.logins.get(arguments[0])
        login = {} if url is None else {"DATABASE_URL": url}
        with unspoken.keep(self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "cashback_gateway", *arguments],
                env={**self.environ, **login, **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
            )

    def stop(self) -> None:
        """Stop all of them, the provider last."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


def send(
    base_url: str, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
) -> Reply:
    """One request over a connection of its own."""
    unspoken.note(content, headers)
    host = urlsplit(base_url).netloc
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        connection.request(method, path, content, dict(headers))
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        body = answer.read()
    finally:
        connection.close()
    unspoken.note(body)
    return Reply(status=answer.status, headers=named, body=body)


def wait_until_answers(gateway: Gateway, url: str, path: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            if send(url, "GET", path, None, {}).status == 200:
                return
        except OSError:
            pass
        ended = {n: p.returncode for n, p in gateway.processes.items() if p.poll() is not None}
        assert not ended, f"ended before it answered: {ended}; see {gateway.folder}"
        assert time.monotonic() < deadline, f"{url}{path} does not answer"
        time.sleep(0.02)


def login_of(dsn: str, name: str, roles: tuple[DatabaseRole, ...]) -> str:
    """The database's URL as a login with these roles alone."""
    ensure_app_login(dsn, name, PASSWORD, roles=roles)
    url = urlsplit(dsn)
    place = url.netloc.rpartition("@")[2]
    return url._replace(netloc=f"{name}:{quote(PASSWORD)}@{place}").geturl()


@contextmanager
def running_gateway(dsn: str, folder: Path, **settings: str) -> Generator[Gateway, None, None]:
    """A gateway on a migrated database with merchant 1, ready for its first sale."""
    demo_data.load(dsn, PASSWORD)
    key = folder / "signing_key.pem"
    create_signing_key(key)
    api_port, sandbox_port = free_port("127.0.0.1"), free_port("127.0.0.1")
    base_url, sandbox_url = f"http://127.0.0.1:{api_port}", f"http://127.0.0.1:{sandbox_port}"
    environ = {n: v for n, v in os.environ.items() if "CASHBACK" not in n}
    environ |= {
        "PYTHONPATH": SRC,
        "DATABASE_URL": dsn,
        "CASHBACK_PROVIDER_URL": sandbox_url,
        "CASHBACK_PORT": str(api_port),
        "CASHBACK_SIGNING_KEY_FILE": str(key),
        "CASHBACK_ERASURE_KEY": ERASURE_KEY,
        # One test's misbehaving provider must not stop the sending of the next one's sale.
        "CASHBACK_BREAKER_FAILURES": "1000",
        "CASHBACK_BREAKER_UNKNOWNS": "1000",
        **settings,
    }
    # As in production: each kind of process has a login of its own, which may do no more.
    roles = {} if "DATABASE_URL" in settings else {"serve": API_ROLES, "worker": WORKER_ROLES}
    gateway = Gateway(
        base_url=base_url,
        sandbox_url=sandbox_url,
        dsn=dsn,
        environ=environ,
        folder=folder,
        logins={command: login_of(dsn, f"{command}_of_test", of) for command, of in roles.items()},
    )
    with ExitStack() as stack:
        stack.callback(gateway.stop)
        ledger = folder / "ledger.jsonl"
        gateway.start("sandbox", "sandbox", f"--port={sandbox_port}", f"--ledger={ledger}")
        gateway.start("api", "serve")
        gateway.start("worker", "worker")
        wait_until_answers(gateway, sandbox_url, "/ledger")
        wait_until_answers(gateway, base_url, "/health/ready")
        gateway.token()  # before fifty threads ask for their first one at once
        yield gateway
