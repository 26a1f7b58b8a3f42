"""Why a sale earns what it earns, line by line, in steps that a person can follow with a pencil.

Steps are codes and values; their texts are `words.<language>.explanation`.
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cashback_core.sales.calculation import (
    Cashback,
    LineCashback,
    NothingDue,
    surcharges_centavos,
    unearning_centavos,
)
from cashback_core.sales.sale import Line, Sale
from cashback_core.values.instants import format_instant
from cashback_core.values.money import (
    PRODUCT_PER_CENTAVO,
    QUANTITY_SCALE,
    VALUE_SCALE,
    format_centavos,
    format_exact,
    format_quantity,
    format_signed_centavos,
    format_value,
)
from cashback_core.words.locales import ENGLISH, Language, phrase

MAX_LIFTED: Final = 10
"""Most lines that are named as those that got a centavo more; of more, the first ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the reckoning: the field of the sale that it is about, its code, and numbers."""

    pointer: str
    code: str
    values: Mapping[str, str]

    def text(self, language: Language = ENGLISH) -> str:
        """The step as a sentence. Raises UnknownLanguage."""
        return phrase(language, f"step.{self.code}").format_map(self.values)


def explain(
    sale: Sale, cashback: Cashback, *, accepted_at: datetime | None = None
) -> tuple[Step, ...]:
    """Every step from what was sold to what is due, in the order of reckoning.

    With `accepted_at` also that a sale ahead of it counts then. Only what is recorded is told: the
    rules of today are not asked.
    """
    return tuple(_steps(sale, cashback, accepted_at))


def _steps(sale: Sale, cashback: Cashback, accepted_at: datetime | None) -> Iterator[Step]:
    if accepted_at is not None and sale.sold_at > accepted_at:
        yield _step(
            "/sold_at",
            "counts_at_acceptance",
            sold_at=format_instant(sale.sold_at),
            accepted_at=format_instant(accepted_at),
        )
    paid = cashback.nothing_due in {None, NothingDue.ROUNDS_TO_ZERO}
    for index, (line, earned) in enumerate(zip(sale.lines, cashback.lines, strict=True)):
        pointer = f"/products/{index}"
        yield from _of_amount(pointer, line, cashback)
        if paid:
            yield _of_rate(pointer, line, earned, cashback)
    yield from _of_total(sale, cashback)
    if paid:
        yield from _of_rounding(cashback)
    if cashback.nothing_due is not None:
        yield _step("", f"nothing_due_{cashback.nothing_due}")


def _of_amount(pointer: str, line: Line, cashback: Cashback) -> Iterator[Step]:
    value, qty = format_value(line.value_e10), format_quantity(line.qty_e4)
    amount, exact = format_centavos(line.amount_centavos), _product(line)
    if line.difference_centavos:
        difference = format_signed_centavos(line.difference_centavos)
        yield _step(
            pointer,
            "amount_told",
            value=value,
            qty=qty,
            exact=exact,
            amount=amount,
            difference=difference,
        )
    elif line.value_e10 * line.qty_e4 % PRODUCT_PER_CENTAVO:
        yield _step(pointer, "amount_rounded", value=value, qty=qty, exact=exact, amount=amount)
    else:
        yield _step(pointer, "amount", value=value, qty=qty, amount=amount)
    if line.discount_centavos:
        yield _step(
            f"{pointer}/discount",
            "line_discount",
            discount=format_centavos(line.discount_centavos),
            rest=format_centavos(line.goods_centavos),
        )
    if line.surcharge_centavos:
        yield _of_surcharge(f"{pointer}/surcharge", line.surcharge_centavos, cashback)


def _of_rate(pointer: str, line: Line, earned: LineCashback, cashback: Cashback) -> Step:
    if earned.excluded:
        return _step(pointer, "excluded", type=line.type, version=str(earned.rate_version))
    base = line.net_centavos if cashback.surcharge_earns else line.goods_centavos
    return _step(
        pointer,
        "rate",
        type=line.type,
        rate=_percent(earned.rate_bp),
        version=str(earned.rate_version),
        base=format_centavos(base),
        exact=format_exact(earned.exact_centavos),
        cashback=format_centavos(earned.cashback_centavos),
    )


def _of_surcharge(pointer: str, centavos: int, cashback: Cashback) -> Step:
    code = "surcharge_earns" if cashback.surcharge_earns else "surcharge"
    return _step(pointer, code, surcharge=format_centavos(centavos))


def _of_total(sale: Sale, cashback: Cashback) -> Iterator[Step]:
    """What lies between the lines and what earns."""
    total = format_centavos(sale.total_centavos)
    if sale.discount_centavos:
        yield _step(
            "/discount",
            "sale_discount",
            discount=format_centavos(sale.discount_centavos),
            sum=format_centavos(sum([line.net_centavos for line in sale.lines])),
        )
    if sale.surcharge_centavos:
        yield _of_surcharge("/surcharge", sale.surcharge_centavos, cashback)
    if sale.difference_centavos:
        difference = format_signed_centavos(sale.difference_centavos)
        yield _step("/total", "total_difference", total=total, difference=difference)
    if surcharges_centavos(sale) and not cashback.surcharge_earns:
        earning = max(0, sale.total_centavos - surcharges_centavos(sale))
        yield _step("/total", "earning", total=total, earning=format_centavos(earning))
    unearning = unearning_centavos(sale)
    if unearning:
        yield _step("/payments", "unearning", paid=format_centavos(unearning), total=total)


def _of_rounding(cashback: Cashback) -> Iterator[Step]:
    exact, due = format_exact(cashback.exact_centavos), format_centavos(cashback.cashback_centavos)
    if cashback.exact_centavos == cashback.cashback_centavos:
        yield _step("", "sum", cashback=due)
    else:
        yield _step("", f"sum_{cashback.rounding}", exact=exact, cashback=due)
    lifted = [
        str(number)
        for number, line in enumerate(cashback.lines, start=1)
        if line.cashback_centavos > line.exact_centavos
    ]
    if lifted and len(cashback.lines) > 1:
        more = ", …" if len(lifted) > MAX_LIFTED else ""
        yield _step("", "allotted", lines=", ".join(lifted[:MAX_LIFTED]) + more)


def _step(pointer: str, code: str, **values: str) -> Step:
    return Step(pointer=pointer, code=code, values=values)


def _product(line: Line) -> str:
    """Value × quantity in reais, exactly."""
    whole, rest = divmod(line.value_e10 * line.qty_e4, VALUE_SCALE * QUANTITY_SCALE)
    decimals = f"{rest:014d}"
    return f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


def _percent(rate_bp: int) -> str:
    whole, rest = divmod(rate_bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)
