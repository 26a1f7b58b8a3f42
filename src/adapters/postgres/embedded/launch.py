"""Making a cluster, and starting or adopting the server on it."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.postgres.embedded import keeper as keeper_script
from adapters.postgres.embedded.binaries import EmbeddedPostgresError, find_binaries

if TYPE_CHECKING:
    from adapters.postgres.embedded.binaries import Binaries
    from adapters.postgres.embedded.place import ClusterPlace

ROLE = "cashback"
_START_S = 60.0  # recovery after a crash included
_POLL_S = 0.01
_LOG_BYTES = 8 * 1024 * 1024
_OPTIONS = {
    "listen_addresses": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Said here too, so that no edited configuration file can quietly give up durability.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
}
# What a start says while the processes of a server killed a moment ago are still ending.
_STILL_ENDING = ("pre-existing shared memory block", "lock file")
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")


def initialise(place: ClusterPlace) -> None:
    """Make the cluster under another name first: a kill leaves none or a whole one.

    Raises EmbeddedPostgresError with what initdb said.
    """
    binaries = find_binaries(major=None, account=place.account, copies=place.copies)
    unfinished = place.folder / "cluster.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    place.give(unfinished)
    command = [
        str(binaries.folder / "initdb"),
        f"--pgdata={unfinished}",
        f"--username={ROLE}",
        f"--pwfile={_new_password(place)}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--data-checksums",
    ]
    account = place.account
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=_environment(),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode != 0:
        raise EmbeddedPostgresError(f"initdb failed: {done.stderr.strip()}")
    unfinished.rename(place.cluster)


def launch(
    place: ClusterPlace, *, lock: int, log: Path, remove: tuple[Path, ...] = ()
) -> subprocess.Popen[str]:
    """Start the server, or adopt the one that still runs, and return its keeper once it is ready.

    The keeper holds the open file `lock` while it lives, and removes `remove` at its end. Raises
    EmbeddedPostgresError with the end of the log when the server does not come up within 60 s.
    """
    major = int((place.cluster / "PG_VERSION").read_text(encoding="utf-8"))
    binaries = find_binaries(major=major, account=place.account, copies=place.copies)
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    options = [f"--log={log}", *(f"--remove={path}" for path in remove)]
    deadline = time.monotonic() + _START_S
    while True:
        begin = log.stat().st_size if log.exists() else 0
        running = postmaster_pid(place.cluster)
        if running is None:
            _forget_reused_pid(place)
            keeper = _keeper([*options, *_server_command(place, binaries)], lock)
        else:
            keeper = _keeper([*options, f"--adopt={running}"], lock)
        if _comes_up(place.cluster, keeper, deadline):
            return keeper
        _end(keeper)
        said = _read_from(log, begin)
        # An adopted server that went away was stopping already: start anew.
        passing = running is not None or any(text in said for text in _STILL_ENDING)
        if time.monotonic() > deadline or not passing:
            raise EmbeddedPostgresError(f"PostgreSQL did not start: {said[-2000:]}")
        time.sleep(0.1)


def postmaster_pid(cluster: Path) -> int | None:
    """Return the process id of the server that runs on `cluster`, if one does.

    The id in postmaster.pid is not enough: after a reboot, or in a new container, it may be
    another program's. A server's working directory is its cluster.
    """
    pid = _noted_pid(cluster)
    if pid is None:
        return None
    try:
        return pid if Path(f"/proc/{pid}/cwd").samefile(cluster) else None
    except OSError:
        pass
    if Path("/proc/self/cwd").exists():
        return None
    done = subprocess.run(  # noqa: S603 - constant but for a number
        ["/bin/ps", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return pid if f"-D{cluster}" in done.stdout else None


def _noted_pid(cluster: Path) -> int | None:
    try:
        first = (cluster / "postmaster.pid").read_text(encoding="utf-8").partition("\n")[0]
        return int(first)
    except (OSError, ValueError):
        return None


def _forget_reused_pid(place: ClusterPlace) -> None:
    """Remove the lock files of a dead server whose process id now belongs to another program.

    PostgreSQL would take that program for a running server and refuse for ever. Should processes
    of the dead server be left, it still notices by their shared memory.
    """
    pid = _noted_pid(place.cluster)
    if pid is None:
        return
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return  # PostgreSQL sees that by itself
    except PermissionError:
        pass
    (place.cluster / "postmaster.pid").unlink(missing_ok=True)
    for lock in place.socket_folder().glob("*.lock"):
        lock.unlink(missing_ok=True)


def _server_command(place: ClusterPlace, binaries: Binaries) -> list[str]:
    account = place.account
    identity = [] if account is None else [f"--uid={account.uid}", f"--gid={account.gid}"]
    # The value is a list of folders: quotes keep a comma or a space in the name.
    sockets = '"' + str(place.socket_folder()).replace('"', '""') + '"'
    settings = {**_OPTIONS, "unix_socket_directories": sockets}
    return [
        *identity,
        "--",
        str(binaries.folder / "postgres"),
        f"-D{place.cluster}",
        *(f"-c{name}={value}" for name, value in settings.items()),
    ]


def _keeper(arguments: list[str], lock: int) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-I", "-S", keeper_script.__file__, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env=_environment(),
        pass_fds=(lock,),
        start_new_session=True,
    )


def _comes_up(cluster: Path, keeper: subprocess.Popen[str], deadline: float) -> bool:
    """Wait until the keeper's own server says in postmaster.pid that it is ready."""
    assert keeper.stdout is not None
    with keeper.stdout as told:
        pid = told.readline().strip()
    while keeper.poll() is None and time.monotonic() < deadline:
        try:
            lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            lines = []
        if len(lines) >= 8 and lines[0] == pid and lines[7].strip() == "ready":
            return True
        time.sleep(_POLL_S)
    return False


def _end(keeper: subprocess.Popen[str]) -> None:
    assert keeper.stdin is not None
    keeper.stdin.close()
    keeper.wait()


def _read_from(log: Path, begin: int) -> str:
    with log.open("rb") as file:
        file.seek(begin)
        return file.read().decode(errors="replace").strip()


def _new_password(place: ClusterPlace) -> Path:
    """Make a password that initdb, as the server's account, and we can read."""
    path = place.password
    path.unlink(missing_ok=True)
    path = place.password
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700)
        place.give(path.parent)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(32))
    return place.give(path)


def _environment() -> dict[str, str]:
    """No PG* variable of the user's and no secret of ours reaches the server."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed_on, "LC_ALL": "C"}
