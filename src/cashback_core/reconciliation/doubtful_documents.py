"""Lines whose document is a foreigner's, or a CPF or CNPJ told wrongly: the book says which.

A foreigner's document is opaque, and many are written as a CPF is that lost a zero or a digit.
Taken for a document that nobody has, a mistold line would be no credit of the one whom it is about,
whose doubt would be called unpaid. So such a line is read only where the book has one document that
it may mean, and no other: whatever is in doubt is in the book, so no other doubt's credit is taken
away by it. A number that is read as a CPF or CNPJ without its zeros is that of nobody else only if
the book has no foreigner whose document it is as it stands.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation.spools import cogroup
from cashback_core.reconciliation.statements import LineKind
from cashback_core.values.documents import Cnpj, Cpf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from cashback_core.reconciliation.entries import BookEntry
    from cashback_core.reconciliation.spools import Spool
    from cashback_core.reconciliation.statements import StatementLine

    _Reading = tuple[str, int, StatementLine]

_TWO_READINGS: Final = "document: a CPF or a CNPJ without its zeros, or a foreign one as it stands"


def read_by_book(
    lines: Iterable[StatementLine],
    book: Iterable[BookEntry],
    kept: Spool[BookEntry],
    spool: Callable[[], Spool[Any]],
) -> Iterator[StatementLine]:
    """Doubtful lines, in their order: what the book makes of them, else as they were.

    What is read has nothing `doubtful` any more: a credit, or, of a number with two readings that
    the book has both, unreadable. `book` comes ascending by document; `kept` gets all of it before
    the first line is given back.
    """
    readings: Spool[_Reading] = spool()
    for place, line in enumerate(lines):  # several statements have a line of each number
        for document in readings_of(line.doubtful or ""):
            readings.put((document, place, line))
    sides = cogroup(readings.in_order(_document), book, _document, lambda entry: entry.document)
    told: Spool[tuple[int, StatementLine, str | None]] = spool()
    for document, theirs, entries in sides:
        for entry in entries:
            kept.put(entry)
        for _, place, line in theirs:
            told.put((place, line, document if entries else None))
    for _, each in groupby(told.in_order(_place), _place):
        meanings = list(each)
        yield _read(meanings[0][1], [document for *_, document in meanings if document is not None])


def readings_of(told: str) -> set[str]:
    """What it may mean: what it says, and the CPF and the CNPJ that lost its zeros."""
    plain = "".join(filter(str.isalnum, told))
    kinds = ((Cpf, plain.zfill(11)), (Cnpj, plain.zfill(14)))
    return {told, *(filled for kind, filled in kinds if kind.is_valid(filled))}


def read_as(line: StatementLine, document: str) -> StatementLine:
    """A doubtful line as that of this document; any other as it is."""
    if line.doubtful is None:
        return line
    return replace(line, kind=LineKind.CREDIT, document=document, problem=None, doubtful=None)


def _read(line: StatementLine, known: Sequence[str]) -> StatementLine:
    """The line by those of its readings that the book has."""
    if len(known) == 1:
        return read_as(line, known[0])
    if line.kind is LineKind.UNREADABLE:
        return line
    if not known:
        return replace(line, doubtful=None)
    return replace(
        line, kind=LineKind.UNREADABLE, document=None, problem=_TWO_READINGS, doubtful=None
    )


def _document(reading: _Reading) -> str:
    return reading[0]


def _place(told: tuple[int, StatementLine, str | None]) -> int:
    return told[0]
