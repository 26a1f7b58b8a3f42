"""Under the rates that sales were stored with, each earns what it earned, to the centavo."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.figures.calls import quantiles_of
from cashback_core.figures.figures import Dimension, FiguresQuestion, Measures
from cashback_core.figures.repricing import ChangedRate, StoredSale, reprice, repriced
from cashback_core.sales.calculation import NothingDue, calculate
from cashback_core.sales.erased import ERASED
from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.rules import BuyerRule, Buyers, SaleRules
from cashback_core.sales.sale import Customer
from cashback_core.testing import strategies
from cashback_core.values.rounding import Rounding
from contract.builders import a_sale

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from cashback_core.sales.sale import Sale

DAY: Final = date(2026, 6, 15)
BUYERS: Final = st.builds(
    Buyers,
    company=st.sampled_from([BuyerRule.RECORD, BuyerRule.PAY]),
    foreign=st.sampled_from([BuyerRule.RECORD, BuyerRule.PAY]),
    nobody=st.just(BuyerRule.RECORD),
)


def stored(
    sale: Sale, rates: dict[str, int], rounding: Rounding, rules: SaleRules, *, version: int = 3
) -> StoredSale:
    programme = Programme(
        tuple(
            Rate(
                type=type_,
                rate_bp=bp,
                version=version,
                starts_at=datetime(1999, 1, 1, tzinfo=UTC),
                excluded=bp == 0,
            )
            for type_, bp in rates.items()
        ),
        rounding,
    )
    return StoredSale(day=DAY, sale=sale, cashback=calculate(sale, programme, rules=rules))


@given(
    strategies.sales(),
    st.data(),
    st.sampled_from(Rounding),
    st.booleans(),
    BUYERS,
)
def test_without_a_change_nothing_changes_and_with_all_rates_it_is_calculate(
    sale: Sale,
    data: st.DataObject,
    rounding: Rounding,
    earns: bool,  # noqa: FBT001
    buyers: Buyers,
) -> None:
    told = st.one_of(strategies.cpfs(), strategies.cnpjs(), strategies.foreign_documents())
    document = data.draw(st.none() | told)
    sale = sale.of(None if document is None else Customer.known(document=document, name="ANA"))
    types = sorted({line.type for line in sale.lines})
    rates = {type_: data.draw(st.integers(0, 10_000)) for type_ in types}
    others = {type_: data.draw(st.integers(0, 10_000)) for type_ in types}
    rules = SaleRules(surcharge_earns=earns, buyers=buyers)
    one = stored(sale, rates, rounding, rules)
    for same in ({}, {type_: ChangedRate(type="x", rate_bp=1) for type_ in ("x", "y")}):
        anew = repriced(one, same)
        assert anew.cashback_centavos == one.cashback.cashback_centavos
        assert [line.cashback_centavos for line in anew.lines] == [
            line.cashback_centavos for line in one.cashback.lines
        ]
    if sale.customer is not None:
        erased = replace(one, sale=sale.of(ERASED))
        assert repriced(erased, {}).cashback_centavos == one.cashback.cashback_centavos
    changes = {t: ChangedRate(type=t, rate_bp=bp, excluded=bp == 0) for t, bp in others.items()}
    under_others = stored(sale, others, rounding, rules).cashback
    anew = repriced(one, changes)
    assert anew.cashback_centavos == under_others.cashback_centavos
    if one.cashback.nothing_due in {NothingDue.COMPANY, NothingDue.FOREIGN, NothingDue.NOBODY}:
        assert anew.cashback_centavos == 0


class Listed:
    """Stored sales, one a page."""

    def __init__(self, *sales: StoredSale) -> None:
        self.sales = sales

    async def pages(
        self, merchant_id: int, *, since: date, through: date
    ) -> AsyncIterator[Sequence[StoredSale]]:
        assert (merchant_id, since, through) == (1, DAY, DAY)
        for one in self.sales:
            yield [one]


async def test_differences_are_told_by_day_and_type() -> None:
    rules = SaleRules(zone=ZoneInfo("America/Sao_Paulo"))
    one = stored(a_sale(centavos=10_000, lines=2), {"A": 500}, Rounding.HALF_EVEN, rules)
    other = replace(one, day=date(2026, 6, 14))
    heard: list[tuple[date, int]] = []
    found = await reprice(
        Listed(other, one),
        1,
        since=DAY,
        through=DAY,
        rates=[ChangedRate(type="A", rate_bp=450), ChangedRate(type="ZZZ", rate_bp=450)],
        tell=lambda day, count: heard.append((day, count)),
    )
    assert (found.sales, found.changed) == (2, 2)
    assert (found.stored_centavos, found.repriced_centavos) == (2_000, 1_800)
    assert [(row.day.day, row.type, row.lines, row.net_centavos) for row in found.rows] == [
        (14, "A", 2, 20_000),
        (15, "A", 2, 20_000),
    ]
    assert [row.difference_centavos for row in found.rows] == [-100, -100]
    assert found.unmet == ("ZZZ",)
    assert heard == [(date(2026, 6, 14), 1), (DAY, 2)]


def test_questions_that_nobody_can_answer_are_none() -> None:
    for wrong in (
        {"through": date(2026, 6, 14)},
        {"through": date(2028, 6, 14)},
        {"by": (Dimension.DAY, Dimension.DAY)},
        {"by": (Dimension.DAY, Dimension.HOUR, Dimension.TYPE, Dimension.STORE)},
        {"only": {Dimension.DAY: "2026-06-15"}},
    ):
        asked = {"since": DAY, "through": DAY, **wrong}
        with pytest.raises(ValueError, match=r"figures|range|filter"):
            FiguresQuestion(**asked)  # type: ignore[arg-type]
    assert FiguresQuestion(since=DAY, through=DAY, only={Dimension.TYPE: "A"}).is_typed


def test_measures_add_up() -> None:
    one = Measures(sales=2, total_centavos=1_000, accrued=2, accrued_centavos=50, tried=2)
    other = Measures(paid=1, paid_centavos=20, accepted=1)
    both = one + other
    assert both.owed_more_centavos == 30
    assert both.acceptance == Fraction(1, 2)
    assert both.effective_rate is not None
    assert float(both.effective_rate) == 0.05
    assert Measures().is_empty
    assert (Measures().effective_rate, Measures().acceptance) == (None, None)


@given(st.lists(st.floats(0.001, 100), min_size=1))
def test_a_quantile_is_told_to_a_twentieth(latencies: list[float]) -> None:
    from cashback_core.figures.calls import bucket_of

    counts: dict[int, int] = {}
    for one in latencies:
        counts[bucket_of(one)] = counts.get(bucket_of(one), 0) + 1
    highest = max(latencies)
    told = quantiles_of(counts)
    assert told["0.5"] is not None
    assert told["0.99"] is not None
    assert told["0.99"] <= highest * 1.051 + 0.0001
    assert told["0.5"] <= told["0.99"]
