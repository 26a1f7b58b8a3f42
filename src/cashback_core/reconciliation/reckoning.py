"""What leads from a recorded sale to another cashback: reckoned anew, only where one differs.

A recorded sale is put through `calculate` under what an ERP may have meant instead: another version
of its rates, another rounding, no discount, the sums that the merchant's tolerance let pass. What
comes to the very centavos that were told is why; one thing before two together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation.three_sides import EARLIEST, WhyDiffers
from cashback_core.sales.calculation import calculate
from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.sale import Sale
from cashback_core.values.rounding import Rounding, round_ratio
from cashback_core.values.violations import InvalidSale

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cashback_core.sales.calculation import Cashback
    from cashback_core.sales.rules import SaleRules
    from cashback_core.sales.sale import Line

MAX_VERSIONS: Final = 100
"""Instants at which rates changed that are tried; of a merchant with more the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoned:
    """A recorded sale, its cashback, and every rate there ever was of its merchant."""

    sale: Sale
    cashback: Cashback
    programme: Programme
    rules: SaleRules

    def leads_to(self, told_centavos: int) -> tuple[WhyDiffers, ...]:
        """Why another cashback may have been told; nothing where nothing known leads to it."""
        for whys, centavos in self._alternatives():
            if centavos == told_centavos:
                return whys
        return ()

    def _alternatives(self) -> Iterator[tuple[tuple[WhyDiffers, ...], int]]:
        """One thing alone first, the plainest first; then each with another rounding."""
        others = [
            *(((WhyDiffers.RATE_VERSION,), self.sale, rates) for rates in self._other_rates()),
            *(((why,), sale, self._stored_rates()) for why, sale in self._other_sales()),
        ]
        for rounded in self._roundings(self.sale, self._stored_rates()):
            yield (WhyDiffers.ROUNDING,), rounded
        for whys, sale, rates in others:
            found = self._reckoned(sale, rates, self.cashback.rounding)
            if found is not None:
                yield whys, found.cashback_centavos
        for whys, sale, rates in others:
            for rounded in self._roundings(sale, rates):
                yield (*whys, WhyDiffers.ROUNDING), rounded

    def _stored_rates(self) -> tuple[Rate, ...]:
        """The rates that it was reckoned by."""
        by_type = {
            line.type: Rate(
                type=line.type,
                rate_bp=line.rate_bp,
                version=line.rate_version,
                starts_at=EARLIEST,
                excluded=line.excluded,
            )
            for line in self.cashback.lines
        }
        return tuple(by_type.values())

    def _other_rates(self) -> Iterator[tuple[Rate, ...]]:
        """Its types' rates as they ever stood together; then each one of a type alone."""
        stored = {rate.type: rate for rate in self._stored_rates()}
        theirs = [rate for rate in self.programme.rates if rate.type in stored]
        instants = sorted({rate.starts_at for rate in theirs})[-MAX_VERSIONS:]
        for at in instants:
            yield tuple(
                replace(self.programme.rate_at(name, at) or rate, starts_at=EARLIEST)
                for name, rate in stored.items()
            )
        for rate in theirs[-MAX_VERSIONS:]:
            yield tuple(
                replace(rate if name == rate.type else one, starts_at=EARLIEST)
                for name, one in stored.items()
            )

    def _other_sales(self) -> Iterator[tuple[WhyDiffers, Sale]]:
        """The sale without what was taken off it, and without what was let pass."""
        sale = self.sale
        if sale.discount_centavos:
            yield WhyDiffers.DISCOUNT, _another(sale, discount_centavos=0)
        if any(line.discount_centavos for line in sale.lines):
            plain = tuple(replace(line, discount_centavos=0) for line in sale.lines)
            yield WhyDiffers.DISCOUNT, _another(sale, lines=plain)
            yield WhyDiffers.DISCOUNT, _another(sale, lines=plain, discount_centavos=0)
        if sale.difference_centavos:
            yield WhyDiffers.TOLERANCE, _another(sale, difference_centavos=0)
        if any(line.difference_centavos for line in sale.lines):
            exact = tuple(_undiffering(line) for line in sale.lines)
            yield WhyDiffers.TOLERANCE, _another(sale, lines=exact)
            yield WhyDiffers.TOLERANCE, _another(sale, lines=exact, difference_centavos=0)

    def _roundings(self, sale: Sale, rates: tuple[Rate, ...]) -> Iterator[int]:
        """Rounded once by each rule, and line by line by each."""
        for rounding, by_line in product(Rounding, (False, True)):
            if rounding is self.cashback.rounding and not by_line and sale is self.sale:
                continue
            found = self._reckoned(sale, rates, rounding)
            if found is None:
                continue
            if by_line:
                shares = [line.exact.centavos for line in found.lines]
                yield sum(
                    round_ratio(share.numerator, share.denominator, rounding) for share in shares
                )
            else:
                yield found.cashback_centavos

    def _reckoned(self, sale: Sale, rates: tuple[Rate, ...], rounding: Rounding) -> Cashback | None:
        rules = replace(self.rules, surcharge_earns=self.cashback.surcharge_earns)
        try:
            return calculate(sale, Programme(rates, rounding), rules=rules)
        except InvalidSale:  # a type without any rate
            return None


def _undiffering(line: Line) -> Line:
    """The line at the amount that value and quantity make, its discount no more than that."""
    amount = line.amount_centavos - line.difference_centavos
    return replace(
        line,
        amount_centavos=amount,
        difference_centavos=0,
        discount_centavos=min(line.discount_centavos, amount),
    )


def _another(
    sale: Sale,
    *,
    lines: tuple[Line, ...] | None = None,
    discount_centavos: int | None = None,
    difference_centavos: int | None = None,
) -> Sale:
    """The same with other sums and their total; what it was paid with fits no more."""
    lines = sale.lines if lines is None else lines
    discount = sale.discount_centavos if discount_centavos is None else discount_centavos
    difference = sale.difference_centavos if difference_centavos is None else difference_centavos
    total = sum(line.net_centavos for line in lines) - discount + sale.surcharge_centavos
    return Sale.known(
        sold_at=sale.sold_at,
        customer=sale.customer,
        lines=lines,
        total_centavos=max(0, total + difference),
        discount_centavos=discount,
        surcharge_centavos=sale.surcharge_centavos,
        difference_centavos=difference,
        payments=(),
        place=sale.place,
        sale_id=sale.sale_id,
        confirm_later=sale.confirm_later,
        cashier=None,
        metadata=(),
        sold_at_wall=sale.sold_at_wall,
    )
