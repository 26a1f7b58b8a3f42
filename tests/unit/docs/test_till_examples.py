"""What the documentation says of tills' sales is what is computed, in each language.

An example is a JSON object: what a merchant lays down, a sale, and of its answer what matters.
Behind it stands, as a list, what the answer's explanation says, or the details of its errors.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import pytest

from adapters.http.sales.record_shapes import quote_shape
from cashback_core.intake.submission import Quoted
from cashback_core.sales.calculation import calculate
from cashback_core.sales.content import same_content
from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.rules import BuyerRule, Buyers, NumberScope, SaleRules
from cashback_core.sales.same_sale import NewSale, number_name
from cashback_core.sales.terms import Terms
from cashback_core.sales.validation import parse_sale
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_store import MemoryStore
from cashback_core.values.access_keys import AccessKey
from cashback_core.values.rounding import Rounding
from cashback_core.values.violations import InvalidSale
from cashback_core.words.locales import Language
from contract.builders import accepted, submitted

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGES: Final = {"erp.md": Language("en"), "erp.pt.md": Language("pt")}
IN_WORDS: Final = {"expected"}
"""What of an answer is in the page's language."""

DOCS: Final = Path(__file__).parents[3] / "docs"
_CHAPTER: Final = re.compile(
    r"^## (?:Sales as tills|Vendas como o caixa) .*?(?=^## )", re.MULTILINE | re.DOTALL
)
_EXAMPLE: Final = re.compile(
    r"```json\n(\{.*?\})\n```\n(?:\n((?:- [^\n]*\n(?:  [^\n]*\n)*)+))?", re.DOTALL
)
_SINCE: Final = datetime(2000, 1, 1, tzinfo=UTC)
_NOW: Final = datetime(2026, 6, 3, 13, 20, tzinfo=UTC)
_RATES: Final = (("A", 500, False), ("B", 100, False), ("X", 0, True))
PROGRAMME: Final = Programme(
    tuple(
        Rate(type=type_, rate_bp=bp, version=1, starts_at=_SINCE, excluded=excluded)
        for type_, bp, excluded in _RATES
    )
)
PLAIN: Final = {
    "sold_at": "2026-06-03T10:15:00-03:00",
    "customer": {"document": "52998224725", "name": "JOSE DA SILVA"},
    "total": "100.00",
    "products": [{"type": "A", "value": "100.00", "qty": 1}],
}


@dataclass(frozen=True, slots=True)
class Example:
    """One of a page: its object, and the lines of its list."""

    told: Mapping[str, Any]
    lines: tuple[str, ...]


def chapter(page: str) -> str:
    """The chapter of a page of the documentation."""
    found = _CHAPTER.search((DOCS / page).read_text(encoding="utf-8"))
    assert found is not None, page
    return found[0]


def examples(page: str) -> list[Example]:
    """All examples of it, in order."""
    return [
        Example(json.loads(found[1]), _lines(found[2] or ""))
        for found in _EXAMPLE.finditer(chapter(page))
    ]


def _lines(text: str) -> tuple[str, ...]:
    return tuple(
        " ".join(item.split()) for item in re.split(r"^- ", text, flags=re.MULTILINE) if item
    )


