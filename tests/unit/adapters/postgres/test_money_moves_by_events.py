"""Every effect on money is an event with its cause: nothing else writes what a cashback is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from adapters.postgres import schema

SRC: Final = Path(schema.__file__).parents[3]
_WRITES: Final = re.compile(
    r"\b(?:update|insert\s+into|delete\s+from|merge\s+into|copy|truncate)\s+(?:only\s+)?"
    r"(cashbacks|events)\b",
    re.IGNORECASE,
)
_MOVES: Final = re.compile(r"\bupdate\s+(?:only\s+)?cashbacks\b[^;\"']*?\bset\b", re.IGNORECASE)

WRITERS: Final = {
    "adapters/postgres/delivery/confirmations.py",
    "adapters/postgres/delivery/leases.py",
    "adapters/postgres/operators/acts.py",
    "adapters/postgres/reconciliation/moves.py",
    "adapters/postgres/schema/migrations/0014_quick_groups.sql",
}
"""Who moves a cashback. A trigger refuses a move without its event, whoever writes it."""

ONLY_DUE: Final = {"adapters/postgres/delivery/resumption.py"}
"""Who says when one is tried again, and nothing else of it."""

ONLY_REASONS: Final = {"adapters/postgres/schema/migrations/0012_erasure.sql"}
"""Who takes a person's name out of what was said of a move."""


def _writers() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for file in sorted([*SRC.rglob("*.py"), *SRC.rglob("*.sql")]):
        if file.name == "schema.sql":  # made of the migrations
            continue
        tables = {table.lower() for table in _WRITES.findall(file.read_text(encoding="utf-8"))}
        if tables:
            found[file.relative_to(SRC).as_posix()] = tables
    return found


def test_whoever_moves_a_cashback_tells_it_in_an_event() -> None:
    found = _writers()
    assert found.keys() == WRITERS | ONLY_DUE | ONLY_REASONS
    for name in WRITERS:
        assert found[name] == {"cashbacks", "events"}, name
    for name in ONLY_REASONS:
        assert found[name] == {"events"}, name


def test_whoever_writes_no_event_touches_when_one_is_due_alone() -> None:
    for name in ONLY_DUE:
        text = (SRC / name).read_text(encoding="utf-8")
        moves = [*_MOVES.finditer(text)]
        assert moves
        for move in moves:
            assert re.match(r"\s*due_at = now\(\)\s", text[move.end() :]), name
