"""How files of others are shown: what became of one, and how its first lines are understood."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation.file_import import Brought, FileUnreadableError
from cashback_core.reconciliation.file_store import LineProblem
from cashback_core.reconciliation.files import FileState, FileTopic, FileToTake, KeptFile, LineTally
from cashback_core.reconciliation.told_sales import ToldSale
from cashback_core.values.documents import mask
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos
from cashback_gateway.commands.tables import PrintedList, TableColumn, show_json, show_listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cashback_core.reconciliation.files import FileLine

FIRST: Final = 10
"""Lines that a dry run shows."""

_PAGE: Final = 1_000


LISTED: Final = (
    TableColumn("id"),
    TableColumn("name", "FILE", folds=True),
    TableColumn("tells"),
    TableColumn("state"),
    TableColumn("lines", right=True),
    TableColumn("sum", right=True),
    TableColumn("unreadable", right=True),
    TableColumn("by"),
    TableColumn("begun_at", "BROUGHT"),
    TableColumn("why", folds=True),
)


def problem_rows(problem: LineProblem) -> Iterator[tuple[object, ...]]:
    """A report's rows: one for each field of the line that cannot be read."""
    for part in problem.problem.split("; "):
        field, _, reason = part.partition(": ")
        yield problem.line, field, problem.name or "", "unreadable", reason, ""


def file_record(file: KeptFile) -> dict[str, object]:
    """A file as a list has it."""
    if file.topic is FileTopic.ERP_DAY:
        tells = str(file.day)
    else:
        assert file.since is not None
        assert file.through is not None
        tells = f"{format_instant(file.since)} to {format_instant(file.through)}"
    return {
        "id": file.id,
        "name": file.name,
        "tells": tells,
        "state": "cleared" if file.cleared_at is not None else file.state,
        "lines": file.tally.lines,
        "sum": signed(file.tally.centavos),
        "unreadable": file.tally.unreadable,
        "by": file.declared_by,
        "begun_at": file.begun_at,
        "why": file.refused_why,
        "counts": file.counts,
    }


def signed(centavos: int) -> str:
    """An amount that may be below zero."""
    return ("-" if centavos < 0 else "") + format_centavos(abs(centavos))


def say_brought(brought: Brought, *, as_json: bool) -> None:
    """Print what became of a file."""
    file = brought.file
    record = file_record(file) | {"known": brought.is_known}
    instead = brought.instead_of
    record["instead_of"] = None if instead is None else instead.id
    if as_json:
        show_json(record)
        return
    known = "known already: " if brought.is_known else ""
    words = f"{file.tally.lines} lines, {record['sum']} in all, {file.tally.unreadable} unreadable"
    if file.state is FileState.REFUSED:
        print(f"refused: {file.refused_why} ({words}); nothing of it counts")
    else:
        print(f"{known}{file.id}: {words}")
    if instead is not None:
        print(f"it counts for {file.day} from now on, in place of {instead.id} ({instead.name})")


_SHOWN: Final = (
    TableColumn("line", right=True),
    TableColumn("name", "SALE"),
    TableColumn("at"),
    TableColumn("document", "CUSTOMER"),
    TableColumn("amount", right=True),
    TableColumn("kind"),
    TableColumn("wrong", folds=True),
)


def show_lines(lines: Iterator[FileLine], to_take: FileToTake, *, as_json: bool) -> int:
    """The first lines as they are understood, and what all of them add up to."""
    first: list[FileLine] = []
    why: str | None = None
    try:
        first.extend(islice(lines, FIRST))  # those before a fault are kept
    except FileUnreadableError as error:
        why = str(error)
    wrong = [line for line in first if line.problem is not None]
    tally = LineTally.of(first)
    try:
        while part := list(islice(lines, _PAGE)):
            wrong += [line for line in part if line.problem is not None][: FIRST - len(wrong)]
            tally += LineTally.of(part)
    except FileUnreadableError as error:
        why = str(error)
    shown = [*first, *(line for line in wrong if line not in first)]
    words = [
        *([f"the first {len(shown)} of {tally.lines}"] if len(shown) < tally.lines else []),
        f"{tally.lines} lines, {signed(tally.centavos)} in all, {tally.unreadable} unreadable",
        *([f"nothing more can be read: {why}"] if why else []),
        "Nothing was kept: without --dry-run it is.",
    ]
    listing = PrintedList(
        records=[_understood(line) for line in shown],
        columns=_SHOWN,
        total=len(shown),  # no --limit shows more: all lines are read, and counted below
        words=words,
        facts={
            "declared": to_take.declared,
            "lines": tally.lines,
            "sum": signed(tally.centavos),
            "unreadable": tally.unreadable,
        },
    )
    show_listing(listing, as_json=as_json)
    return 1 if tally.unreadable or why else 0


def _understood(line: FileLine) -> dict[str, object]:
    if isinstance(line, ToldSale):
        name, at, amount, kind = line.name, line.sold_at, line.total_centavos, "sale"
        number = line.line
    else:
        name, at, amount, kind = (
            line.reference, line.credited_at, line.cashback_centavos, line.kind.value,
        )  # fmt: skip
        number = line.number
    return {
        "line": number,
        "name": name,
        "at": at,
        "document": None if line.document is None else mask(line.document),
        "amount": None if amount is None else format_centavos(amount),
        "kind": kind,
        "wrong": line.problem,
    }
