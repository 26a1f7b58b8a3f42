"""Where an embedded server's files lie: its home, or a place that its account can reach."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from adapters.postgres.embedded.account import SystemUser, account_for
from adapters.postgres.embedded.binaries import EmbeddedPostgresError

# Folders that only root can make, so that nobody else can have put something there before.
_REACHABLE_BASES = (Path("/var/lib/cashback-gateway"), Path("/opt/cashback-gateway"))
_SOCKET_NAME = ".s.PGSQL.5432"
_LONGEST_SOCKET_PATH_BYTES = 100  # the kernel's limit is 108, on macOS 104


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPlace:
    """The folder that holds the cluster, and who runs the server on it."""

    folder: Path
    account: SystemUser | None

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.folder / "cluster"

    @property
    def password(self) -> Path:
        """The file with the database role's generated password, alone in a private folder."""
        before = self.folder / "password"  # where an earlier version made it
        return before if before.exists() else self.folder / "secrets" / "password"

    @property
    def copies(self) -> Path:
        """Where programs that the account cannot reach are copied to."""
        return self.folder.parent if self.folder.parent in _REACHABLE_BASES else self.folder

    def give(self, path: Path) -> Path:
        """Hand a file or folder to the account that runs the server."""
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)
        return path

    def socket_folder(self) -> Path:
        """Return the folder of the server's socket, short enough for the kernel, made if absent."""
        inside = self.folder / "socket"
        if len(os.fsencode(inside / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH_BYTES:
            if not inside.exists():
                inside.mkdir(mode=0o700)
                self.give(inside)
            return inside
        note = self.folder / "socket_folder"
        if note.exists() and self._is_ours(Path(note.read_text(encoding="utf-8"))):
            return Path(note.read_text(encoding="utf-8"))
        # A name that nobody can guess: the folder's parent is open to everybody.
        made = self.give(Path(tempfile.mkdtemp(prefix="cashback-", dir="/tmp")))
        note.write_text(str(made), encoding="utf-8")
        return made

    def _is_ours(self, folder: Path) -> bool:
        try:
            found = folder.lstat()
        except OSError:
            return False
        owner = self.account.uid if self.account else os.geteuid()
        return (
            stat.S_ISDIR(found.st_mode)
            and found.st_uid == owner
            and not stat.S_IMODE(found.st_mode) & 0o077
        )


def find_place(home: Path) -> ClusterPlace:
    """Return where the cluster of `home` lies, making the folders.

    That is `home` itself, unless we are root and no other account can reach it: then it is a
    folder under /var/lib, and `home/location` tells which. Raises EmbeddedPostgresError.
    """
    pointer = home / "location"
    try:
        home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(f"{home} belongs to another user")
        folder = Path(pointer.read_text(encoding="utf-8")) if pointer.exists() else home
        if folder != home and not folder.is_dir():
            raise EmbeddedPostgresError(
                f"{pointer} says that the data lies in {folder}, which is gone; bring it back, "
                f"or remove {pointer} to start without data"
            )
        account = account_for(folder / "cluster")
    except (OSError, LookupError) as error:
        raise EmbeddedPostgresError(f"no place for the database in {home}: {error}") from error
    if account is None or account.can_reach(folder):
        return ClusterPlace(folder=folder, account=account)
    moved = _reachable(home, account)
    pointer.write_text(str(moved), encoding="utf-8")
    return ClusterPlace(folder=moved, account=account)


def _reachable(home: Path, account: SystemUser) -> Path:
    name = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]
    for base in _REACHABLE_BASES:
        folder = base / name
        try:
            for made in (base, folder):
                made.mkdir(mode=0o711, parents=True, exist_ok=True)
                made.chmod(0o711)
        except OSError:
            continue
        if account.can_reach(folder):
            return folder
    bases = " nor ".join(str(base) for base in _REACHABLE_BASES)
    raise EmbeddedPostgresError(
        f"root cannot run PostgreSQL, and user {account.uid} can reach neither {home} nor {bases}; "
        "run as an ordinary user or set DATABASE_URL"
    )
