"""The whole system on one machine: database, sandbox provider, API and worker."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.operators.open_work import LISTENER
from cashback_gateway.local.ports import Ports
from cashback_gateway.local.state import LocalRun, LocalStateError
from cashback_gateway.local.supervisor import DatabasePart, ProcessPart, Program, Supervisor
from cashback_gateway.settings.declaration import file_name
from cashback_gateway.settings.environment import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

    from cashback_gateway.local.state import LocalState
    from cashback_gateway.settings.table import Settings

METRICS_PORT = 9464
"""Where the API's metrics are tried first, as OpenTelemetry's exporters do; the worker's follow."""

MAX_PORT = 65_535
_LOOPBACK = "127.0.0.1"
_STOP_MARGIN_S = 5.0
_LOCAL_WEBHOOKS = {
    "CASHBACK_WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8,::1/128",
    "CASHBACK_WEBHOOK_PLAIN_HTTP": "true",
}
"""A receiver that somebody tries out runs here, too."""

_ANY_ADDRESS = {"0.0.0.0": _LOOPBACK, "::": "::1"}  # noqa: S104 - told apart, not bound


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSystem:
    """What somebody needs to know of a system that is up."""

    api_url: str
    provider_url: str
    ledger_url: str | None
    metrics_urls: dict[str, str]
    """By process; empty when nothing is measured."""

    new_password: str | None
    new_users: list[str]
    """Who has that password; everybody else's was shown before."""


