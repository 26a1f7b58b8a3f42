"""What the sales of a batch come to: sums of their lines, what is wrong, what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cashback_core.columns.factors import passes_64_bits, ratio_of
from cashback_core.columns.layout import OF_A_SALE, SaleFault
from cashback_core.columns.rounding import rounded
from cashback_core.sales.calculation import NothingDue
from cashback_core.sales.rules import BuyerRule
from cashback_core.sales.sale import MAX_LINES, MAX_TOLERANCE_CENTAVOS
from cashback_core.values.money import MAX_CENTAVOS

if TYPE_CHECKING:
    from cashback_core.sales.rules import SaleRules
    from cashback_core.values.rounding import Rounding

_BUYERS: Final = ["cpf", "cnpj", "foreign"]
_TOTAL, _DISCOUNT, _SURCHARGE, _DIFFERENCE, _UNEARNING = (pl.col(name) for name in OF_A_SALE)
_SUMMED: Final = ("net", "goods", "weight", "surcharge", "bad", "differs", "big", "unknown")


def sums(lines: pl.DataFrame) -> pl.DataFrame:
    """The sums of each sale, and how many lines it has."""
    running = lines.lazy().select(
        "last",
        lines=pl.int_range(1, pl.len() + 1),
        **{name: pl.col(name).cast(pl.Int64).cum_sum() for name in _SUMMED if name != "unknown"},
        unknown=pl.col("rate_row").is_null().cast(pl.Int64).cum_sum(),
    )
    ends = running.filter("last").select(pl.exclude("last"))
    return ends.select(pl.all() - pl.all().shift(1, fill_value=0)).collect()


def judged(sales: pl.DataFrame, rules: SaleRules, mode: Rounding) -> pl.DataFrame:
    """With each sale's fault, or factor, denominator and cashback, and whether it is `big`.

    A big sale passes 64 bits: nothing else of it is to be believed.
    """
    surcharges = _SURCHARGE + pl.col("surcharge")
    earning = _TOTAL if rules.surcharge_earns else pl.max_horizontal(0, _TOTAL - surcharges)
    goods, earned = pl.col("goods"), _TOTAL - _UNEARNING
    terms = [earning, goods, _TOTAL, earned]
    ratio = ratio_of(*terms)
    in_floats = ratio_of(*(term.cast(pl.Float64) for term in terms))
    big = (
        (pl.col("big") > 0)
        | pl.any_horizontal(pl.col(name).abs() > MAX_CENTAVOS for name in OF_A_SALE)
        | passes_64_bits(pl.col("weight").cast(pl.Float64), in_floats)
    )
    numerator = pl.col("weight") * pl.col("factor")
    return (
        sales.lazy()
        .with_columns(fault=_fault(), unpaid=_unpaid(rules))
        .with_columns(big=big.fill_null(value=False) & _may_be_big())
        .with_columns(
            earns=pl.col("fault").is_null()
            & pl.col("unpaid").is_null()
            & ~pl.col("big")
            & (goods > 0)
            & (_TOTAL > 0)
        )
        .with_columns(
            factor=pl.when("earns").then(ratio.factor).otherwise(0),
            denominator=pl.when("earns").then(ratio.denominator).otherwise(1),
        )
        .with_columns(cashback=rounded(numerator, pl.col("denominator"), mode))
        .with_columns(
            nothing_due=pl.when(pl.col("fault").is_null() & (pl.col("cashback") == 0)).then(
                pl.coalesce(
                    "unpaid",
                    pl.when(numerator > 0)
                    .then(pl.lit(NothingDue.ROUNDS_TO_ZERO.value))
                    .otherwise(pl.lit(NothingDue.EARNS_NOTHING.value)),
                )
            )
        )
        .collect()
    )


def _may_be_big() -> pl.Expr:
    """Whether a sale may be computed by `calculate`; of these faults each was seen for sure."""
    seen = [SaleFault.LINES_COUNT, SaleFault.LINE_INVALID, SaleFault.SALE_DIFFERS]
    return ~pl.col("fault").is_in([fault.value for fault in seen]).fill_null(value=False)


def _fault() -> pl.Expr:
    """Why a sale is not computed, the first reason that there is; null where it is."""
    nets = pl.col("net")
    sound = pl.all_horizontal(
        _TOTAL >= 0,
        _DISCOUNT >= 0,
        _SURCHARGE >= 0,
        _DIFFERENCE.abs() <= MAX_TOLERANCE_CENTAVOS,
        _UNEARNING >= 0,
        _UNEARNING <= _TOTAL,
        nets >= _DISCOUNT,
        pl.col("sold_us").is_not_null(),
        pl.col("buyer").is_null() | pl.col("buyer").is_in(_BUYERS),
    ).fill_null(value=False)
    adds_up = nets - _DISCOUNT + _SURCHARGE + _DIFFERENCE == _TOTAL
    faults = {
        SaleFault.LINES_COUNT: pl.col("lines") > MAX_LINES,
        SaleFault.LINE_INVALID: pl.col("bad") > 0,
        SaleFault.SALE_DIFFERS: pl.col("differs") > 0,
        SaleFault.TOTAL_MISMATCH: ~adds_up,
        SaleFault.SALE_INVALID: ~sound,
        SaleFault.TYPE_UNKNOWN: pl.col("unknown") > 0,
    }
    return pl.coalesce(
        *(pl.when(wrong).then(pl.lit(fault.value)) for fault, wrong in faults.items())
    )


def _unpaid(rules: SaleRules) -> pl.Expr:
    """Why nothing is paid to who bought; null where it is."""
    reasons = {None: NothingDue.NOBODY}
    if rules.buyers.company is not BuyerRule.PAY:
        reasons["cnpj"] = NothingDue.COMPANY
    if rules.buyers.foreign is not BuyerRule.PAY:
        reasons["foreign"] = NothingDue.FOREIGN
    buyer = pl.col("buyer")
    return pl.coalesce(
        *(
            pl.when(buyer.eq_missing(pl.lit(kind, pl.String))).then(pl.lit(reason.value))
            for kind, reason in reasons.items()
        )
    )
