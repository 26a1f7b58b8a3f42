"""Valid sales, and the documents that tell them in every spelling that is understood."""

# ruff: noqa: TC001, TC002 - users' tools read these annotations at run time
from __future__ import annotations

import string
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from itertools import pairwise
from typing import Final

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cashback_core.sales.payments import Payment, PaymentKind
from cashback_core.sales.place import Place
from cashback_core.sales.rules import BuyerRule, Buyers, NumberScope, SaleRules
from cashback_core.sales.sale import (
    MAX_CASHIER_CHARS,
    MAX_METADATA_CHARS,
    MAX_SALE_ID_CHARS,
    MAX_TOLERANCE_CENTAVOS,
    Customer,
    Line,
    Sale,
    is_cashier,
    line_amount,
)
from cashback_core.testing.strategies.numbers import (
    JsonNumber,
    access_keys,
    amount_spellings,
    cnpjs,
    cpfs,
    foreign_documents,
    quantities,
    quantity_spellings,
    value_spellings,
    values,
)
from cashback_core.testing.strategies.situations import DEMO, Situation
from cashback_core.values.access_keys import holds_buyer
from cashback_core.values.documents import BuyerDocument, DocumentKind, document_kind
from cashback_core.values.masks import holds_cpf, holds_document
from cashback_core.values.money import MAX_CENTAVOS, MAX_QUANTITY_E4, PRODUCT_PER_CENTAVO
from cashback_core.values.names import MAX_NAME_CHARS, name_fault
from cashback_core.values.rounding import Rounding

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
    """An ERP's own numbers of sales: 1 to 64 visible ASCII characters, often access keys."""
    digits = st.text(string.digits, min_size=44, max_size=44)
    anything = st.text(_VISIBLE_ASCII, min_size=1, max_size=MAX_SALE_ID_CHARS)
    return anything | digits | access_keys()


@cache
def places() -> SearchStrategy[Place]:
    """Where a sale was made; any of its fields may be untold."""
    named = st.none() | st.sampled_from("123") | st.text(_VISIBLE_ASCII, min_size=1, max_size=32)
    return st.builds(Place, store=named, till=named, series=named)


@st.composite
def payments(draw: DrawFn, total_centavos: int) -> tuple[Payment, ...]:
    """In what a total may have been paid: up to five parts that add up to it, or untold."""
    cuts = draw(st.lists(st.integers(0, total_centavos), max_size=4))
    ends = [0, *sorted(cuts), total_centavos]
    kinds = st.sampled_from(PaymentKind)
    return tuple(
        Payment(kind=draw(kinds), value_centavos=high - low) for low, high in pairwise(ends)
    )


@cache
def metadata() -> SearchStrategy[tuple[tuple[str, str], ...]]:
    """An ERP's own pairs, sorted by key."""
    keys = st.text(string.ascii_letters + string.digits + "_.-", min_size=1, max_size=40)
    pairs = st.dictionaries(keys, _printable(MAX_METADATA_CHARS, 0), max_size=4)
    return pairs.map(lambda told: tuple(sorted(told.items())))


@st.composite
def sales(draw: DrawFn, situation: Situation = DEMO, *, max_lines: int = 6) -> Sale:
    """Valid sales of 1 to `max_lines` lines, from nothing to the highest total.

    Of every kind that the situation's rules take: half of them plain ones.
    """
    sold_at = draw(_instants(situation))
    judged_at = situation.counts_at(sold_at)
    types = st.sampled_from(situation.types_at(judged_at))
    skus = situation.skus_at(judged_at)
    count = draw(st.integers(1, max_lines))
    budget = MAX_CENTAVOS // count - 2 * MAX_TOLERANCE_CENTAVOS
    rules = situation.rules
    plain = draw(st.booleans())
    lines = [_line(draw, draw(types), budget, rules, plain=plain) for _ in range(count)]
    lines = [_by_sku(draw, line, skus, situation, judged_at) for line in lines]
    nets = sum(line.net_centavos for line in lines)
    discount = draw(st.integers(0, nets)) if draw(st.booleans()) else 0
    sale = Sale(
        sold_at=sold_at,
        customer=draw(_customers(rules.buyers, plain=plain)),
        lines=tuple(lines),
        total_centavos=nets - discount,
        discount_centavos=discount,
        sale_id=draw(sale_ids()) if draw(st.booleans()) else None,
    )
    assume(sale.sale_id is None or not holds_buyer(sale.sale_id, sale.document))
    sale = _numbered(draw, sale, rules)
    assume(sale.place.store is None or not holds_buyer(sale.place.store, sale.document))
    return sale if plain else _embellished(draw, sale, rules)


