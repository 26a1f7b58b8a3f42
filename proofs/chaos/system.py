"""The system under chaos: two APIs, two workers, PostgreSQL, the sandbox provider."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil
import psycopg

from adapters.credentials.password_hashes import hash_password
from adapters.credentials.signing_key import create_signing_key
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.schema.migration import migrate
from cashback_core.privacy.seals import new_erasure_key
from cashback_gateway.local.demo_data import load
from cashback_gateway.local.ports import free_port
from chaos.profile import SETTINGS
from chaos.quick_folder import quick_folder
from chaos.short_days import make_days_short

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

PASSWORD: Final = "only for the chaos run"  # noqa: S105 - of a database that vanishes with it
PLATFORM_USER: Final = "petra"
APIS: Final = ("api-1", "api-2")
WORKERS: Final = ("worker-1", "worker-2")
NO_MUTANT: Final = "none"
_CHECKOUT: Final = Path(__file__).resolve().parents[2]
_START_S: Final = 60.0
_STOP_S: Final = 20.0
_LOOPBACK: Final = "127.0.0.1"


class ChaosError(Exception):
    """The run itself could not go on; it proves nothing either way."""


class System:
    """Starts everything on free ports and a folder that vanishes, kills and restarts on demand.

    With `mutant` the APIs and workers run with that fault planted (proofs/chaos/mutants.py); with
    `echoes` the provider's statement repeats our references.
    """

    def __init__(self, *, mutant: str | None = None, echoes: bool = False) -> None:
        self._exit = contextlib.ExitStack()
        self._mutant = mutant
        self._echoes = echoes
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ports = {name: free_port(_LOOPBACK) for name in (*APIS, "sandbox")}
        self._environ: dict[str, str] = {}
        self.folder = Path()
        self.dsn = ""
        self._database: EmbeddedPostgres | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._exit.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._exit.close()

    @property
    def environ(self) -> Mapping[str, str]:
        """What every process is started with."""
        return self._environ

    def address(self, name: str) -> tuple[str, int]:
        """Where an API or the sandbox listens."""
        return _LOOPBACK, self._ports[name]

    def url(self, name: str) -> str:
        """The base URL of an API or the sandbox."""
        return f"http://{_LOOPBACK}:{self._ports[name]}"

    def start(self, name: str) -> None:
        """Start one process; it says what it has to say to a log of its own."""
        program, *arguments = self._command(name)
        environ = dict(self._environ)
        if name in APIS:
            environ["CASHBACK_PORT"] = str(self._ports[name])
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", program, *arguments],
                env=environ,
                stdin=subprocess.PIPE,  # its end tells the process that this one is gone
                stdout=log,
                stderr=log,
                cwd=_CHECKOUT,
            )

    def kill(self, name: str) -> None:
        """Kill -9, and wait until it is gone."""
        process = self._processes[name]
        process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send SIGSTOP or SIGCONT; a process that was killed meanwhile needs neither."""
        self._processes[name].send_signal(number)

    def crash_database(self) -> None:
        """Kill -9 the postmaster with every backend, as a power cut does, and start it again."""
        assert self._database is not None
        _, pid = self._database.pids()
        if pid is None:
            raise ChaosError("the database is gone already")
        postmaster = psutil.Process(pid)
        postmaster.suspend()  # so that it starts no other backend meanwhile
        everybody = [postmaster, *postmaster.children(recursive=True)]
        for process in everybody:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        deadline = time.monotonic() + _STOP_S
        while not self._database.has_ended() or not all(_is_dead(p) for p in everybody):
            if time.monotonic() > deadline:
                raise ChaosError("the database does not die")
            time.sleep(0.005)
        self._database.start()

    def disconnect_all(self) -> None:
        """End every session of the database, as a failing proxy does."""
        with psycopg.connect(self.dsn, connect_timeout=2) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )

    def move_to(self, zone: str) -> None:
        """Correct the merchant's zone, as an administrator does."""
        with psycopg.connect(self.dsn, connect_timeout=2) as connection:
            connection.execute("update merchants set zone = %s", [zone])

    def revive(self) -> list[str]:
        """Start whichever API or worker has ended by itself; their names."""
        ended = [n for n in (*APIS, *WORKERS) if self._processes[n].poll() is not None]
        for name in ended:
            self.kill(name)  # closes what is left of it
            self.start(name)
        return ended

    def save_logs(self, folder: Path) -> None:
        """Copy every process's log, the database's too."""
        folder.mkdir(parents=True, exist_ok=True)
        for log in (*self.folder.glob("*.log"), *self.folder.glob("postgres/*.log")):
            shutil.copy(log, folder)

    def log_of(self, name: str) -> str:
        """What a process said."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def _command(self, name: str) -> list[str]:
        if name == "sandbox":
            ledger = self.folder / "ledger.jsonl"
            port = f"--port={self._ports[name]}"
            echoes = ["--statement-reference"] if self._echoes else []
            arguments = ["--end-with-stdin", "sandbox", port, f"--ledger={ledger}", *echoes]
            return ["cashback_gateway", *arguments]
        arguments = ["--end-with-stdin", "serve" if name in APIS else "worker"]
        if self._mutant is None and name in APIS:
            return ["cashback_gateway", *arguments]
        return ["chaos.launch", self._mutant or NO_MUTANT, *arguments]

    def _start(self) -> None:
        self.folder = Path(
            self._exit.enter_context(
                tempfile.TemporaryDirectory(prefix="cashback-chaos-", dir=quick_folder())
            )
        )
        home = self.folder / "postgres"
        home.mkdir()
        if os.geteuid() == 0:
            self.folder.chmod(0o711)  # the account that root hands the server to must get through
            home.chmod(0o711)
        self._database = EmbeddedPostgres(home, throwaway=True)
        self.dsn = self._database.start()
        self._exit.callback(self._database.stop)
        migrate(self.dsn)
        make_days_short(self.dsn)
        load(self.dsn, PASSWORD)
        with psycopg.connect(self.dsn) as connection:
            connection.execute(
                "insert into users (username, role, password_hash) values (%s, 'platform', %s)",
                [PLATFORM_USER, hash_password(PASSWORD)],
            )
        key, close_key = self.folder / "signing_key.pem", self.folder / "close_key.pem"
        create_signing_key(key)
        create_signing_key(close_key)
        self._environ = {n: v for n, v in os.environ.items() if not n.startswith("CASHBACK_")} | {
            "PYTHONPATH": os.pathsep.join([str(_CHECKOUT / "src"), str(_CHECKOUT / "proofs")]),
            "DATABASE_URL": self.dsn,
            "CASHBACK_PROVIDER_URL": self.url("sandbox"),
            "CASHBACK_SIGNING_KEY_FILE": str(key),
            "CASHBACK_CLOSE_KEY_FILE": str(close_key),
            "CASHBACK_ERASURE_KEY": new_erasure_key(),
            "CASHBACK_DATABASE_STATE_FILE": str(self.folder / "database_state.json"),
            "CASHBACK_PROVIDER_ECHOES_REFERENCE": str(self._echoes).lower(),
            **SETTINGS,
        }
        self._exit.callback(self._stop_processes)
        for name in ("sandbox", *APIS, *WORKERS):
            self.start(name)
        self._wait_until_ready({"sandbox": "/ledger", **dict.fromkeys(APIS, "/health/ready")})

    def _wait_until_ready(self, paths: Mapping[str, str]) -> None:
        deadline = time.monotonic() + _START_S
        for name, path in paths.items():
            while not _answers(self.url(name) + path):
                if self._processes[name].poll() is not None or time.monotonic() > deadline:
                    raise ChaosError(f"{name} does not come up:\n{self.log_of(name)[-4000:]}")
                time.sleep(0.02)

    def _stop_processes(self) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for name, process in self._processes.items():
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self.kill(name)
            assert process.stdin is not None
            process.stdin.close()


def _is_dead(process: psutil.Process) -> bool:
    """Whether it runs no more, though perhaps nobody has asked how it ended."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - an address of ours
            return bool(answer.status == 200)
    except OSError:
        return False
