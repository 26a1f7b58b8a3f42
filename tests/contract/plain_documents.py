"""Documents of the form that most have, and what becomes of a document, to the last fault."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, cast

from hypothesis import strategies as st

from cashback_core import InvalidSale, calculate, content_names
from cashback_core.sales.validation import parse_repeat, parse_sale
from cashback_core.testing import strategies

if TYPE_CHECKING:
    from collections.abc import Callable

    from cashback_core import Sale
    from cashback_core.testing.strategies import Situation

_SALE: Final = ("sold_at", "customer", "total", "products", "discount", "sale_id")
_LINE: Final = ("type", "value", "qty", "discount")


def told(situation: Situation) -> st.SearchStrategy[object]:
    """Documents, every second one valid; of them as many as may be in the plain form."""
    valid = strategies.sale_documents(situation, max_lines=3)
    invalid = strategies.invalid_documents(situation).map(lambda spoilt: spoilt.document)
    as_they_are = (valid | invalid).flatmap(
        lambda document: st.sampled_from([document, plain(document)])
    )
    return (valid | invalid).map(plain).map(stripped) | as_they_are


def plain(document: object) -> object:
    """The same with numbers as texts or whole, and without what says nothing."""
    if isinstance(document, dict):
        fields = cast("dict[str, object]", document)
        return {name: plain(value) for name, value in fields.items() if _says(name, value)}
    if isinstance(document, list):
        return [plain(item) for item in cast("list[object]", document)]
    if isinstance(document, float | Decimal):
        return format(Decimal(str(document)), "f")
    return document


def _says(name: str, value: object) -> bool:
    if name == "discount":
        return value not in (None, 0, "0", "0.0", "0.00")
    return value is not None and not (name == "document_type" and value == "cpf")


def stripped(document: object) -> object:
    """A document without whatever is not told in the plain form; no longer valid, often."""
    if not isinstance(document, dict):
        return document
    told_fields = cast("dict[str, object]", document)
    fields = {name: told_fields[name] for name in _SALE if name in told_fields}
    products = fields.get("products")
    if isinstance(products, list):
        fields["products"] = [_stripped_line(line) for line in cast("list[object]", products)]
    return fields


def _stripped_line(line: object) -> object:
    if not isinstance(line, dict):
        return line
    fields = cast("dict[str, object]", line)
    return {"type": "A", **{name: fields[name] for name in _LINE if name in fields}}


def became_of(document: object, situation: Situation, key: str | None = None) -> tuple[Any, ...]:
    """The sale, what it earns and is called, field by field, or every fault; also as a repeat."""

    def read() -> Sale:
        return parse_sale(
            document,
            rules=situation.rules,
            now=situation.now,
            programme=situation.programme,
            catalogue=situation.catalogue,
            idempotency_key=key,
        )

    def repeated() -> Sale:
        return parse_repeat(document, zone=situation.rules.zone)

    return _became(read, situation), _became(repeated, None)


def _became(read: Callable[[], Sale], situation: Situation | None) -> tuple[Any, ...]:
    try:
        sale = read()
    except InvalidSale as refused:
        return refused.violations, refused.sold_at
    beside = sale.confirm_later, sale.sold_at_wall, repr(sale), content_names(sale)
    if situation is None:
        return sale, *beside
    rules, now = situation.rules, situation.now
    earned = calculate(sale, situation.programme, rules=rules, accepted_at=now)
    return sale, *beside, earned, [line.exact.text for line in earned.lines]


@st.composite
def written(draw: st.DrawFn, document: object) -> bytes:
    """A document as JSON in UTF-8, however it is laid out."""
    between = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: ")]))
    text = json.dumps(document, ensure_ascii=draw(st.booleans()), separators=between)
    return text.encode("utf-8", "surrogatepass")