def _numbered(draw: DrawFn, sale: Sale, rules: SaleRules) -> Sale:
    """With the store that a number needs."""
    if sale.sale_id is None or rules.numbers is NumberScope.MERCHANT:
        return sale
    store = draw(st.sampled_from("123") | st.text(_VISIBLE_ASCII, min_size=1, max_size=32))
    return replace(sale, place=Place(store=store))


def _embellished(draw: DrawFn, sale: Sale, rules: SaleRules) -> Sale:
    """With a surcharge, a difference, payments, a place and notes, or some of them."""
    surcharge = draw(st.integers(0, 2_000)) if draw(st.booleans()) else 0
    surcharge = min(surcharge, MAX_CENTAVOS - sale.total_centavos)
    right = sale.total_centavos + surcharge
    tolerance = rules.sale_tolerance_centavos
    difference = draw(st.integers(-min(tolerance, right), min(tolerance, MAX_CENTAVOS - right)))
    place = draw(places())
    if place.store is None:
        place = replace(place, store=sale.place.store)
    document = sale.document
    told = [text for text in (place.store, place.till, place.series) if text is not None]
    assume(not any(holds_buyer(text, document) for text in told))
    cashier = draw(st.none() | _printable(MAX_CASHIER_CHARS, 1).filter(is_cashier))
    pairs = draw(metadata())
    notes = [text for pair in pairs for text in pair] + ([] if cashier is None else [cashier])
    assume(not any(holds_cpf(text) or holds_document(text, document) for text in notes))
    total = right + difference
    return replace(
        sale,
        total_centavos=total,
        surcharge_centavos=surcharge,
        difference_centavos=difference,
        payments=draw(payments(total)) if draw(st.booleans()) else (),
        place=place,
        confirm_later=draw(st.booleans()),
        cashier=cashier,
        metadata=pairs,
    )


