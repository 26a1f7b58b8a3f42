"""What the sales of a batch come to: sums of their lines, what is wrong, what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cashback_core.columns.factors import passes_64_bits, ratio_of
from cashback_core.columns.layout import MAX_COLUMN_CENTAVOS, OF_A_SALE, SaleFault
from cashback_core.columns.lines import FLAG_BITS, FLAGS
from cashback_core.columns.rounding import rounded
from cashback_core.sales.calculation import NothingDue
from cashback_core.sales.rules import BuyerRule
from cashback_core.sales.sale import MAX_LINES, MAX_TOLERANCE_CENTAVOS
from cashback_core.values.documents import DocumentKind
from cashback_core.values.money import MAX_CENTAVOS

if TYPE_CHECKING:
    from cashback_core.sales.rules import SaleRules
    from cashback_core.values.rounding import Rounding

_BUYERS: Final = [kind.value for kind in DocumentKind]
_TOTAL, _DISCOUNT, _SURCHARGE, _DIFFERENCE, _UNEARNING = (pl.col(name) for name in OF_A_SALE)
_NUMERATOR: Final = pl.col("weight") * pl.col("factor")


def sums(lines: pl.DataFrame) -> pl.DataFrame:
    """The sums of each sale, how many lines it has, and how many of them have which flag."""
    running = lines.lazy().select(
        "last",
        # A null would hide the sum of the next sale, too; it is flagged.
        pl.col("net", "goods", "weight", "surcharge", "flags").fill_null(0).cum_sum(),
        lines=pl.int_range(1, pl.len() + 1),
    )
    ends = running.filter("last").select(pl.exclude("last"))
    flags = {
        name: (pl.col("flags") // 2 ** (FLAG_BITS * place)) % 2**FLAG_BITS
        for place, name in enumerate(FLAGS)
    }
    return (
        ends.select(grown(pl.all())).with_columns(**flags).drop("flags").collect(engine="in-memory")
    )


def grown(running: pl.Expr) -> pl.Expr:
    """By how much a running sum grew with each sale, of its values where sales end."""
    return running - running.shift(1, fill_value=0)


def judged(sales: pl.DataFrame, rules: SaleRules, mode: Rounding) -> pl.DataFrame:
    """With each sale's `fault`; or `factor`, `denominator`, `cashback` and why nothing is due.

    A `big` sale passes 64 bits: it has no fault, and what it earns is not computed here. Where no
    sum of its own is above the highest that a sale may have, its lines' are neither, for they add
    up: so what is looked at in floats has not wrapped around.
    """
    total_with_surcharges = pl.max_horizontal(
        pl.lit(0, pl.Int64), _TOTAL - _SURCHARGE - pl.col("surcharge")
    )
    earning = _TOTAL if rules.surcharge_earns else total_with_surcharges
    terms = (earning, pl.col("goods"), _TOTAL, _TOTAL - _UNEARNING)
    ratio = ratio_of(*terms)
    in_floats = ratio_of(*(term.cast(pl.Float64) for term in terms))
    big = (
        (pl.col("big") > 0)
        | pl.any_horizontal(pl.col(name).abs() > MAX_CENTAVOS for name in OF_A_SALE)
        | passes_64_bits(pl.col("weight").cast(pl.Float64), in_floats)
    )
    computed = pl.col("fault").is_null() & ~pl.col("big")
    earns = computed & pl.col("unpaid").is_null() & (pl.col("goods") > 0)
    return (
        sales.lazy()
        .with_columns(fault=_fault(), unpaid=_unpaid(rules))
        .with_columns(big=pl.col("fault").is_null() & big)
        .with_columns(
            factor=pl.when(earns).then(ratio.factor).otherwise(0),
            denominator=pl.when(earns).then(ratio.denominator).otherwise(1),
        )
        .with_columns(
            cashback=pl.when(computed).then(rounded(_NUMERATOR, pl.col("denominator"), mode))
        )
        .with_columns(nothing_due=pl.when(pl.col("cashback") == 0).then(_nothing_due()))
        .collect(engine="in-memory")
    )


def _nothing_due() -> pl.Expr:
    """Why a sale's cashback is zero."""
    to_zero, nothing = NothingDue.ROUNDS_TO_ZERO.value, NothingDue.EARNS_NOTHING.value
    of_lines = pl.when(_NUMERATOR > 0).then(pl.lit(to_zero)).otherwise(pl.lit(nothing))
    return pl.coalesce("unpaid", of_lines)


def _fault() -> pl.Expr:
    """Why a sale is not computed, the first reason that there is; null where it is."""
    nets = pl.col("net")
    sound = pl.all_horizontal(
        *(money.is_between(0, MAX_COLUMN_CENTAVOS) for money in (_TOTAL, _DISCOUNT, _SURCHARGE)),
        _DIFFERENCE.is_between(-MAX_TOLERANCE_CENTAVOS, MAX_TOLERANCE_CENTAVOS),
        _UNEARNING.is_between(0, _TOTAL),
        nets >= _DISCOUNT,
        pl.col("sold_us").is_not_null(),
        pl.col("sale").is_not_null(),
        pl.col("buyer").is_null() | pl.col("buyer").is_in(_BUYERS),
    ).fill_null(value=False)
    faults = {
        SaleFault.LINES_COUNT: pl.col("lines") > MAX_LINES,
        SaleFault.LINE_INVALID: pl.col("bad") > 0,
        SaleFault.SALE_DIFFERS: pl.col("differs") > 0,
        SaleFault.SALE_INVALID: ~sound,
        SaleFault.TOTAL_MISMATCH: nets - _DISCOUNT + _SURCHARGE + _DIFFERENCE != _TOTAL,
        SaleFault.TYPE_UNKNOWN: pl.col("unknown") > 0,
    }
    return pl.coalesce(
        *(pl.when(wrong).then(pl.lit(fault.value)) for fault, wrong in faults.items())
    )


def _unpaid(rules: SaleRules) -> pl.Expr:
    """Why nothing is paid to who bought; null where it is."""
    buyer = pl.col("buyer")
    reasons = [pl.when(buyer.is_null()).then(pl.lit(NothingDue.NOBODY.value))]
    if rules.buyers.company is not BuyerRule.PAY:
        reasons.append(
            pl.when(buyer == DocumentKind.CNPJ.value).then(pl.lit(NothingDue.COMPANY.value))
        )
    if rules.buyers.foreign is not BuyerRule.PAY:
        reasons.append(
            pl.when(buyer == DocumentKind.FOREIGN.value).then(pl.lit(NothingDue.FOREIGN.value))
        )
    return pl.coalesce(*reasons)
