"""A sale as an ERP's file of a day tells it: a line, read as far as it can be, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from cashback_core.reconciliation.statement_values import (
    NotRead,
    kept_text,
    read_cpf,
    signed_centavos,
    single,
    text_of,
)
from cashback_core.values.documents import Cnpj, Cpf
from cashback_core.values.instants import NoSuchInstant, NotAnInstant, parse_instant
from cashback_core.values.money import MAX_CENTAVOS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from cashback_core.reconciliation.statement_values import Fields, Value

_T = TypeVar("_T")

MAX_TEXT: Final = 255
"""Characters that are kept of a number, a store, a name."""

MAX_DOCUMENT: Final = 32
_CPF_CHARS: Final = 11
_CNPJ_CHARS: Final = 14
_PUNCTUATION: Final = str.maketrans("", "", ".-/ ")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldSale:
    """A line of a day's file; on one with a `problem` whatever could be read.

    `name` is the sale's own number (`name_kind` "sale_id") or its key ("idempotency_key"). The
    document is a CPF or CNPJ without its punctuation, or as it is told: a foreign one, or masked
    (by stars, whatever masked it).
    `cashback_centavos` is what the ERP reckons, None where it tells none.
    """

    line: int
    name_kind: str | None = None
    name: str | None = None
    store: str | None = None
    document: str | None = None
    customer_name: str | None = None
    sold_at: datetime | None = None
    total_centavos: int | None = None
    discount_centavos: int | None = None
    cashback_centavos: int | None = None
    problem: str | None = None


def read_told_sale(line: int, fields: Fields, zone: ZoneInfo) -> ToldSale:
    """The sale of a line; an instant without an offset is one of that zone.

    A sale without a number needs document or instant, so that anything can be held against it.
    """
    problems: list[str] = []
    sale_id = _read(fields, "sale_id", _text, problems)
    key = _read(fields, "idempotency_key", _text, problems)
    total = _read(fields, "total", _centavos, problems)
    if total is None and not _given(fields, "total"):
        problems.append("total: missing")
    sold_at = _read(fields, "sold_at", lambda value: _instant(value, zone), problems)
    document = _read(fields, "customer.document", _document, problems)
    name = sale_id or key
    if name is None and sold_at is None and not problems:
        problems.append("sale_id: a sale without one needs its instant")
    return ToldSale(
        line=line,
        name_kind=None if name is None else ("sale_id" if sale_id else "idempotency_key"),
        name=name,
        store=_read(fields, "store", _text, problems),
        document=document,
        customer_name=_read(fields, "customer.name", _text, problems),
        sold_at=sold_at,
        total_centavos=total,
        discount_centavos=_read(fields, "discount", _centavos, problems),
        cashback_centavos=_read(fields, "cashback", _centavos, problems),
        problem="; ".join(problems) if problems else None,
    )


def _given(fields: Fields, field: str) -> bool:
    return fields.get(field) not in {None, ""}


def _read(
    fields: Fields, field: str, reader: Callable[[Value], _T], problems: list[str]
) -> _T | None:
    value = fields.get(field)
    if value is None or value == "":
        return None
    try:
        return reader(value if isinstance(value, str) else single(value))
    except NotRead as error:
        problems.append(f"{field}: {error}")
        return None


def _text(value: Value) -> str:
    text = text_of(value)
    if len(text) > MAX_TEXT:
        raise NotRead("too long")
    return kept_text(text, MAX_TEXT)


def _document(value: Value) -> str:
    text = text_of(value)
    if isinstance(value, int):
        padded = text.zfill(_CPF_CHARS if len(text) <= _CPF_CHARS else _CNPJ_CHARS)
        spelt = [
            one
            for kind, one in ((Cpf, padded), (Cnpj, text.zfill(_CNPJ_CHARS)))
            if kind.is_valid(one)
        ]
        if len(set(spelt)) > 1:
            raise NotRead("a CPF or a CNPJ, without its zeros")
        return spelt[0] if spelt else text
    if (cpf := read_cpf(text)) is not None:
        return cpf
    plain = text.translate(_PUNCTUATION).upper()
    if plain.isascii() and (Cpf.is_valid(plain) or Cnpj.is_valid(plain)):
        return plain
    if len(text) > MAX_DOCUMENT:
        raise NotRead("too long")
    return kept_text(_starred(text), MAX_DOCUMENT)


def _starred(text: str) -> str:
    """A masked document with stars for whatever masks it: # and •, Xs where some are in a row."""
    folded = text.casefold()
    if "xx" in folded and set(filter(str.isalpha, folded)) == {"x"}:
        text = folded.replace("x", "*")
    return text.replace("#", "*").replace("\u2022", "*")


def _centavos(value: Value) -> int:
    centavos = signed_centavos(value)
    if centavos < 0:
        raise NotRead("below zero")
    if centavos > MAX_CENTAVOS:
        raise NotRead("beyond any amount")
    return centavos


def _instant(value: Value, zone: ZoneInfo) -> datetime:
    try:
        return parse_instant(text_of(value), zone)
    except NotAnInstant:
        raise NotRead("not an instant") from None
    except NoSuchInstant:
        raise NotRead("no such instant") from None