@st.composite
def _customers(draw: DrawFn, buyers: Buyers, *, plain: bool) -> Customer | None:
    """Who may buy; a person more often than not."""
    kinds: list[SearchStrategy[BuyerDocument] | None] = [cpfs(), cpfs()]
    if not plain:
        kinds += [cnpjs()] if buyers.company is not BuyerRule.REFUSE else []
        kinds += [foreign_documents()] if buyers.foreign is not BuyerRule.REFUSE else []
        kinds += [None] if buyers.nobody is not BuyerRule.REFUSE else []
    documents = draw(st.sampled_from(kinds))
    if documents is None:
        return None
    return Customer(document=draw(documents), name=draw(names()))


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
    may be null or left out.
    """
    place = sale.place
    pairs: dict[str, object] = dict(sale.metadata)
    if draw(st.booleans()):
        pairs.setdefault("untold", None)
    parts = [
        {
            "kind": part.kind.value,
            "value": draw(amount_spellings(part.value_centavos, decimals=decimals)),
        }
        for part in sale.payments
    ]
    confirm = "later" if sale.confirm_later else draw(st.sampled_from([None, "now"]))
    optional: dict[str, object] = {
        "discount": _optional_amount(draw, sale.discount_centavos, decimals=decimals),
        "surcharge": _optional_amount(draw, sale.surcharge_centavos, decimals=decimals),
        "payments": parts or None,
        "store": place.store,
        "till": place.till,
        "series": place.series,
        "sale_id": sale.sale_id,
        "cashier": sale.cashier,
        "metadata": pairs or draw(st.sampled_from([None, pairs])),
        "confirm": confirm,
    }
    fields: dict[str, object] = {
        "sold_at": draw(_instant_spellings(sale.sold_at, situation)),
        "customer": _customer_document(draw, sale.customer),
        "products": [
            _line_document(draw, line, situation.rules.line_rounding, decimals=decimals)
            for line in sale.lines
        ],
        "total": draw(amount_spellings(sale.total_centavos, decimals=decimals)),
        **_told(draw, optional),
    }
    keys = sorted(fields, reverse=draw(st.booleans()))
    return {key: fields[key] for key in keys}


def _told(draw: DrawFn, optional: dict[str, object]) -> dict[str, object]:
    """What has a value, and by chance what has none: as null."""
    nulls = draw(st.booleans())
    return {name: value for name, value in optional.items() if value is not None or nulls}


def _optional_amount(draw: DrawFn, centavos: int, *, decimals: bool) -> JsonNumber | None:
    if not centavos and draw(st.booleans()):
        return None
    return draw(amount_spellings(centavos, decimals=decimals))


def _customer_document(draw: DrawFn, customer: Customer | None) -> dict[str, object] | None:
    if customer is None:
        return None
    name, document = customer.name, customer.document
    kind = document_kind(document)
    fields: dict[str, object] = {
        "document": draw(st.sampled_from([str(document), document.formatted])),
        "name": unicodedata.normalize("NFD", name) if draw(st.booleans()) else name,
    }
    if kind is DocumentKind.FOREIGN or draw(st.booleans()):
        fields["document_type"] = kind.value
    return fields


def _line(draw: DrawFn, type_: str, budget_centavos: int, rules: SaleRules, *, plain: bool) -> Line:
    """A line of at most a budget; gifts cost nothing."""
    value = draw(values())
    room = budget_centavos * PRODUCT_PER_CENTAVO // value if value else MAX_QUANTITY_E4
    qty = draw(quantities(max_e4=min(MAX_QUANTITY_E4, max(1, room))))
    amount = rounded = line_amount(value, qty, rules.line_rounding)
    surcharge = 0
    if not plain and draw(st.booleans()):
        amount = draw(_told_amounts(value * qty, rules.line_tolerance_centavos))
        surcharge = draw(st.integers(0, max(0, min(2_000, budget_centavos - amount))))
    return Line(
        type=type_,
        value_e10=value,
        qty_e4=qty,
        amount_centavos=amount,
        discount_centavos=draw(st.integers(0, amount)) if draw(st.booleans()) else 0,
        surcharge_centavos=surcharge,
        difference_centavos=amount - rounded,
    )


def _told_amounts(product: int, tolerance_centavos: int) -> SearchStrategy[int]:
    """What a line may tell of its amount: less than a centavo and the tolerance away from it."""
    room = PRODUCT_PER_CENTAVO * (1 + tolerance_centavos)
    lowest = max(0, (product - room) // PRODUCT_PER_CENTAVO + 1)
    highest = -(-(product + room) // PRODUCT_PER_CENTAVO) - 1
    return st.integers(lowest, highest)


def _printable(max_chars: int, min_chars: int) -> SearchStrategy[str]:
    texts = st.text(string.ascii_letters + string.digits + " ÁÇãéô-:/", max_size=max_chars)
    return texts.filter(lambda text: len(text) >= min_chars)


def _by_sku(
    draw: DrawFn, line: Line, skus: list[str], situation: Situation, sold_at: datetime
) -> Line:
    """The line as it is, or naming a product in place of its type."""
    if not skus or not draw(st.booleans()):
        return line
    sku = draw(st.sampled_from(skus))
    return replace(line, sku=sku, type=situation.catalogue.type_at(sku, sold_at) or line.type)


def _line_document(
    draw: DrawFn, line: Line, rounding: Rounding, *, decimals: bool
) -> dict[str, object]:
    named: dict[str, object] = {"type": line.type} if line.sku is None else {"sku": line.sku}
    if draw(st.booleans()):  # what is null is not given
        named = {"sku": None, **named} if line.sku is None else {"type": None, **named}
    rounded = line_amount(line.value_e10, line.qty_e4, rounding)
    told = line.amount_centavos != rounded or draw(st.booleans())
    amount = amount_spellings(line.amount_centavos, decimals=decimals)
    optional: dict[str, object] = {
        "discount": _optional_amount(draw, line.discount_centavos, decimals=decimals),
        "surcharge": _optional_amount(draw, line.surcharge_centavos, decimals=decimals),
        "amount": draw(amount) if told else None,
    }
    return {
        **named,
        "value": draw(value_spellings(line.value_e10, decimals=decimals)),
        "qty": draw(quantity_spellings(line.qty_e4, decimals=decimals)),
        **_told(draw, optional),
    }


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
