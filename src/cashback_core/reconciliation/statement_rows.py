"""A row of a statement as a line: a credit, a reversal, or what cannot be read and why."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from cashback_core.reconciliation.statement_values import (
    NotRead,
    instant,
    kept_text,
    read_cpf,
    signed_centavos,
    single,
    text_of,
)
from cashback_core.reconciliation.statements import MAX_REFERENCE, LineKind, StatementLine
from cashback_core.values.documents import (
    MAX_FOREIGN_CHARS,
    Cnpj,
    Cpf,
    ForeignDocument,
)
from cashback_core.values.money import MAX_CENTAVOS

if TYPE_CHECKING:
    from collections.abc import Callable

    from cashback_core.reconciliation.statement_values import Fields, Value

ROW_FIELDS: Final = frozenset({"document", "cashback", "at", "reference", "type", "kind"})

CREDITS: Final = frozenset({"credit", "credito", "cashback", "payment", "pagamento"})
REVERSALS: Final = frozenset(
    {
        "reversal", "reversed", "reverse", "refund", "chargeback", "debit",
        "estorno", "estornado", "estornada", "devolucao", "cancelamento", "debito",
    }
)  # fmt: skip
"""What `type` or `kind` of a reversal may say, in any case, with or without accents."""

_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
_T = TypeVar("_T")
_MASKS: Final = frozenset("*xX#•")
_PLAIN_AMOUNT: Final = re.compile(r"([0-9]{1,8})\.([0-9]{2})\Z", re.ASCII)
_PLAIN_INSTANT: Final = re.compile(
    r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z", re.ASCII
)
_EXPONENT: Final = re.compile(r"[0-9.]+[eE][0-9]+\Z")
"""A number as a spreadsheet writes a long one."""
_CPF_CHARS: Final = 11
_CNPJ_CHARS: Final = 14
_PUNCTUATION: Final = str.maketrans("", "", ".-/")
_OURS_CHARS: Final = frozenset({_CPF_CHARS, _CNPJ_CHARS})
_MAX_FOREIGN_DIGITS: Final = 10
_MAX_DIGITS_ALONE: Final = 8


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
    return _plain_line(number, row) or read_any_line(number, row)


def read_any_line(number: int, row: Fields) -> StatementLine:
    """The same of whatever there is; `read_line` passes most rows by it, to the same end."""
    problems: list[str] = []
    document = _read(row, "document", _document, problems)
    centavos = _read(row, "cashback", _centavos, problems)
    credited_at = _read(row, "at", _credited_at, problems)
    reference = _read(row, "reference", _reference, problems)
    reversal = _says_reversal(row, problems) or (centavos is not None and centavos < 0)
    kind = LineKind.REVERSAL if reversal else LineKind.CREDIT
    is_else_read = len(problems) == (1 if document is None else 0)
    return StatementLine(
        number=number,
        kind=LineKind.UNREADABLE if problems else kind,
        document=document,
        cashback_centavos=None if centavos is None else abs(centavos),
        credited_at=credited_at,
        reference=reference,
        problem="; ".join(problems) if problems else None,
        doubtful=_doubtful(row.get("document"), document)
        if is_else_read and kind is LineKind.CREDIT
        else None,
    )


def _plain_line(number: int, row: Fields) -> StatementLine | None:
    """A credit of a CPF, spelt as we spell it: most rows, in a third of the time. None for others.

    Nothing is decided here that is not decided so below; a property holds them together.
    """
    document, cashback, at = row.get("document"), row.get("cashback"), row.get("at")
    if not (isinstance(document, str) and isinstance(cashback, str) and isinstance(at, str)):
        return None
    reference = row.get("reference")
    if "type" in row or "kind" in row or not (reference is None or isinstance(reference, str)):
        return None
    cpf, amount = read_cpf(document), _PLAIN_AMOUNT.match(cashback)
    if cpf is None or amount is None or _PLAIN_INSTANT.match(at) is None:
        return None
    centavos = int(amount[1] + amount[2])
    try:
        credited_at = datetime.fromisoformat(at)
    except ValueError:
        return None
    if not centavos:
        return None
    return StatementLine(
        number=number,
        document=cpf,
        cashback_centavos=centavos,
        credited_at=credited_at,
        reference=None if reference is None else kept_text(reference, MAX_REFERENCE),
    )


def _read(row: Fields, field: str, reader: Callable[[Value], _T], problems: list[str]) -> _T | None:
    value = row.get(field)
    try:
        return reader(single(value))
    except NotRead as error:
        problems.append(f"{field}: {error}")
        return None


def _document(value: Value) -> str:
    """A CPF, a CNPJ, or a foreign one. A number has lost its zeros."""
    text = text_of(value)
    is_number = isinstance(value, int)
    if not is_number and (cpf := read_cpf(text)) is not None:
        return cpf  # as most, and nothing else that could be meant
    brazilian = _brazilian(text, is_number=is_number)
    if len(brazilian) > 1:
        raise NotRead("a CPF or a CNPJ, without its zeros")
    if brazilian and not _is_crossed_out(brazilian[0]):
        return brazilian[0]
    if not is_number and _is_foreign(text):
        return ForeignDocument.parse(text)
    masked = len(text) <= MAX_FOREIGN_CHARS and not _MASKS.isdisjoint(text)
    raise NotRead("masked" if masked else "no document")


def _brazilian(text: str, *, is_number: bool) -> list[str]:
    """The CPF and the CNPJ that this may be.

    A text however it is punctuated and in whatever case: a foreign document is never one, so there
    is nobody else whom it could mean.
    """
    plain = "".join(text.split()).translate(_PUNCTUATION)
    if not plain.isascii():
        return []  # some letters are ASCII as capitals alone
    plain = plain.upper()
    cpf, cnpj = (text.zfill(_CPF_CHARS), text.zfill(_CNPJ_CHARS)) if is_number else (plain, plain)
    return [kind(spelt) for kind, spelt in ((Cpf, cpf), (Cnpj, cnpj)) if kind.is_valid(spelt)]


def _doubtful(value: Value, read: str | None) -> str | None:
    """What a document says, where somebody may have it who is not read: the book knows who does.

    By the predicate of the intake: whatever foreign document is paid is at least that. A number
    that is read as a CPF or CNPJ without its zeros may be a foreign one as it stands.
    """
    try:
        text = text_of(single(value))
    except NotRead:
        return None
    if isinstance(value, int):
        return text if read is None or (read != text and ForeignDocument.is_valid(text)) else None
    if read is not None:
        return None
    crossed_out = _brazilian(text, is_number=False)
    if crossed_out:
        return crossed_out[0]
    return text.upper() if ForeignDocument.is_valid(text) else None


def _is_foreign(text: str) -> bool:
    """Whether this is told of a foreigner, whoever they are: never what may be a CPF told wrongly.

    What cannot be read keeps everybody's doubts from being called unpaid; taken for a document that
    nobody has, it would be no credit of theirs. So a foreign one is not as long as either, and has
    at most ten digits, among them a letter that masks nothing, or up to eight that are no CPF
    without its zeros.
    """
    if not ForeignDocument.is_valid(text) or _EXPONENT.match(text) is not None:
        return False
    digits = "".join(filter(str.isdigit, text))
    has_letters = any(map(str.isalpha, text))
    if len(digits) > _MAX_FOREIGN_DIGITS or sum(map(str.isalnum, text)) in _OURS_CHARS:
        return False
    if has_letters:
        return not _is_crossed_out(text)
    return len(digits) <= _MAX_DIGITS_ALONE and not Cpf.is_valid(digits.zfill(_CPF_CHARS))


def _is_crossed_out(text: str) -> bool:
    """Whether its only letters are Xs, some in a row: a mask, though a document may have them."""
    folded = text.casefold()
    return "xx" in folded and set(filter(str.isalpha, folded)) == {"x"}


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
    return kept_text(value, MAX_REFERENCE)


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
