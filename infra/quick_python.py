"""Prints which Python benchmarks run on: one built with PGO and LTO, if the system has one.

The same code takes a tenth to a fifth less CPU there, and the image's Python is built so. Where
.venv's own is not, an environment beside it (.venv-bench) is made of one that is; without one .venv
serves, and the report says so. Standard library only.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CANDIDATES = ("/usr/bin/python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3")
# Debian's rules ask for both, which its configuration does not show.
CHECK = """
import ensurepip, sys, sysconfig, venv
options = sysconfig.get_config_var("CONFIG_ARGS") or ""
quick = {"--enable-optimizations", "--with-lto"} <= set(options.replace("'", "").split())
sys.exit(sys.version_info < (3, 11) or not (quick or "deb_system" in sysconfig.get_scheme_names()))
"""


def main() -> int:
    """Make the environment if need be; the exit code."""
    own = ROOT / ".venv/bin/python"
    found = next((python for python in (str(own), *CANDIDATES) if _is_quick(python)), None)
    if found is None or found == str(own):
        sys.stdout.write(f"{own}\n")
        return 0
    made = subprocess.run(
        [found, ROOT / "infra/make_venv.py", "bench"], stdout=sys.stderr, check=False
    )
    sys.stdout.write(f"{ROOT / '.venv-bench/bin/python'}\n")
    return made.returncode


def _is_quick(python: str) -> bool:
    program = shutil.which(python)
    if program is None:
        return False
    done = subprocess.run([program, "-c", CHECK], capture_output=True, check=False)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
