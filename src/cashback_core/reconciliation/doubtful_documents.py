"""Lines whose document is a foreigner's, or a CPF or CNPJ told wrongly: the book says which.

A foreigner's document is opaque, and many are written as a CPF is that lost a zero or a digit.
Taken for a document that nobody has, a mistold line would be no credit of the one whom it is about,
whose doubt would be called unpaid. So such a line is read only where the book has one document that
it may mean, and no other: whatever is in doubt is in the book, so no other doubt's credit is taken
away by it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from cashback_core.reconciliation.spools import cogroup
from cashback_core.reconciliation.statements import LineKind
from cashback_core.values.documents import Cnpj, Cpf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from cashback_core.reconciliation.entries import BookEntry
    from cashback_core.reconciliation.spools import Spool
    from cashback_core.reconciliation.statements import StatementLine

    _Placed = tuple[int, StatementLine]


def read_by_book(
    lines: Iterable[StatementLine],
    book: Iterable[BookEntry],
    kept: Spool[BookEntry],
    spool: Callable[[], Spool[Any]],
) -> Iterator[StatementLine]:
    """Doubtful lines in their order: a credit where the book says whose, else as they were.

    `book` comes ascending by document; `kept` gets all of it before the first line is given back.
    """
    readings: Spool[tuple[str, _Placed]] = spool()
    for placed in enumerate(lines):  # several statements have a line of each number
        for document in _readings(placed[1].doubtful or ""):
            readings.put((document, placed))
    sides = cogroup(readings.in_order(_document), book, _document, lambda entry: entry.document)
    told: Spool[tuple[_Placed, str | None]] = spool()
    for document, theirs, entries in sides:
        for entry in entries:
            kept.put(entry)
        for _, placed in theirs:
            told.put((placed, document if entries else None))
    for _, each in groupby(told.in_order(_place), _place):
        meanings = list(each)
        (_, line), known = meanings[0][0], {document for _, document in meanings} - {None}
        yield line if len(known) != 1 else _read(line, known.pop())


def _readings(told: str) -> set[str]:
    """What it may mean: what it says, and the CPF and the CNPJ that lost its zeros."""
    plain = "".join(filter(str.isalnum, told))
    kinds = ((Cpf, plain.zfill(11)), (Cnpj, plain.zfill(14)))
    return {told, *(filled for kind, filled in kinds if kind.is_valid(filled))}


def _read(line: StatementLine, document: str | None) -> StatementLine:
    return replace(line, kind=LineKind.CREDIT, document=document, problem=None, doubtful=None)


def _document(reading: tuple[str, _Placed]) -> str:
    return reading[0]


def _place(told: tuple[_Placed, str | None]) -> int:
    return told[0][0]
