"""What the log of PostgreSQL tells of some work: records and bytes, by table and index.

What is not the work's own is left out, so that the same work counts the same on every run: pages
kept whole after a checkpoint, hints, pruning, and what an index does to make room. A page that is
split takes the entry as well: it counts as the entry that it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg

_ENTRY: Final = "entry"
_KINDS: Final[Mapping[str, str]] = {
    "INSERT": "row",
    "MULTI_INSERT": "row",
    "UPDATE": "row and entries changed",
    "HOT_UPDATE": "row changed",
    "DELETE": "row gone",
    "LOCK": "row locked",
    "UPDATED": "row locked",
    "INSERT_LEAF": _ENTRY,
    "INSERT_POST": _ENTRY,
    "SPLIT_L": _ENTRY,
    "SPLIT_R": _ENTRY,
    "COMMIT": "commit",
    "ABORT": "abort",
    "CREATE_ID": "lockers",
}
_UPKEEP: Final = (
    "INSERT_UPPER",
    "NEWROOT",
    "DEDUP",
    "PRUNE",
    "VISIBLE",
    "FPI",
    "RUNNING_XACTS",
    "CHECKPOINT",
    "CREATE",
    "TRUNCATE",
    "ZERO",
    "VACUUM",
    "DELETE_",
    "MARK_PAGE",
    "UNLINK",
    "REUSE",
    "META",
    "ASSIGN",
    "RUNNING",
    "FREEZE",
    "INPLACE",
    "INVALIDATIONS",
)
"""Beginnings of kinds that happen now and then, whoever works."""

_BY_SPLIT: Final = ("SPLIT_L", "SPLIT_R", "INSERT_POST")


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One record: what it does to what, and its length without pages kept whole."""

    kind: str
    of: str
    length: int
    whole: bool = True
    """Whether the length is the entry's own, not a split page's."""


def position(connection: psycopg.Connection[Any]) -> str:
    """How far the log is."""
    row = connection.execute("select pg_current_wal_insert_lsn()::text").fetchone()
    assert row is not None
    return str(row[0])


def logged(connection: psycopg.Connection[Any], since: str) -> list[Logged]:
    """What was logged since, upkeep left out. Needs pg_walinspect."""
    until = position(connection)
    if until == since:
        return []
    # Only what is synced can be read, and what is not committed is not; what is not is left out, or
    # is an error if it is all.
    connection.execute("select pg_logical_emit_message(false, 'regression', '', flush => true)")
    rows = connection.execute(
        """
        select r.record_type, r.record_length - r.fpi_length,
            coalesce(i.relname, c.relname, ''), r.resource_manager
        from pg_get_wal_records_info(%(since)s, %(until)s) as r
        left join lateral (
            select b.relfilenode from pg_get_wal_block_info(r.start_lsn, r.end_lsn, false) as b
            where b.start_lsn = r.start_lsn order by b.block_id limit 1
        ) as b on true
        left join pg_class as c on c.relfilenode = b.relfilenode
        left join pg_index as x on x.indexrelid = c.oid
        left join pg_class as i on i.oid = x.indexrelid
        """,
        {"since": since, "until": until},
    ).fetchall()
    found: list[Logged] = []
    for told, length, of, manager in rows:
        kind = str(told).removesuffix("+INIT").partition(" ")[0]
        swept = manager == "Btree" and kind == "DELETE"
        if manager in {"Standby", "XLOG"} or swept or kind.startswith(_UPKEEP):
            continue
        found.append(
            Logged(
                kind=_KINDS.get(kind, kind.lower()),
                of=str(of) or manager.lower(),
                length=int(length),
                whole=kind not in _BY_SPLIT,
            )
        )
    return found


def by_place(records: Iterable[Logged]) -> dict[str, list[int]]:
    """How many records each table and index got, and their bytes.

    A kind of record counts with its longest: what a changed row has in common with the row before
    is left out of the log, and how much that is depends on the digits of an instant.
    """
    counts: Counter[tuple[str, str]] = Counter()
    longest: defaultdict[tuple[str, str], int] = defaultdict(int)
    for record in records:
        key = record.of, record.kind
        counts[key] += 1
        if record.whole:
            longest[key] = max(longest[key], record.length)
    return {
        f"{of}: {kind}": [count, count * longest[of, kind]]
        for (of, kind), count in sorted(counts.items())
    }
