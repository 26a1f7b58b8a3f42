"""What the figures were measured on: enough to judge them by, no names and no paths."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg

from benchmarks.processes import CHECKOUT

if TYPE_CHECKING:
    from benchmarks.bench_system import BenchSystem

_LIBRARIES = ("litestar", "uvicorn", "uvloop", "httptools", "msgspec", "psycopg")
_DURABILITY = ("fsync", "full_page_writes", "synchronous_commit", "wal_sync_method")


# Asked of any Python: its version, and whether it was built for speed. Debian's rules ask for both,
# which its configuration does not show.
_BUILD = """
import platform, sysconfig
options = sysconfig.get_config_var("CONFIG_ARGS") or ""
built = [name for name, flag in (("PGO", "--enable-optimizations"), ("LTO", "--with-lto"))
         if flag in options]
if "deb_system" in sysconfig.get_scheme_names():
    built = ["PGO", "LTO"]
how = "built with " + " and ".join(built) if built else "built without PGO and LTO"
print(f"{platform.python_version()} ({platform.python_implementation()}, {how})")
"""


def described(system: BenchSystem, *, beside: Path | None = None) -> dict[str, str]:
    """Return lines for the report, by their headings; `beside` is the Python of the peers."""
    peers = {} if beside is None else {"The peers' Python": python(beside)}
    return {
        "Machine": f"{machine()}; shared by load generator, API, PostgreSQL and provider",
        "Disk": f"{system.disk.file_system}, {system.disk.sync_ms:.2f} ms for an fsync of 8 kB",
        "PostgreSQL": _server(system.server.dsn()),
        "pgbench": _said(str(system.pgbench.program), "--version"),
        "Python": f"{python()}, " + ", ".join(f"{name} {version(name)}" for name in _LIBRARIES),
        **peers,
        "Code": _said("git", "-C", str(CHECKOUT), "describe", "--always", "--dirty"),
    }


def machine() -> str:
    """Return what the hardware is, in a line."""
    return (
        f"{os.cpu_count()} cores ({processor()}), "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB of memory, "
        f"{platform.system()} {platform.release().partition('-')[0]}, {platform.machine()}"
    )


def python(program: Path | str = sys.executable) -> str:
    """Return a Python's version, and whether it was built for speed, which is worth 12 %."""
    return _said(str(program), "-c", _BUILD)


def processor() -> str:
    """Return the processor's name, "unknown" where none is told."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown"
    found = re.search(r"^model name\s*: (.+)$", told, re.MULTILINE)
    return found[1].strip() if found else "unknown"


def _server(dsn: str) -> str:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select name, setting from pg_settings where name = any(%s) order by name",
            [[*_DURABILITY, "server_version", "shared_buffers"]],
        ).fetchall()
    told = {str(name): str(setting) for name, setting in rows}
    return told.pop("server_version") + ", " + ", ".join(f"{k} {v}" for k, v in told.items())


def _said(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()
