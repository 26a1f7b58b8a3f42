"""Prints docs/sandbox.md: `python -m adapters.cashback_client.sandbox.page`.

The lists of it are the tables of `behaviours` and `tellings`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from adapters.cashback_client.sandbox.behaviours import BEHAVIOURS
from adapters.cashback_client.sandbox.tellings import TELLINGS

_WRITTEN: Final = Path(__file__).with_name("page.md")
"""The written part; its two marks stand for the tables."""


def as_markdown() -> str:
    """Return docs/sandbox.md."""
    behaviours = ["| name | what it does |", "|---|---|"]
    behaviours += [f"| `{row.name}` | {row.sentence} |" for row in BEHAVIOURS.values()]
    tellings = ["| name | what the statement says |", "|---|---|"]
    tellings += [f"| `{row.name}` | {row.sentence} |" for row in TELLINGS.values()]
    return (
        _WRITTEN.read_text(encoding="utf-8")
        .replace("<!-- behaviours -->", "\n".join(behaviours))
        .replace("<!-- tellings -->", "\n".join(tellings))
    )


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
