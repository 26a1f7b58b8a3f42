"""What a local run keeps between two starts: a folder, `var/` of the checkout by default."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.postgres.embedded import EmbeddedPostgres
from cashback_gateway.settings.declaration import file_name
from cashback_gateway.settings.secret_files import make_erasure_key

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

CHECKOUT = Path(__file__).resolve().parents[3]
DEFAULT_FOLDER = CHECKOUT / "var"


class LocalStateError(Exception):
    """The folder cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRun:
    """A run's process and where its parts answer; `metrics_urls` is empty when none is measured."""

    pid: int
    api_url: str
    provider_url: str
    metrics_urls: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalState:
    """The files of one local system; a throwaway's database vanishes with its server."""

    folder: Path = DEFAULT_FOLDER
    throwaway: bool = False

    @property
    def postgres(self) -> Path:
        """The embedded server's home."""
        return self.folder / "postgres"

    @property
    def signing_key(self) -> Path:
        """The key that signs tokens, in a folder that lets nobody in whoever runs this."""
        return self.folder / "secrets" / "signing_key.pem"

    @property
    def close_key(self) -> Path:
        """The key that closes are signed with."""
        return self.folder / "secrets" / "close_key.pem"

    @property
    def erasure_key(self) -> Path:
        """The key by which erased customers' sales are still known."""
        return self.folder / "secrets" / "erasure_key"

    @property
    def ledger(self) -> Path:
        """The sandbox provider's credits."""
        return self.folder / "sandbox_ledger.jsonl"

    @property
    def database_state(self) -> Path:
        """How far the database had come, to tell a restored one."""
        return self.folder / "database_state.json"

    @property
    def logs(self) -> Path:
        """One file for each process."""
        return self.folder / "log"

    def prepare(self) -> None:
        """Make the folders and the keys where absent. Raises LocalStateError."""
        from adapters.credentials.signing_key import create_signing_key

        try:
            # Passable for the account that root hands the database to; what is secret is not.
            mode = 0o711 if os.geteuid() == 0 else 0o700
            self.folder.mkdir(mode=mode, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            self.signing_key.parent.mkdir(mode=0o700, exist_ok=True)
            if not self.signing_key.exists():
                _write_whole(self.signing_key, create_signing_key)
            if not self.close_key.exists():
                _write_whole(self.close_key, create_signing_key)
            if not self.erasure_key.exists():
                _write_whole(self.erasure_key, make_erasure_key)
            self.signing_key.read_bytes()
            self.close_key.read_bytes()
            self.erasure_key.read_bytes()
        except OSError as error:
            raise LocalStateError(
                f"{self.folder} cannot be used ({error.strerror}: {error.filename}); "
                "was it made by another user?"
            ) from error

    def note_running(self, noted: LocalRun) -> None:
        """Write down what was started, for commands beside this run."""
        unfinished = self._noted.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(asdict(noted)), encoding="utf-8")
        unfinished.chmod(0o600)
        unfinished.rename(self._noted)

    def forget_running(self) -> None:
        """Nothing runs any more."""
        self._noted.unlink(missing_ok=True)

    def running(self) -> LocalRun | None:
        """What a run on this folder has started; None unless its process is there.

        The lock is not tried: for that moment a run that starts would take us for another one.
        """
        try:
            noted = LocalRun(**json.loads(self._noted.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        try:
            os.kill(noted.pid, 0)
        except PermissionError:
            pass  # there, and somebody else's
        except OSError:
            return None
        return noted

    @property
    def _noted(self) -> Path:
        return self.folder / "running.json"

    @contextlib.contextmanager
    def held(self) -> Generator[None, None, None]:
        """Keep a second run off the same folder; the kernel lets go however this process ends."""
        try:
            lock = os.open(self.folder / "run.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LocalStateError(f"{self.folder} cannot be used: {error.strerror}") from error
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pid = os.read(lock, 20).decode(errors="replace").strip()
                raise LocalStateError(
                    f"process {pid} already runs on {self.folder}; stop it first (Ctrl-C there)"
                ) from None
            os.ftruncate(lock, 0)
            os.write(lock, f"{os.getpid()}\n".encode())
            self.forget_running()  # a killed run's
            yield
            self.forget_running()
        finally:
            os.close(lock)


@contextlib.contextmanager
def completed_environment(
    environ: Mapping[str, str], state: LocalState
) -> Generator[dict[str, str], None, None]:
    """Fill in what a local run would supply, for a command used beside or after it.

    Of a run that is up, its provider and what it noted of the database, too. The database of the
    local run is used if it is up, and started for the time of the command if
    it only has data. Without a local run nothing is filled in.
    """
    completed = dict(environ)
    if not completed.get("CASHBACK_SIGNING_KEY_FILE") and state.signing_key.exists():
        completed["CASHBACK_SIGNING_KEY_FILE"] = str(state.signing_key)
    if not completed.get("CASHBACK_CLOSE_KEY_FILE") and state.close_key.exists():
        completed["CASHBACK_CLOSE_KEY_FILE"] = str(state.close_key)
    key_file = file_name("CASHBACK_ERASURE_KEY")
    key_given = completed.get("CASHBACK_ERASURE_KEY") or completed.get(key_file)
    if not key_given and state.erasure_key.exists():
        completed[key_file] = str(state.erasure_key)
    if not completed.get("CASHBACK_DATABASE_STATE_FILE") and state.database_state.exists():
        completed["CASHBACK_DATABASE_STATE_FILE"] = str(state.database_state)
    running = state.running()
    if not completed.get("CASHBACK_PROVIDER_URL") and running is not None:
        completed["CASHBACK_PROVIDER_URL"] = running.provider_url
    with contextlib.ExitStack() as stack:
        given = completed.get("DATABASE_URL") or completed.get(file_name("DATABASE_URL"))
        if not given and state.postgres.exists():
            server = EmbeddedPostgres(state.postgres)
            url = server.attach()
            completed["DATABASE_URL"] = url or stack.enter_context(server).dsn()
        yield completed


def _write_whole(path: Path, make: Callable[[Path], None]) -> None:
    """Write it under another name first: a kill leaves no key or a whole one."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    make(unfinished)
    unfinished.rename(path)
