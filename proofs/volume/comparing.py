"""A short past beside a long one: the same task must do the same in both, page for page.

A B-tree grows a level about each time that its entries become a hundred times as many, so a search
may look at one more page for each time that it goes down an index, and nothing else may grow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import psycopg

from volume.found import FOUND
from volume.house import opened
from volume.plans import WHOLE, PlanLog, explain_everything, explain_no_more
from volume.selling import new_sale, paid
from volume.tasks import READS, WRITES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from volume.house import House
    from volume.plans import Done

WARM_UPS: Final = 7
"""A function's plan is kept from its sixth run on."""

SLACK: Final = 8
"""Pages of difference that no index is to blame for: where rows happen to lie on pages."""


GROWING: Final = frozenset({
    "sales", "sale_lines", "sale_names", "cashbacks", "attempts", "events", "customers", "audit",
    *FOUND,
})  # fmt: skip
"""Nothing that is done day by day reads one of these whole."""

OPEN: Final = frozenset({"cashbacks_open", "differences_open", "differences_standing"})
"""They hold what is open alone, of which a longer past has no more: they may always be taken."""

NESTING: Final = frozenset({"suspected_cashbacks"})
"""Functions of ours that are selected from, and whose own statements are told, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a task did in one past."""

    statements: tuple[Done, ...]
    entries: Mapping[str, int]
    """How many indexes each table has."""

    @property
    def buffers(self) -> int:
        """Pages that its statements looked at."""
        return sum(done.buffers for done in self.statements)

    @property
    def descents(self) -> int:
        """How often an index was gone down: by searches, and for each entry of a written row.

        What a function's statements looked at is counted again where the function is called.
        """
        within = descents = 0
        for done in self.statements:
            own = done.searches + sum(self.entries[t] * rows for t, rows in done.written.items())
            within += own
            descents += within if done.functions & NESTING else own
        return descents


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A task in a short and in a long past."""

    task: str
    short: Watched
    long: Watched
    faults: tuple[str, ...] = field(default=())


async def watched(dsn: str, log: Path, newest_at: datetime) -> dict[str, Watched]:
    """What every task does in this past; the log is the server's, and nobody else uses it."""
    explain_everything(dsn)
    try:
        indexes = _indexes(dsn)
        async with opened(dsn, newest_at) as house:
            return await _watch(house, PlanLog(log), indexes)
    finally:
        explain_no_more(dsn)


async def _watch(house: House, log: PlanLog, indexes: Mapping[str, int]) -> dict[str, Watched]:
    found: dict[str, Watched] = {}
    for name, task in (READS | WRITES).items():
        for _ in range(WARM_UPS if name == "accept" else 1):
            await task(house)
        log.skip()
        await task(house)
        found[name] = Watched(statements=tuple(log.told()), entries=indexes)
    for _ in range(WARM_UPS):
        submission = new_sale(house)
        await house.store.accept(submission)
        log.skip()
        await house.store.conclude(paid(submission))
    found["conclude"] = Watched(statements=tuple(log.told()), entries=indexes)
    return found


def _indexes(dsn: str) -> dict[str, int]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select c.relname, count(i.indexrelid) from pg_class as c"
            " left join pg_index as i on i.indrelid = c.oid"
            " where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace group by 1"
        ).fetchall()
    return {str(table): int(count) for table, count in rows}


def compared(short: Mapping[str, Watched], long: Mapping[str, Watched]) -> list[Compared]:
    """Every task, with what is not as flat as it must be."""
    return [
        Compared(task=name, short=each, long=long[name], faults=tuple(_faults(each, long[name])))
        for name, each in short.items()
    ]


def _faults(short: Watched, long: Watched) -> list[str]:
    texts = [[done.text for done in each.statements] for each in (short, long)]
    if texts[0] != texts[1]:
        return [f"{len(texts[0])} statements became {len(texts[1])}, or others"]
    faults = [
        f"{table} is read {_by(after)} instead of {_by(before)} by {_told(statement.text)}"
        for earlier, statement in zip(short.statements, long.statements, strict=True)
        for table, after in statement.ways.items()
        if not _is_as_good(table, before := earlier.ways.get(table, set()), after)
    ]
    # Of a short past a bitmap may be made, or something remembered, where a long one is read row
    # by row.
    saved = sum(done.gathered + done.remembered for done in short.statements)
    saved += sum(
        after.rows_by(OPEN)
        for before, after in zip(short.statements, long.statements, strict=True)
        if before.shape != after.shape
    )
    allowed = short.buffers + short.descents + saved + SLACK
    if long.buffers > allowed:
        faults.append(
            f"{short.buffers} pages became {long.buffers}; {allowed} would be one more for each"
            " way down an index, with what was gathered or remembered"
        )
    return faults


def _is_as_good(table: str, before: set[str], after: set[str]) -> bool:
    """By the same indexes, or fewer; what was read whole while it was small may get an index."""
    if table in GROWING and WHOLE in after:
        return False
    return after <= before | OPEN or WHOLE in before


def _by(ways: set[str]) -> str:
    return f"by {', '.join(sorted(ways))}" if ways else "not at all"


def _told(text: str) -> str:
    return " ".join(text.split())[:120]


def table_of(rows: Sequence[Compared]) -> str:
    """The comparison as a table in Markdown."""
    lines = [
        "| task | statements | pages, short | long | ways down indexes |",
        "|---|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row.task}{' **!**' if row.faults else ''} | {len(row.short.statements)}"
        f" | {row.short.buffers} | {row.long.buffers} | {row.short.descents} |"
        for row in rows
    ]
    return "\n".join(lines)
