"""Prints what mutmut left in mutants/: figures of each module, then every mutant not killed."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import cast

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path("src") / "cashback_core"

KILLED, SURVIVED, UNTESTED = "killed", "survived", "no test"
TIMED_OUT, NOT_RUN, OTHER = "timed out", "not run", "other"
VERDICTS = {None: NOT_RUN, 0: SURVIVED, 1: KILLED, 3: KILLED, 5: UNTESTED, 33: UNTESTED}
"""By pytest's exit code: 1 a test failed, 3 pytest itself broke; 33 is mutmut's."""
TIMEOUTS = {24, -24, 36, 152, 255}
"""Ended by SIGXCPU (24), as mutmut writes it on one system or another."""


def main(modules: list[str]) -> int:
    """Print the tables; the exit code is 0 when every mutant of the modules has its verdict."""
    found = {
        path.name.partition(".")[0]: path for path in (ROOT / "mutants" / PACKAGE).glob("*.meta")
    }
    columns = [KILLED, SURVIVED, TIMED_OUT, UNTESTED, NOT_RUN, OTHER]
    _say(f"{'module':<14}{'mutants':>9}" + "".join(f"{column:>11}" for column in columns))
    total: Counter[str] = Counter()
    left: list[str] = []
    for module in modules or sorted(found):
        verdicts = _verdicts(found[module])
        counted = Counter(verdicts.values())
        total += counted
        left += [f"{verdict:<10} {name}" for name, verdict in verdicts.items() if verdict != KILLED]
        _say(_row(module, counted, columns))
    _say(_row("all", total, columns))
    _say("\n".join(["", *left]) if left else "")
    return 1 if total[NOT_RUN] + total[OTHER] else 0


def _verdicts(meta: Path) -> dict[str, str]:
    codes = cast(
        "dict[str, int | None]",
        json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"],
    )
    return {
        name: TIMED_OUT if code in TIMEOUTS else VERDICTS.get(code, OTHER)
        for name, code in codes.items()
    }


def _row(name: str, counted: Counter[str], columns: list[str]) -> str:
    return f"{name:<14}{counted.total():>9}" + "".join(f"{counted[c]:>11}" for c in columns)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
