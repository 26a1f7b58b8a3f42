"""What every statement really did: the server explains each itself (`auto_explain`), triggers too.

So nothing is asked of copies of the gateway's SQL: whatever a store says is what is looked at, with
the session's own role, settings, prepared plans and row-level security.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

Node = dict[str, Any]

WHOLE: Final = "whole"

_SETTINGS: Final[dict[LiteralString, str]] = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_format": "json",
    "auto_explain.log_parameter_max_length": "0",
}
_BEGIN: Final = re.compile(r"LOG:  duration: \S+ ms  plan:\n((?:\t.*\n)+)")
_SHOWN: Final = (
    "Node Type", "Operation", "Join Type", "Relation Name", "Index Name", "CTE Name",
    "Subplan Name", "Function Name",
)  # fmt: skip
_KEEPING: Final = ("Memoize", "Materialize", "Sort", "Incremental Sort", "Hash")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What one statement did."""

    text: str
    plan: Node

    @property
    def shape(self) -> str:
        """Its plan without numbers: two that read by the same indexes in the same way are equal."""
        return _shape(self.plan)

    @property
    def ways(self) -> dict[str, set[str]]:
        """By which indexes it read each table; WHOLE where it read all of one."""
        ways: dict[str, set[str]] = {}
        for node in nodes_of(self.plan):
            if node["Node Type"] == "Bitmap Heap Scan":
                inner = node["Plans"][0]
                found = {str(n["Index Name"]) for n in nodes_of(inner) if "Index Name" in n}
            elif node["Node Type"] in {"Index Scan", "Index Only Scan"}:
                if not node["Actual Rows"] and not node.get("Rows Removed by Filter"):
                    continue  # of an empty list any partial index tells that it has nothing
                found = {str(node["Index Name"])}
            elif node["Node Type"] == "Seq Scan":
                found = {WHOLE}
            else:
                continue
            ways.setdefault(str(node["Relation Name"]), set()).update(found)
        return ways

    @property
    def buffers(self) -> int:
        """Pages that it looked at."""
        return _pages(self.plan)

    @property
    def searches(self) -> int:
        """How often it went down an index, so far as its plan tells."""
        return sum(_searches(node) for node in nodes_of(self.plan))

    @property
    def gathered(self) -> int:
        """Rows found by way of bitmaps, which look at a page once for all the rows that it has."""
        return sum(
            round(node["Actual Rows"] * node["Actual Loops"])
            for node in nodes_of(self.plan)
            if node["Node Type"] == "Bitmap Heap Scan"
        )

    def rows_by(self, indexes: Collection[str]) -> int:
        """Rows that it looked at by way of these indexes."""
        return sum(
            round(
                (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
            )
            for node in nodes_of(self.plan)
            if node["Node Type"] == "Index Scan" and node["Index Name"] in indexes
        )

    @property
    def functions(self) -> set[str]:
        """What it selects from that is no table."""
        return {
            str(node["Function Name"]) for node in nodes_of(self.plan) if "Function Name" in node
        }

    @property
    def remembered(self) -> int:
        """Pages that it did not look at again, for it remembered (Memoize), a level more."""
        return sum(
            node.get("Cache Hits", 0) * (1 + _pages(inner) // max(1, round(inner["Actual Loops"])))
            for node in nodes_of(self.plan)
            if node["Node Type"] == "Memoize"
            for inner in node["Plans"][:1]
        )

    @property
    def written(self) -> dict[str, int]:
        """Rows that it inserted or changed, by table: each goes into the table's indexes."""
        rows: dict[str, int] = {}
        for node in nodes_of(self.plan):
            if node["Node Type"] == "ModifyTable":
                source = node["Plans"][0]
                count = round(source["Actual Rows"] * source["Actual Loops"])
                rows[node["Relation Name"]] = rows.get(node["Relation Name"], 0) + count
        return rows


def explain_everything(dsn: str) -> None:
    """Every session to come of a database tells the server's log what its statements did."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name, value in _SETTINGS.items():
            connection.execute(
                sql.SQL("alter database {} set {} = {}").format(
                    sql.Identifier(connection.info.dbname), sql.SQL(name), sql.Literal(value)
                )
            )


def explain_no_more(dsn: str) -> None:
    """Later sessions of the database tell nothing."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name in _SETTINGS:
            connection.execute(
                sql.SQL("alter database {} reset {}").format(
                    sql.Identifier(connection.info.dbname), sql.SQL(name)
                )
            )


class PlanLog:
    """The server's log, read on from where it was last read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = path.stat().st_size

    def skip(self) -> None:
        """What was told so far is not asked for."""
        self._read = self._path.stat().st_size

    def told(self) -> list[Done]:
        """What was told since, in the order in which the statements ended.

        A statement that a trigger makes ends before the one that it is made for.
        """
        with self._path.open(encoding="utf-8") as log:
            log.seek(self._read)
            text = log.read()
        self._read += len(text.encode())
        plans = [json.loads(found) for found in _BEGIN.findall(text)]
        return [Done(text=plan["Query Text"], plan=plan["Plan"]) for plan in plans]


def nodes_of(plan: Node) -> Iterator[Node]:
    """A plan's nodes, the outer ones first."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes_of(part)


def _pages(node: Node) -> int:
    return int(node["Shared Hit Blocks"]) + int(node["Shared Read Blocks"])


def _searches(node: Node) -> int:
    if "Index Name" not in node:
        return 0
    told = node.get("Index Searches")  # since PostgreSQL 18, of all loops together
    return round(node["Actual Loops"]) if told is None else int(told)


def _shape(node: Node) -> str:
    """What is read by what, in which order; how rows are kept meanwhile is left out.

    Whether an index is read in its own order or by way of a bitmap is the same work.
    """
    kind = node["Node Type"]
    parts = node.get("Plans", ())
    if kind in _KEEPING and len(parts) == 1:
        return _shape(parts[0])
    if kind == "Bitmap Heap Scan" and parts[0]["Node Type"] == "Bitmap Index Scan":
        node = {**parts[0], "Relation Name": node["Relation Name"], "Plans": parts[1:]}
        node["Node Type"] = "Index Scan"
    shown = " ".join(str(node[name]) for name in _SHOWN if name in node)
    inner = ", ".join(_shape(part) for part in node.get("Plans", ()))
    return f"{shown} ({inner})" if inner else shown
