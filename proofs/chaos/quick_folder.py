"""Where the databases of trials and tests lie."""

from __future__ import annotations

import contextlib
import os
from typing import Final

_MEMORY: Final = "/dev/shm"  # noqa: S108 - a private folder is made in it
_ENOUGH_BYTES: Final = 2 * 1024**3


def quick_folder() -> str | None:
    """Memory where there is enough: kill -9 takes no file from it, and recovery syncs quickly.

    On a busy disk one recovery takes seconds, and a storm of crashes becomes one long outage; a
    test's own database takes ten times as long to make.
    """
    with contextlib.suppress(OSError):
        there = os.statvfs(_MEMORY)
        # A server that may not run where it is installed is copied beside its data.
        runs_programs = not there.f_flag & os.ST_NOEXEC
        enough = there.f_bavail * there.f_frsize >= _ENOUGH_BYTES
        if enough and runs_programs and os.access(_MEMORY, os.W_OK):
            return _MEMORY
    return None