class LocalSystem:
    """Starts everything on one state folder; `stop_asked` ends waiting early."""

    def __init__(
        self,
        state: LocalState,
        environ: Mapping[str, str],
        *,
        tell: Callable[[str], None],
        stop_asked: Callable[[], int],
    ) -> None:
        self._state = state
        self._given = {name: value for name, value in environ.items() if value}
        self._tell = tell
        self._stop_asked = stop_asked
        self._supervisor = Supervisor(tell)
        self._exit = contextlib.ExitStack()
        self._ports = self._exit.enter_context(contextlib.closing(Ports()))

    def start(self) -> RunningSystem | None:
        """Bring everything up; None when a stop was asked meanwhile.

        Raises SettingsError before anything is started, LocalStateError, PartFailedError,
        EmbeddedPostgresError, SchemaMismatch, UnsafeDatabase.
        """
        given = read_settings(self._given, needs=())
        host, port = given.api.host, self._port(given.api.host, given.api.port)
        self._state.prepare()
        self._exit.enter_context(self._state.held())
        environ = {
            **self._given,
            "CASHBACK_PORT": str(port),
            "CASHBACK_SIGNING_KEY_FILE": self._given.get(
                "CASHBACK_SIGNING_KEY_FILE", str(self._state.signing_key)
            ),
            "CASHBACK_CLOSE_KEY_FILE": self._given.get(
                "CASHBACK_CLOSE_KEY_FILE", str(self._state.close_key)
            ),
            **self._erasure_key(),
            **{name: self._given.get(name, local) for name, local in _LOCAL_WEBHOOKS.items()},
            "CASHBACK_DATABASE_STATE_FILE": self._given.get(
                "CASHBACK_DATABASE_STATE_FILE", str(self._state.database_state)
            ),
        }
        database_url = given.database.url
        if not database_url:
            database_url = environ["DATABASE_URL"] = self._start_database()
        password = secrets.token_urlsafe(12)
        new_users = self._fill_database(database_url, password)
        sandbox_url = None
        if "CASHBACK_PROVIDER_URL" not in environ:
            sandbox_url = self._start_sandbox(environ)
            environ["CASHBACK_PROVIDER_URL"] = sandbox_url
        settings = read_settings(environ)
        shown_host = _ANY_ADDRESS.get(host, host)
        metrics_ports = self._metrics_ports(settings)
        self._start_gateway(
            environ, settings.delivery.deadline_s, (shown_host, port), metrics_ports
        )
        if not self._supervisor.wait_until_ready(lambda: self._stop_asked() > 0):
            return None
        metrics_host = settings.telemetry.metrics_host
        running = RunningSystem(
            api_url=_url(host, port),
            provider_url=settings.provider.url,
            ledger_url=None if sandbox_url is None else f"{sandbox_url}/ledger",
            metrics_urls={
                name: f"{_url(metrics_host, metrics_port)}/metrics"
                for name, metrics_port in metrics_ports.items()
            },
            new_password=password if new_users else None,
            new_users=new_users,
        )
        self._state.note_running(
            LocalRun(
                pid=os.getpid(),
                api_url=running.api_url,
                provider_url=running.provider_url,
                metrics_urls=running.metrics_urls,
            )
        )
        return running

    def watch(self) -> None:
        """Keep everything running until a stop is asked. Raises PartFailedError."""
        self._supervisor.watch(lambda: self._stop_asked() > 0)

    def stop(self) -> None:
        """Stop in order: API, worker, provider, database. A second ask makes it quick."""
        asked = self._stop_asked()
        self._supervisor.stop(hurry=lambda: self._stop_asked() > max(asked, 1))
        self._exit.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _erasure_key(self) -> dict[str, str]:
        """The key of its own, where none is given."""
        key_file = file_name("CASHBACK_ERASURE_KEY")
        if "CASHBACK_ERASURE_KEY" in self._given or key_file in self._given:
            return {}
        return {key_file: str(self._state.erasure_key)}

    def _port(self, host: str, port: int) -> int:
        try:
            if self._ports.claim(host, port):
                return port
            if "CASHBACK_PORT" in self._given:
                raise LocalStateError(
                    f"CASHBACK_PORT is {port}, and another program listens there already"
                )
            other = self._ports.claim_any(host)
        except OSError as error:
            raise LocalStateError(
                f"CASHBACK_HOST is {host!r}, where nothing can listen: {error.strerror}"
            ) from error
        self._tell(f"port {port} is taken by another program; using {other}")
        return other

    def _start_database(self) -> str:
        self._tell("starting PostgreSQL")
        server = EmbeddedPostgres(self._state.postgres, throwaway=self._state.throwaway)
        self._supervisor.start(DatabasePart(server))
        return server.dsn()

    def _metrics_ports(self, settings: Settings) -> dict[str, int]:
        """A port for each process that is measured: two cannot listen on one."""
        host, first = settings.telemetry.metrics_host, settings.telemetry.metrics_port
        if "CASHBACK_METRICS_PORT" in self._given:
            if not first:
                return {}
        else:
            first = self._claimed(host, METRICS_PORT)
        return {"api": first, "worker": self._claimed(host, min(first + 1, MAX_PORT))}

    def _claimed(self, host: str, port: int) -> int:
        return port if self._ports.claim(host, port) else self._ports.claim_any(host)

    def _fill_database(self, url: str, password: str) -> list[str]:
        """Migrate and load the demo data; return the users who are new and have that password."""
        from adapters.postgres.connection.startup_checks import refuse_unsafe
        from adapters.postgres.schema.migration import migrate
        from cashback_gateway.local import demo_data

        self._tell("migrating the database")
        refuse_unsafe(url)
        migrate(url)
        return demo_data.load(url, password)

    def _start_sandbox(self, environ: Mapping[str, str]) -> str:
        self._tell("starting the sandbox provider")
        port = self._ports.claim_any(_LOOPBACK)
        arguments = [
            "sandbox",
            f"--host={_LOOPBACK}",
            f"--port={port}",
            f"--ledger={self._state.ledger}",
        ]
        part = self._part(
            "sandbox",
            arguments,
            environ,
            stop_s=_STOP_MARGIN_S,
            is_ready=lambda: _answers((_LOOPBACK, port), "/health/live"),
        )
        self._supervisor.start(part)
        return f"http://{_LOOPBACK}:{port}"

    def _start_gateway(
        self,
        environ: Mapping[str, str],
        deadline_s: float,
        address: tuple[str, int],
        metrics_ports: Mapping[str, int],
    ) -> None:
        self._tell("starting the delivery worker and the API")
        stop_s = deadline_s + _STOP_MARGIN_S

        def measured(name: str) -> dict[str, str]:
            return {**environ, "CASHBACK_METRICS_PORT": str(metrics_ports.get(name, 0))}

        url = environ["DATABASE_URL"]
        self._supervisor.start(
            self._part(
                "worker",
                ["worker"],
                measured("worker"),
                stop_s=stop_s,
                is_ready=lambda: _listens(url),
            )
        )
        self._supervisor.start(
            self._part(
                "api",
                ["serve"],
                measured("api"),
                stop_s=stop_s,
                is_ready=lambda: _answers(address, "/health/ready"),
            )
        )

    def _part(
        self,
        name: str,
        arguments: list[str],
        environ: Mapping[str, str],
        *,
        stop_s: float,
        is_ready: Callable[[], bool],
    ) -> ProcessPart:
        source = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, (source, environ.get("PYTHONPATH"))))
        return ProcessPart(
            name,
            Program(
                command=[sys.executable, "-m", "cashback_gateway", "--end-with-stdin", *arguments],
                environ={**environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
                log=self._state.logs / f"{name}.log",
                stop_s=stop_s,
                is_ready=is_ready,
            ),
        )


def _listens(database_url: str) -> bool:
    """Tell whether a worker waits for what becomes due: nobody else sends a thing again."""
    import psycopg

    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            found = connection.execute(
                "select from pg_stat_activity where application_name = %s"
                " and datname = current_database()",
                [LISTENER],
            )
            return found.rowcount > 0
    except psycopg.Error:
        return False


def _url(host: str, port: int) -> str:
    """Where a browser on this machine finds it."""
    shown = _ANY_ADDRESS.get(host, host)
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _answers(address: tuple[str, int], path: str) -> bool:
    """Tell whether a GET is answered with 200."""
    connection = http.client.HTTPConnection(*address, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
