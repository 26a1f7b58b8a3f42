"""The example of docs/statement-rules.md runs as it stands there, on the core alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
COMMAND: Final = "python examples/reconcile_offline.py examples/book.csv examples/statement.csv"
EXPECTED: Final = """\
altered line 2 01a20000-0000-7000-8000-000000000003: 297 centavos instead of 300
unknown_here line 3 : no cashback explains it
matched: 1 lines of 140 centavos, 1 cashbacks of 140
altered: 1 lines of 297 centavos, 1 cashbacks of 300
unknown_here: 1 lines of 500 centavos, 0 cashbacks of 0
doubt_absent: 0 lines of 0 centavos, 1 cashbacks of 200
"""


def test_the_offline_example_tells_what_its_page_says() -> None:
    page = (ROOT / "docs/statement-rules.md").read_text(encoding="utf-8")
    assert COMMAND in page
    assert all(f"    {line}\n" in page for line in EXPECTED.splitlines() if line)
    ran = subprocess.run(
        [sys.executable, *COMMAND.split()[1:]],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == EXPECTED
