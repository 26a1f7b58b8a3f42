"""A PostgreSQL server of our own, for local use and for tests.

Everything that keeps data safe stays on (fsync, full_page_writes, synchronous_commit). It listens
on a socket in a private folder only, and asks for a generated password. It ends with the process
that started it, however that one ends; a server left over by a kill -9 of its keeper is adopted at
the next start.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
from psycopg import sql

from adapters.postgres.embedded.binaries import EmbeddedPostgresError
from adapters.postgres.embedded.launch import ROLE, initialise, launch, postmaster_pid
from adapters.postgres.embedded.place import find_place

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Generator
    from types import TracebackType
    from typing import Self

    from adapters.postgres.embedded.place import ClusterPlace

DATABASE = "cashback"
_GRANT_AS_IN = """
do $$
declare
    granted record;
begin
    revoke all on database {name} from public;
    for granted in
        select a.privilege_type, r.rolname
        from pg_database as d cross join aclexplode(d.datacl) as a
        join pg_roles as r on r.oid = a.grantee
        where d.datname = {template}
    loop
        execute format(
            'grant %s on database %I to %I', granted.privilege_type, {text}, granted.rolname
        );
    end loop;
end $$
"""
_BUSY_S = 60.0  # a former owner that was killed leaves its writers 20 s
_STOP_S = 60.0
_POLL_S = 0.01


class EmbeddedPostgres:
    """One server on one home folder; `start` may be called again whenever `has_ended`."""

    def __init__(self, home: Path, *, throwaway: bool = False) -> None:
        self.home = home.absolute()
        self._throwaway = throwaway
        self._known_place: ClusterPlace | None = None
        self._keeper: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Start, adopt or recover the server and return the URL of its database.

        Raises EmbeddedPostgresError when another process keeps the same home, when no usable
        PostgreSQL is found, or when the server does not come up.
        """
        if self.has_ended():
            self.stop()  # closes what is left of a keeper that died
        place = self._place()
        lock = self._take_lock()
        try:
            if not (place.cluster / "PG_VERSION").exists():
                initialise(place)
            remove = (place.socket_folder(), place.folder, self.home) if self._throwaway else ()
            log = self.home / "postgres.log"
            self._keeper = launch(place, lock=lock, log=log, remove=remove)
        finally:
            os.close(lock)  # the keeper holds it from now on, if there is one
        try:
            self._ensure_database()
        except psycopg.OperationalError as error:
            raise EmbeddedPostgresError(f"PostgreSQL came up and went away: {error}") from error
        return self.dsn()

    def attach(self) -> str | None:
        """Return the database's URL if some process keeps the server up now; owns nothing."""
        made = (self.home / name for name in ("cluster", "location"))
        if not any(path.exists() for path in made):
            return None
        try:
            psycopg.connect(self.dsn(), connect_timeout=5).close()
        except (psycopg.OperationalError, OSError):
            return None
        return self.dsn()

    def stop(self) -> None:
        """Shut down fast (open transactions abort, nothing committed is lost) and wait for it."""
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        assert keeper.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            keeper.stdin.write("stop")
            keeper.stdin.close()
        keeper.wait(_STOP_S)

    def has_ended(self) -> bool:
        """Tell whether the server, or the process that keeps it, is gone since `start`."""
        return self._keeper is None or self._keeper.poll() is not None

    def dsn(self, database: str = DATABASE) -> str:
        """Return a URL for psycopg, psql and pgbench; it holds the password."""
        place = self._place()
        password = place.password.read_text(encoding="utf-8")
        folder = quote(str(place.socket_folder()), safe="")
        return f"postgresql://{ROLE}:{password}@/{quote(database)}?host={folder}&port=5432"

    def pids(self) -> tuple[int | None, int | None]:
        """Return the process ids of the keeper and of the server."""
        keeper = None if self.has_ended() or self._keeper is None else self._keeper.pid
        return keeper, postmaster_pid(self._place().cluster)

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Create a database, quickly from a migrated template, and return its URL.

        Nobody may be connected to the template meanwhile.
        """
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("create database {} template {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
            # A template hands on its schema, not who may do what in the database: see `migrate`.
            connection.execute(
                sql.SQL(_GRANT_AS_IN).format(
                    name=sql.Identifier(name),
                    text=sql.Literal(name),
                    template=sql.Literal(template),
                )
            )
        return self.dsn(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, with whoever is connected to it; an absent one is fine."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
            )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _place(self) -> ClusterPlace:
        if self._known_place is None:
            self._known_place = find_place(self.home)
        return self._known_place

    def _take_lock(self) -> int:
        """Wait for a former keeper of this home to end; one that stays belongs to somebody."""
        lock = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + _BUSY_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(lock)
                    message = f"another process keeps the database in {self.home}"
                    raise EmbeddedPostgresError(message) from None
                time.sleep(_POLL_S)
            else:
                return lock

    def _ensure_database(self) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            query = "select 1 from pg_database where datname = %s"
            if connection.execute(query, (DATABASE,)).fetchone() is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))


@contextlib.contextmanager
def throwaway_postgres(parent: str | None = None) -> Generator[EmbeddedPostgres, None, None]:
    """Run a server whose files vanish with it, also when this process is killed.

    They lie under `parent`, else where temporary files do.
    """
    home = Path(tempfile.mkdtemp(prefix="cashback-", dir=parent))
    if os.geteuid() == 0:
        home.chmod(0o711)  # the account that root hands the server to must get through
    with EmbeddedPostgres(home, throwaway=True) as server:
        yield server
