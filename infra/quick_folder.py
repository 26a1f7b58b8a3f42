"""Where tests keep their throwaway databases: in memory where there is plenty, else as usual.

The servers run as in production, with every fsync; on a folder in memory an fsync takes no time.
Nothing is less strict for it: what a power cut does to a disk is no test's subject.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, where Linux has one
NEEDED = 6 * 1024**3
"""Bytes that must be free on it and in the machine: some ten times what a whole run keeps."""


def main() -> None:
    """Print the folder."""
    sys.stdout.write(f"{MEMORY if _is_plenty() else tempfile.gettempdir()}\n")


def _is_plenty() -> bool:
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < NEEDED:
        return False
    told = Path("/proc/meminfo").read_text().split("MemAvailable:")
    return len(told) > 1 and int(told[1].split()[0]) * 1024 >= NEEDED


if __name__ == "__main__":
    main()
