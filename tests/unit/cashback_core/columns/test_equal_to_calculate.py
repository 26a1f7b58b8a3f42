"""Whole sales by column: equal to `calculate` to the centavo, whatever the sale, in every mode."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashback_core import (
    Cnpj,
    Cpf,
    Customer,
    ForeignDocument,
    Line,
    Programme,
    Rate,
    Rounding,
    Sale,
    SaleRules,
    calculate,
)
from cashback_core.columns import Each, SaleColumns
from cashback_core.sales.calculation import Cashback, unearning_centavos
from cashback_core.sales.payments import Payment, PaymentKind
from cashback_core.sales.rules import BuyerRule, Buyers
from cashback_core.testing import strategies
from cashback_core.testing.strategies import Situation
from cashback_core.values.documents import document_kind
from cashback_core.values.money import MAX_CENTAVOS

SINCE = datetime(2000, 1, 1, tzinfo=UTC)
AT = datetime(2026, 6, 3, 12, tzinfo=UTC)
SOMEBODY = Customer(document=Cpf("52998224725"), name="JOSE")
BUYERS = (
    SOMEBODY,
    Customer(document=Cnpj("11222333000181"), name="LOJA"),
    Customer(document=ForeignDocument("AB-123456"), name="JOHN"),
    None,
)
MODES = st.sampled_from(Rounding)


@st.composite
def judged_sales(draw: st.DrawFn) -> tuple[list[Sale], Situation]:
    """Sales of one merchant, whose programme rounds in any mode."""
    situation = draw(
        st.sampled_from([strategies.DEMO, strategies.STORES]) | strategies.situations()
    )
    programme = Programme(situation.programme.rates, draw(MODES))
    situation = replace(situation, programme=programme)
    sales = strategies.sales(situation, max_lines=5)
    return draw(st.lists(sales, min_size=1, max_size=6)), situation


def rows_of(sale: Sale, number: int, accepted_at: datetime | None) -> list[dict[str, Any]]:
    return [
        {
            "sale": number,
            "sold_at": sale.sold_at,
            "accepted_at": accepted_at,
            "buyer": None if sale.document is None else document_kind(sale.document).value.lower(),
            "type": line.type,
            "amount_centavos": line.amount_centavos,
            "discount_centavos": line.discount_centavos,
            "surcharge_centavos": line.surcharge_centavos,
            "total_centavos": sale.total_centavos,
            "sale_discount_centavos": sale.discount_centavos,
            "sale_surcharge_centavos": sale.surcharge_centavos,
            "sale_difference_centavos": sale.difference_centavos,
            "unearning_centavos": unearning_centavos(sale),
        }
        for line in sale.lines
    ]


def frame_of(*sales: Sale, accepted_at: datetime | None = None) -> pl.DataFrame:
    rows = [row for n, sale in enumerate(sales) for row in rows_of(sale, n, accepted_at)]
    instants = {name: pl.Datetime("us", "UTC") for name in ("sold_at", "accepted_at")}
    return pl.DataFrame(rows, schema_overrides={**instants, "buyer": pl.String})


def due(cashback: Cashback) -> str | None:
    return None if cashback.nothing_due is None else cashback.nothing_due.value


def lines_told(cashback: Cashback) -> list[tuple[Any, ...]]:
    whole = (cashback.cashback_centavos, due(cashback), None)
    return [
        (
            *(line.net_centavos, line.rate_bp, line.rate_version, line.excluded),
            *(line.cashback_centavos, *whole),
        )
        for line in cashback.lines
    ]


LINE = (
    *("net_centavos", "rate_bp", "rate_version", "excluded", "cashback_centavos"),
    *("sale_cashback_centavos", "nothing_due", "fault"),
)


def compare(sales: list[Sale], situation: Situation) -> int:
    """Hold both ways against each other; how many sales passed 64 bits."""
    rules, programme = situation.rules, situation.programme
    expected = [
        calculate(sale, programme, rules=rules, accepted_at=situation.now) for sale in sales
    ]
    columns = SaleColumns(programme, rules)
    frame = frame_of(*sales, accepted_at=situation.now)
    by_line, by_sale = columns(frame), columns(frame, each=Each.SALE)
    assert by_line.rows.select(LINE).rows() == [
        line for cashback in expected for line in lines_told(cashback)
    ]
    assert by_sale.rows.select("sale", "cashback_centavos", "nothing_due", "fault").rows() == [
        (n, cashback.cashback_centavos, due(cashback), None) for n, cashback in enumerate(expected)
    ]
    assert by_line[1:] == by_sale[1:] == (frame.height, len(sales), 0, by_line.by_calculate)
    assert by_sale.rows["by_calculate"].sum() == by_line.by_calculate
    return by_line.by_calculate


@settings(max_examples=60)
@given(judged_sales())
def test_every_sale_earns_what_calculate_says(judged: tuple[list[Sale], Situation]) -> None:
    compare(*judged)


@settings(max_examples=25)
@given(judged_sales(), st.integers(1, 7), st.sampled_from(Each))
def test_a_stream_says_the_same_wherever_it_is_cut(
    judged: tuple[list[Sale], Situation], batch_lines: int, each: Each
) -> None:
    sales, situation = judged
    columns = SaleColumns(situation.programme, situation.rules)
    frame = frame_of(*sales, accepted_at=situation.now)
    told: list[int] = []
    streamed = columns.lazily(
        frame, each=each, batch_lines=batch_lines, on_batch=lambda b: told.append(b.sales)
    )
    assert streamed.collect().equals(columns(frame, each=each).rows)
    assert sum(told) == len(sales)


RATES_BP = {"A": 500, "B": 3333, "C": 0, "D": 10_000, "E": 1, "a": 500}
CHANGE = datetime(2026, 6, 1, tzinfo=UTC)


def changing_programme(mode: Rounding) -> Programme:
    """Rates of which two change, one to nothing, and one that begins late."""
    first = [Rate(type=t, rate_bp=bp, version=1, starts_at=SINCE) for t, bp in RATES_BP.items()]
    later = [
        Rate(type="A", rate_bp=725, version=2, starts_at=CHANGE),
        Rate(type="B", rate_bp=0, version=2, starts_at=CHANGE, excluded=True),
        Rate(type="B", rate_bp=50, version=3, starts_at=CHANGE + timedelta(days=1)),
        Rate(type="late", rate_bp=50, version=1, starts_at=datetime(2026, 5, 1, tzinfo=UTC)),
    ]
    return Programme((*first, *later), mode)


def any_centavos(chance: Random) -> int:
    """Small ones, for ties; those about a boundary; and any up to the highest there is."""
    return chance.choice(
        [
            chance.randint(0, 5),
            chance.choice([0, 10, 50, 99, 100, 5_000]),
            chance.randint(0, 10_000),
            chance.randint(0, 10 ** chance.randint(1, 10) - 1),
        ]
    )


def any_sale(chance: Random) -> Sale:
    """A sale of any shape, most of them small.

    A third of the lines repeat the one before, or differ from it in what leaves their rests equal.
    """
    lines: list[Line] = []
    for _ in range(chance.choice([1, 1, 2, 3, 4, 7, 12])):
        if lines and chance.random() < 0.3:
            last = lines[-1]
            lines.append(
                replace(
                    last,
                    type=chance.choice([last.type, last.type, "A", "a"]),
                    discount_centavos=min(last.amount_centavos, 20 * chance.randint(0, 5)),
                )
            )
            continue
        amount = any_centavos(chance)
        lines.append(
            Line(
                type=chance.choice(["A", "B", "C", "D", "E", "a", "late"]),
                value_e10=amount * 10**8,
                qty_e4=10_000,
                amount_centavos=amount,
                discount_centavos=chance.choice([0, 0, chance.randint(0, amount)]),
                surcharge_centavos=chance.choice([0, 0, 0, any_centavos(chance)]),
            )
        )
    nets = sum(line.net_centavos for line in lines)
    discount = chance.choice([0, 0, chance.randint(0, nets), min(nets, chance.randint(0, 9)), nets])
    surcharge = chance.choice([0, 0, 0, any_centavos(chance)])
    difference = max(chance.choice([0, 0, 0, -2, 1, 99]), discount - nets - surcharge)
    total = nets - discount + surcharge + difference
    unearning = chance.choice([0, 0, 0, chance.randint(0, total), total])
    return Sale(
        sold_at=chance.choice([AT, CHANGE, CHANGE - timedelta(microseconds=1)]),
        customer=chance.choice([*BUYERS, BUYERS[0], BUYERS[0]]),
        lines=tuple(lines),
        total_centavos=total,
        discount_centavos=discount,
        surcharge_centavos=surcharge,
        difference_centavos=difference,
        payments=(
            Payment(kind=PaymentKind.GIFT_CARD, value_centavos=unearning),
            Payment(kind=PaymentKind.PIX, value_centavos=total - unearning),
        )
        if chance.random() < 0.5
        else (),
    )


@pytest.mark.parametrize("mode", Rounding)
@pytest.mark.parametrize("surcharge_earns", [False, True])
@pytest.mark.parametrize("companies", [BuyerRule.RECORD, BuyerRule.PAY])
def test_thousands_of_sales_of_every_shape(
    mode: Rounding,
    surcharge_earns: bool,  # noqa: FBT001 (a parameter of the test)
    companies: BuyerRule,
) -> None:
    rules = SaleRules(
        surcharge_earns=surcharge_earns,
        buyers=Buyers(company=companies, foreign=BuyerRule.RECORD, nobody=BuyerRule.RECORD),
    )
    situation = Situation(
        now=CHANGE + timedelta(hours=3), rules=rules, programme=changing_programme(mode)
    )
    chance = Random(f"{mode} {surcharge_earns} {companies}")
    big = compare([any_sale(chance) for _ in range(1_500)], situation)
    assert 20 < big < 500, "sales that fit and sales that do not"


BROKEN: dict[str, Any] = {
    "type": "unheard-of",
    "amount_centavos": None,
    "discount_centavos": -1,
    "total_centavos": None,
    "sold_at": None,
}


def test_a_sale_with_a_fault_touches_no_other() -> None:
    chance = Random("faults")
    columns = SaleColumns(changing_programme(Rounding.HALF_EVEN))
    sound = frame_of(*[any_sale(chance) for _ in range(1_500)])
    expected = columns(sound).rows
    hit = pl.col("sale").is_in([n for n in range(1_500) if chance.random() < 0.3])
    broken = sound
    for place, (name, value) in enumerate(BROKEN.items()):
        told = pl.lit(value, sound.schema[name])
        here = hit & (pl.col("sale") % len(BROKEN) == place)
        broken = broken.with_columns(pl.when(here).then(told).otherwise(name).alias(name))
    calculated = columns(broken)
    faulty = calculated.rows["fault"].is_not_null()
    assert calculated.rows.filter(faulty).equals(calculated.rows.filter(hit))
    assert calculated.rows.filter(~faulty).equals(expected.filter(~hit))
    assert calculated.faulty == broken.filter(hit)["sale"].n_unique()


@pytest.mark.parametrize("mode", Rounding)
def test_past_64_bits_is_where_it_is_said_to_be(mode: Rounding) -> None:
    programme = changing_programme(mode)
    beside: list[Sale] = []
    for total in (1, 14_106_000, 14_107_900, 63_245_553):
        line = Line(type="D", value_e10=total * 10**8, qty_e4=10_000, amount_centavos=total)
        beside.append(
            Sale(
                sold_at=AT,
                customer=SOMEBODY,
                lines=(line, replace(line, type="B")),
                total_centavos=2 * total - 1,
                discount_centavos=1,
            )
        )
    for biggest in (MAX_CENTAVOS, MAX_CENTAVOS + 1, 10**15):
        line = Line(type="D", value_e10=biggest * 10**8, qty_e4=10_000, amount_centavos=biggest)
        beside.append(Sale(sold_at=AT, customer=SOMEBODY, lines=(line,), total_centavos=biggest))
    situation = Situation(now=AT, programme=programme)
    assert compare(beside, situation) == 4
