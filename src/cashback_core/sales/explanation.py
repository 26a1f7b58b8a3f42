"""Why a sale earns what it earns, line by line, in steps that a person can follow with a pencil.

Steps are codes and values; their texts are `words.<language>.explanation`.
"""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cashback_core.sales.calculation import (
    Cashback,
    LineCashback,
    NothingDue,
    surcharges_centavos,
    unearning_centavos,
)
from cashback_core.sales.sale import Line, Sale, line_amount
from cashback_core.values.access_keys import AccessKey
from cashback_core.values.documents import DocumentKind, document_kind
from cashback_core.values.instants import format_instant
from cashback_core.values.money import (
    PRODUCT_PER_CENTAVO,
    QUANTITY_SCALE,
    VALUE_SCALE,
    format_centavos,
    format_quantity,
    format_signed_centavos,
    format_value,
)
from cashback_core.values.rounding import Rounding
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


_MODES: Final = (Rounding.HALF_UP, Rounding.HALF_EVEN, Rounding.DOWN)
_PAID: Final = frozenset({None, NothingDue.ROUNDS_TO_ZERO, NothingDue.EARNS_NOTHING})


def explain(
    sale: Sale,
    cashback: Cashback,
    *,
    accepted_at: datetime | None = None,
    confirm_within: timedelta | None = None,
    unconfirmed: bool = True,
) -> tuple[Step, ...]:
    """Every step from what was sold to what is due, in the order of reckoning.

    At most four steps a line and some ten of the sale: 990 lines are as long as their own record.
    With `accepted_at` also that a sale ahead of it counts then; of one that is confirmed later with
    `confirm_within` how long there is, and nothing once it is not `unconfirmed`. Only what is
    recorded is told: the rules of today are not asked.
    """
    steps = [*_of_the_sale(sale, cashback, accepted_at), *_steps(sale, cashback)]
    if unconfirmed and sale.confirm_later and cashback.nothing_due is None:
        steps.append(_of_confirmation(confirm_within))
    return tuple(steps)


def _of_the_sale(sale: Sale, cashback: Cashback, accepted_at: datetime | None) -> Iterator[Step]:
    """Which sale it is, to whom, and when it counts."""
    key = None if sale.sale_id is None else AccessKey.parse(sale.sale_id)
    if key is not None:
        yield _step(
            "/sale_id",
            "access_key",
            cnpj=key.cnpj,
            month=key.month,
            series=str(key.series),
            number=str(key.number),
        )
    if accepted_at is not None and sale.sold_at > accepted_at:
        yield _step(
            "/sold_at",
            "counts_at_acceptance",
            sold_at=format_instant(sale.sold_at),
            accepted_at=format_instant(accepted_at),
        )
    kind = DocumentKind.CPF if sale.document is None else document_kind(sale.document)
    if cashback.nothing_due in _PAID and kind is not DocumentKind.CPF:
        yield _step("/customer", f"buyer_paid_{kind}")


def _steps(sale: Sale, cashback: Cashback) -> Iterator[Step]:
    paid = cashback.nothing_due in _PAID
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
            rounded=format_centavos(line.amount_centavos - line.difference_centavos),
            modes=_modes(line),
            amount=amount,
            difference=difference,
        )
    elif line.value_e10 * line.qty_e4 % PRODUCT_PER_CENTAVO:
        yield _step(
            pointer,
            "amount_rounded",
            value=value,
            qty=qty,
            exact=exact,
            modes=_modes(line),
            amount=amount,
        )
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
    return _step(
        pointer,
        "rate",
        type=line.type,
        rate=_percent(earned.rate_bp),
        version=str(earned.rate_version),
        base=format_centavos(_base(line, cashback)),
        exact=earned.exact.text,
        cashback=format_centavos(earned.cashback_centavos),
    )


def _base(line: Line, cashback: Cashback) -> int:
    """What of a line may earn, and is lowered by the sale's discount."""
    return line.net_centavos if cashback.surcharge_earns else line.goods_centavos


def _of_surcharge(pointer: str, centavos: int, cashback: Cashback) -> Step:
    code = "surcharge_earns" if cashback.surcharge_earns else "surcharge"
    if cashback.nothing_due not in _PAID:
        code = "surcharge_added"  # nothing earns: whether this would is no question
    return _step(pointer, code, surcharge=format_centavos(centavos))


def _of_total(sale: Sale, cashback: Cashback) -> Iterator[Step]:
    """What lies between the lines and what earns."""
    total = format_centavos(sale.total_centavos)
    if sale.discount_centavos:
        yield _step(
            "/discount",
            "sale_discount",
            discount=format_centavos(sale.discount_centavos),
            sum=format_centavos(sum([_base(line, cashback) for line in sale.lines])),
        )
    if sale.surcharge_centavos:
        yield _of_surcharge("/surcharge", sale.surcharge_centavos, cashback)
    if sale.difference_centavos:
        difference = format_signed_centavos(sale.difference_centavos)
        yield _step("/total", "total_difference", total=total, difference=difference)
    if cashback.nothing_due not in _PAID:
        return
    if surcharges_centavos(sale) and not cashback.surcharge_earns:
        earning = max(0, sale.total_centavos - surcharges_centavos(sale))
        yield _step("/total", "earning", total=total, earning=format_centavos(earning))
    unearning = unearning_centavos(sale)
    if unearning:
        yield _step("/payments", "unearning", paid=format_centavos(unearning), total=total)


def _of_rounding(cashback: Cashback) -> Iterator[Step]:
    exact, due = cashback.exact.text, format_centavos(cashback.cashback_centavos)
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
        code = "allotted" if len(lifted) > 1 else "allotted_to_one"
        yield _step("", code, lines=", ".join(lifted[:MAX_LIFTED]) + more)


def _of_confirmation(within: timedelta | None) -> Step:
    if within is None:
        return _step("/confirm", "confirmed_later")
    return _step("/confirm", "confirmed_within", hours=str(within // timedelta(hours=1)))


def _modes(line: Line) -> str:
    """The names of `line_rounding` that make a line's rounded product what it is.

    Which of them the merchant had laid down is kept nowhere: where two give the same, it made no
    difference.
    """
    rounded = line.amount_centavos - line.difference_centavos
    return ", ".join(
        mode for mode in _MODES if line_amount(line.value_e10, line.qty_e4, mode) == rounded
    )


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