def answer(told: Mapping[str, Any], language: Language) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What is answered to the sale of an example, and what its explanation says."""
    now = datetime.fromisoformat(told["accepted_at"]) if "accepted_at" in told else _NOW
    rules = _rules(told.get("rules", {}))
    document = {**PLAIN, **told["sale"]}
    try:
        sale = parse_sale(document, rules=rules, now=now, programme=PROGRAMME)
    except InvalidSale as refused:
        errors = [
            {"pointer": v.pointer, "code": v.code, "expected": v.expected(language)}
            for v in refused.violations
        ]
        details = tuple(violation.detail(language) for violation in refused.violations)
        return {"status": 422, "errors": errors}, details
    cashback = calculate(sale, PROGRAMME, rules=rules, accepted_at=now)
    quoted = Quoted(
        sale=sale,
        cashback=cashback,
        meaning=NewSale(),
        name_differs=False,
        at=now,
        confirm_within=rules.confirm_within,
    )
    shape: dict[str, Any] = msgspec.to_builtins(quote_shape(quoted, language))
    return shape, tuple(step["text"] for step in shape["explanation"])


def _rules(told: Mapping[str, Any]) -> SaleRules:
    company, foreign, nobody = (
        BuyerRule(told.get(f"{who}_buyers", "refuse")) for who in ("company", "foreign", "nobody")
    )
    return SaleRules(
        line_rounding=Rounding(told.get("line_rounding", "half_up")),
        line_tolerance_centavos=told.get("line_tolerance_centavos", 0),
        sale_tolerance_centavos=told.get("sale_tolerance_centavos", 0),
        surcharge_earns=told.get("surcharge_earns", False),
        buyers=Buyers(company=company, foreign=foreign, nobody=nobody),
        confirm_within=timedelta(hours=told.get("confirm_within_h", 72)),
        max_ahead=timedelta(seconds=told.get("max_ahead_s", 300)),
        numbers=NumberScope(told.get("numbers", "merchant")),
    )


def each(kind: str) -> list[Any]:
    return [
        pytest.param(example, language, id=f"{language}-{number}")
        for page, language in PAGES.items()
        for number, example in enumerate(examples(page))
        if kind in example.told
    ]


def holds(answered: Any, told: Any) -> bool:
    """Whether all that is told of an answer is in it."""
    if isinstance(told, dict):
        fields = cast("dict[str, Any]", told)
        return all(name in answered and holds(answered[name], of) for name, of in fields.items())
    if isinstance(told, list):
        items = cast("list[Any]", told)
        return len(items) == len(answered) and all(map(holds, answered, items))
    return bool(answered == told)


@pytest.mark.parametrize(("example", "language"), each("answer"))
def test_a_sale_is_answered_and_explained_as_the_page_says(
    example: Example, language: Language
) -> None:
    answered, lines = answer(example.told, language)
    assert holds(answered, example.told["answer"]), answered
    assert example.lines == lines


@pytest.mark.parametrize(("example", "language"), each("same"))
def test_two_sales_are_one_as_the_page_says(example: Example, language: Language) -> None:
    first, second = (
        parse_sale({**PLAIN, **example.told[which]}, rules=SaleRules(), now=_NOW)
        for which in ("first", "second")
    )
    assert same_content(recorded=first, received=second) is example.told["same"], language


@pytest.mark.parametrize(("example", "language"), each("named"))
def test_a_number_is_called_as_the_page_says(example: Example, language: Language) -> None:
    told = example.told
    name = number_name(told["sale_id"], told["store"], numbers=NumberScope(told["numbers"]))
    assert name == told["named"], language


@pytest.mark.parametrize(("example", "language"), each("reads"))
def test_an_access_key_reads_as_the_page_says(example: Example, language: Language) -> None:
    key = AccessKey.parse(example.told["sale_id"])
    reads = key and {
        "invoice_cnpj": key.cnpj,
        "invoice_month": key.month,
        "invoice_series": key.series,
        "invoice_number": key.number,
    }
    assert example.told["reads"] == reads, language


@pytest.mark.parametrize(("example", "language"), each("becomes"))
async def test_what_is_confirmed_becomes_what_the_page_says(
    example: Example, language: Language
) -> None:
    told = example.told
    clock = ManualClock(datetime.fromisoformat(told["accepted_at"]).astimezone(UTC))
    store = MemoryStore(
        {1: Terms(merchant_id=1, rules=SaleRules(), programme=PROGRAMME)}, now=clock.now
    )
    sale = parse_sale({**PLAIN, "confirm": "later"}, rules=SaleRules(), now=clock.now())
    within = _rules(told["rules"]).confirm_within
    record = await accepted(store, replace(submitted(sale), confirm_within=within, lease_s=None))
    passed = datetime.fromisoformat(told["confirmed_at"]) - clock.now()
    clock.advance(passed.total_seconds())
    await store.void_expired(limit=1)
    await store.confirm(record.merchant_id, record.id)
    after = await store.find(record.merchant_id, record.id)
    assert after is not None
    assert after.status == told["becomes"], language


def test_both_languages_have_the_same_examples() -> None:
    english, portuguese = ([e.told for e in examples(page)] for page in PAGES)
    assert [without_words(told) for told in english] == [without_words(t) for t in portuguese]
    assert len(english) >= 20


def without_words(value: Any) -> Any:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {name: without_words(of) for name, of in fields.items() if name not in IN_WORDS}
    if isinstance(value, list):
        return [without_words(item) for item in cast("list[Any]", value)]
    return value
