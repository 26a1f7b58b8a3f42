"""A row of a statement as a line: a credit, a reversal, or what cannot be read and why."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from adapters.cashback_client.statements.values import (
    NotRead,
    instant,
    signed_centavos,
    single,
    text_of,
)
from cashback_core.reconciliation.statements import MAX_REFERENCE, LineKind, StatementLine
from cashback_core.values.documents import Cnpj, Cpf, InvalidDocument
from cashback_core.values.money import MAX_CENTAVOS

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.cashback_client.statements.page_parser import Fields, Value

ROW_FIELDS: Final = frozenset({"document", "cashback", "at", "reference", "type", "kind"})

CREDITS: Final = frozenset({"credit", "credito", "cashback", "payment", "pagamento"})
REVERSALS: Final = frozenset(
    {
        "reversal", "reversed", "reverse", "refund", "chargeback", "debit",
        "estorno", "estornado", "estornada", "devolucao", "cancelamento", "debito",
    }
)  # fmt: skip
"""What `type` or `kind` may say, in any case, with or without accents: docs/statement.md."""

_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
_T = TypeVar("_T")
_MASKS: Final = frozenset("*xX#•")


def read_line(number: int, row: Fields | None) -> StatementLine:
    """The line at a position, from 1 on; `row` is None where there is no object."""
    if row is None:
        return StatementLine(
            number=number,
            kind=LineKind.UNREADABLE,
            document=None,
            cashback_centavos=None,
            credited_at=None,
            problem="row: not an object",
        )
    problems: list[str] = []
    document = _read(row, "document", _document, problems)
    centavos = _read(row, "cashback", _centavos, problems)
    credited_at = _read(row, "at", _credited_at, problems)
    reference = _read(row, "reference", _reference, problems)
    reversal = _says_reversal(row, problems) or (centavos is not None and centavos < 0)
    kind = LineKind.REVERSAL if reversal else LineKind.CREDIT
    return StatementLine(
        number=number,
        kind=LineKind.UNREADABLE if problems else kind,
        document=document,
        cashback_centavos=None if centavos is None else abs(centavos),
        credited_at=credited_at,
        reference=reference,
        problem="; ".join(problems) if problems else None,
    )


def _read(row: Fields, field: str, reader: Callable[[Value], _T], problems: list[str]) -> _T | None:
    value = row.get(field)
    try:
        return reader(single(value))
    except NotRead as error:
        problems.append(f"{field}: {error}")
        return None


def _document(value: Value) -> str:
    """A CPF, or the CNPJ of a company, which is nobody's here. A number has lost its zeros."""
    text = text_of(value)
    if isinstance(value, int):
        text = text.zfill(11 if len(text) <= 11 else 14)
    if len(text) > 18:
        raise NotRead("neither a CPF nor a CNPJ")
    try:
        return Cpf.parse(text)
    except InvalidDocument:
        pass
    try:
        return Cnpj.parse(text)
    except InvalidDocument:
        masked = not _MASKS.isdisjoint(text)
        raise NotRead("masked" if masked else "neither a CPF nor a CNPJ") from None


def _centavos(value: Value) -> int:
    centavos = signed_centavos(value)
    if not centavos:
        raise NotRead("no amount was credited")
    if abs(centavos) > MAX_CENTAVOS:
        raise NotRead("beyond any amount")
    return centavos


def _credited_at(value: Value) -> datetime:
    moment = instant(value)
    if moment >= _LATEST:
        raise NotRead("after the year 2099")
    return moment


def _reference(value: Value) -> str | None:
    """The text as told, as far as a database can hold it."""
    if value is None:
        return None
    if not isinstance(value, str):
        return text_of(value)
    text = value[:MAX_REFERENCE]
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


def _says_reversal(row: Fields, problems: list[str]) -> bool:
    """Whether `type` or `kind` says so; a word that is not known makes the line unreadable."""
    said = False
    for field in ("type", "kind"):
        if field not in row:
            continue
        word = _read(row, field, _word, problems)
        said = said or word in REVERSALS
    return said


def _word(value: Value) -> str:
    if value is None:
        return ""
    text = text_of(value)[:MAX_REFERENCE].casefold()
    word = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    if word and word not in CREDITS and word not in REVERSALS:
        raise NotRead("neither a credit nor a reversal")
    return word
