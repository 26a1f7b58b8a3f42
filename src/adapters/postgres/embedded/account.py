"""Who runs the embedded server: postgres refuses root, so root hands it to another account."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemUser:
    """A user of this machine that is not root."""

    uid: int
    gid: int

    def can_reach(self, folder: Path) -> bool:
        """Try it as that user: mode bits alone miss private parents, access lists and mounts."""
        try:
            done = subprocess.run(  # noqa: S603 - a constant script
                ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)],
                stderr=subprocess.DEVNULL,
                timeout=30,
                check=False,
                cwd="/",
                user=self.uid,
                group=self.gid,
                extra_groups=[],
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return done.returncode == 0


def account_for(cluster: Path) -> SystemUser | None:
    """Return the account to drop to, None when we are not root and need not.

    The owner of an existing cluster goes first. Raises LookupError when root finds nobody.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists() and cluster.stat().st_uid != 0:
        owner = cluster.stat()
        return SystemUser(uid=owner.st_uid, gid=owner.st_gid)
    for name in _NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return SystemUser(uid=entry.pw_uid, gid=entry.pw_gid)
    raise LookupError(
        f"root cannot run PostgreSQL, and no user {' or '.join(_NAMES)} is known here"
    )
