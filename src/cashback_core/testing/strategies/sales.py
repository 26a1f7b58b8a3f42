"""Valid sales, and the documents that tell them in every spelling that is understood."""

# ruff: noqa: TC002 - users' tools read these annotations at run time
from __future__ import annotations

import string
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cashback_core.sales.sale import MAX_SALE_ID_CHARS, Customer, Line, Sale
from cashback_core.testing.strategies.numbers import (
    amount_spellings,
    cpf_spellings,
    cpfs,
    quantities,
    quantity_spellings,
)
from cashback_core.testing.strategies.situations import DEMO, Situation
from cashback_core.values.money import MAX_CENTAVOS, MAX_QUANTITY_THOUSANDTHS
from cashback_core.values.names import MAX_NAME_CHARS, name_fault

_UNIT_VALUES: Final = st.integers(0, 20_000) | st.integers(0, MAX_CENTAVOS)
_VISIBLE_ASCII: Final = "".join(chr(code) for code in range(0x21, 0x7F))


@cache  # a strategy costs far more to build than to draw from
def names() -> SearchStrategy[str]:
    """Names of customers: 1 to 120 printable characters in NFC, a letter among them."""
    usual = st.text(string.ascii_letters + "ÁÂÃÇÉÊÍÓÔÕÚáâãçéêíóôõú' ", min_size=1, max_size=40)
    strange = st.text(
        st.characters(categories=("L", "M", "N", "P", "S"), include_characters=" "),
        min_size=1,
        max_size=MAX_NAME_CHARS,
    )
    composed = (usual | strange).map(lambda name: unicodedata.normalize("NFC", name))
    return composed.filter(lambda name: name_fault(name) is None)


@cache
def sale_ids() -> SearchStrategy[str]:
    """An ERP's own numbers of sales: 1 to 64 visible ASCII characters."""
    access_key = st.text(string.digits, min_size=44, max_size=44)
    return st.text(_VISIBLE_ASCII, min_size=1, max_size=MAX_SALE_ID_CHARS) | access_key


@st.composite
def sales(draw: DrawFn, situation: Situation = DEMO, *, max_lines: int = 6) -> Sale:
    """Valid sales of 1 to `max_lines` lines, from nothing to the highest total."""
    sold_at = draw(_instants(situation))
    types = st.sampled_from(situation.types_at(sold_at))
    skus = situation.skus_at(sold_at)
    count = draw(st.integers(1, max_lines))
    budget = MAX_CENTAVOS // count - 1
    lines = [_line(draw, draw(types), budget) for _ in range(count)]
    lines = [_by_sku(draw, line, skus, situation, sold_at) for line in lines]
    nets = sum(line.net_centavos for line in lines)
    discount = draw(st.integers(0, nets)) if draw(st.booleans()) else 0
    return Sale(
        sold_at=sold_at,
        customer=Customer(document=draw(cpfs()), name=draw(names())),
        lines=tuple(lines),
        total_centavos=nets - discount,
        discount_centavos=discount,
        sale_id=draw(sale_ids()) if draw(st.booleans()) else None,
    )


def sale_documents(
    situation: Situation = DEMO, *, max_lines: int = 6, decimals: bool = False
) -> SearchStrategy[dict[str, object]]:
    """Valid documents in every spelling that is understood: what `json.dumps` takes.

    With `decimals` numbers may be Decimals, too, as `json.loads(…, parse_float=Decimal)` makes.
    """
    return sales(situation, max_lines=max_lines).flatmap(
        lambda sale: spellings(sale, situation, decimals=decimals)
    )


@st.composite
def spellings(
    draw: DrawFn, sale: Sale, situation: Situation = DEMO, *, decimals: bool = False
) -> dict[str, object]:
    """Documents that all tell this very sale.

    Amounts are texts, integers, floats or, with `decimals`, Decimals; the CPF may be
    punctuated, the name decomposed; the instant is a wall clock or has an offset; what is optional
    may be left out.
    """
    name = sale.customer.name
    fields: dict[str, object] = {
        "sold_at": draw(_instant_spellings(sale.sold_at, situation)),
        "customer": {
            "document": draw(cpf_spellings(sale.customer.document)),
            "name": unicodedata.normalize("NFD", name) if draw(st.booleans()) else name,
        },
        "products": [_line_document(draw, line, decimals=decimals) for line in sale.lines],
        "total": draw(amount_spellings(sale.total_centavos, decimals=decimals)),
    }
    if sale.discount_centavos or draw(st.booleans()):
        fields["discount"] = draw(amount_spellings(sale.discount_centavos, decimals=decimals))
    if sale.sale_id is not None or draw(st.booleans()):
        fields["sale_id"] = sale.sale_id
    keys = sorted(fields, reverse=draw(st.booleans()))
    return {key: fields[key] for key in keys}


