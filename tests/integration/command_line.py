"""The command line, each call a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SRC: Final = os.pathsep.join(map(str, (ROOT / "src", ROOT / "tests" / "service_only")))
"""PYTHONPATH of what tests start."""


def run(
    words: str, environ: dict[str, str], *, password: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cashback_gateway", *words.split()],
        input=password,
        capture_output=True,
        text=True,
        check=False,
        env=environ,
        timeout=60,
    )