def _line(draw: DrawFn, type_: str, budget_centavos: int) -> Line:
    """A line of at most a budget; gifts cost nothing."""
    value = draw(_UNIT_VALUES)
    highest = min(MAX_QUANTITY_THOUSANDTHS, budget_centavos * 1000 // value if value else 10**9)
    qty = draw(quantities(max_thousandths=highest))
    line = Line(type=type_, value_centavos=value, qty_thousandths=qty)
    if not draw(st.booleans()):
        return line
    discount = draw(st.integers(0, line.amount_centavos))
    return replace(line, discount_centavos=discount)


def _by_sku(
    draw: DrawFn, line: Line, skus: list[str], situation: Situation, sold_at: datetime
) -> Line:
    """The line as it is, or naming a product in place of its type."""
    if not skus or not draw(st.booleans()):
        return line
    sku = draw(st.sampled_from(skus))
    return replace(line, sku=sku, type=situation.catalogue.type_at(sku, sold_at) or line.type)


def _line_document(draw: DrawFn, line: Line, *, decimals: bool) -> dict[str, object]:
    named: dict[str, object] = {"type": line.type} if line.sku is None else {"sku": line.sku}
    if draw(st.booleans()):  # what is null is not given
        named = {"sku": None, **named} if line.sku is None else {"type": None, **named}
    fields: dict[str, object] = {
        **named,
        "value": draw(amount_spellings(line.value_centavos, decimals=decimals)),
        "qty": draw(quantity_spellings(line.qty_thousandths, decimals=decimals)),
    }
    if line.discount_centavos or draw(st.booleans()):
        fields["discount"] = draw(amount_spellings(line.discount_centavos, decimals=decimals))
    return fields


@st.composite
def _instants(draw: DrawFn, situation: Situation) -> datetime:
    """Any instant of a valid sale, half of them of a whole second."""
    span = situation.latest - situation.earliest
    # Counted back from now, so that shrinking ends at a recent sale.
    back_us = draw(st.integers(0, span // timedelta(microseconds=1)))
    instant = situation.latest - timedelta(microseconds=back_us)
    whole = instant.replace(microsecond=0)
    return whole if whole >= situation.earliest and draw(st.booleans()) else instant


@st.composite
def _instant_spellings(draw: DrawFn, instant: datetime, situation: Situation) -> str:
    wall = instant.astimezone(situation.rules.zone)
    # Of a wall clock time that came twice, only the first instant can be told without an offset.
    only_first = wall.replace(fold=0).astimezone(UTC) == instant
    kind = draw(st.sampled_from(["utc", "offset", "local"] if only_first else ["utc", "offset"]))
    if kind == "utc":
        wall, suffix = instant, draw(st.sampled_from("Zz"))
    elif kind == "local":
        suffix = ""
    else:
        minutes = draw(st.integers(-1439, 1439))
        wall = instant.astimezone(timezone(timedelta(minutes=minutes)))
        hours, rest = divmod(abs(minutes), 60)
        sign, colon = "-" if minutes < 0 else "+", draw(st.sampled_from([":", ""]))
        suffix = f"{sign}{hours:02d}{colon}{rest:02d}" if rest else f"{sign}{hours:02d}"
    mark = draw(st.sampled_from("Tt "))
    return f"{wall:%Y-%m-%d}{mark}{wall:%H:%M:%S}{draw(_fractions(wall.microsecond))}{suffix}"


def _fractions(microsecond: int) -> SearchStrategy[str]:
    """A fraction of a second; digits beyond the microsecond are cut when it is read."""
    if not microsecond:
        return st.sampled_from(["", ".0", ",000", ".000000999", f".{'0' * 12}"])
    digits = f".{microsecond:06d}"
    return st.sampled_from([digits, digits.rstrip("0"), digits + "0", digits + "999"])
