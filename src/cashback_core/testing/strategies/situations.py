"""What a sale is judged against: the present instant, a merchant's rules and its programme."""

# ruff: noqa: TC002 - users' tools read these annotations at run time
from __future__ import annotations

import string
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cashback_core.sales.catalogue import Catalogue, TypePeriod
from cashback_core.sales.effective_dates import counts_at
from cashback_core.sales.programme import MAX_RATE_BP, Programme, Rate
from cashback_core.sales.rules import BuyerRule, Buyers, NumberScope, SaleRules
from cashback_core.sales.sale import MAX_SKU_CHARS, MAX_TOLERANCE_CENTAVOS, Sale
from cashback_core.sales.validation import parse_sale
from cashback_core.values.rounding import Rounding

_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_NOW: Final = datetime(2026, 6, 15, 15, 0, 0, 123_456, tzinfo=UTC)
_TOLERANCES: Final = st.sampled_from([0, 0, 1, 2]) | st.integers(0, MAX_TOLERANCE_CENTAVOS)
_DEMO_RATES_BP: Final = {"A": 500, "B": 100, "C": 800, "D": 1000}


def _demo_programme() -> Programme:
    return Programme(
        tuple(
            Rate(type=name, rate_bp=rate_bp, version=1, starts_at=_FIRST)
            for name, rate_bp in _DEMO_RATES_BP.items()
        )
    )


def _demo_catalogue() -> Catalogue:
    return Catalogue(
        {
            "7891000100103": (TypePeriod(type="A", version=1, starts_at=_FIRST),),
            "CAFE-500G": (
                TypePeriod(type="B", version=1, starts_at=_FIRST),
                TypePeriod(type="C", version=2, starts_at=datetime(2024, 1, 1, 3, tzinfo=UTC)),
            ),
            "PANETONE-2026": (
                TypePeriod(type="D", version=1, starts_at=datetime(2026, 6, 1, 3, tzinfo=UTC)),
            ),
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The circumstances that decide whether a document is a valid sale."""

    now: datetime = _NOW
    rules: SaleRules = field(default_factory=SaleRules)
    programme: Programme = field(default_factory=_demo_programme)
    catalogue: Catalogue = field(default_factory=_demo_catalogue)

    def parse(self, document: object) -> Sale:
        """`parse_sale` in this situation."""
        return parse_sale(
            document,
            rules=self.rules,
            now=self.now,
            programme=self.programme,
            catalogue=self.catalogue,
        )

    def counts_at(self, sold_at: datetime) -> datetime:
        """The instant by which a sale of then is judged: now, if its till's clock is ahead."""
        return counts_at(sold_at, self.now)

    def types_at(self, instant: datetime) -> list[str]:
        """The product types that have a rate at an instant."""
        types = {rate.type for rate in self.programme.rates}
        return sorted(t for t in types if self.programme.rate_at(t, instant) is not None)

    def skus_at(self, instant: datetime) -> list[str]:
        """The products whose type has a rate at an instant."""
        types = set(self.types_at(instant))
        skus = self.catalogue.products
        return sorted(s for s in skus if self.catalogue.type_at(s, instant) in types)

    def skus_before(self, instant: datetime) -> list[str]:
        """The products that had no type yet at an instant."""
        skus = self.catalogue.products
        return sorted(s for s in skus if self.catalogue.type_at(s, instant) is None)

    @property
    def earliest(self) -> datetime:
        """The first instant at which a sale may have happened and some type has a rate."""
        first_rate = min(rate.starts_at for rate in self.programme.rates)
        return max(self.now - self.rules.max_age, first_rate)

    @property
    def latest(self) -> datetime:
        """The last instant at which a sale may have happened."""
        return self.now + self.rules.max_ahead


DEMO: Final = Situation()
"""São Paulo, sales of the last ten years, A 5 %, B 1 %, C 8 % and D 10 % since the year 2000.

One product has always been of type A, another went from B to C in 2024, a third is new: a type D
since June 2026.
"""


def _open_to_all() -> SaleRules:
    return SaleRules(
        line_rounding=Rounding.DOWN,
        line_tolerance_centavos=1,
        sale_tolerance_centavos=2,
        surcharge_earns=True,
        buyers=Buyers(company=BuyerRule.PAY, foreign=BuyerRule.RECORD, nobody=BuyerRule.RECORD),
        max_ahead=timedelta(hours=1),
        numbers=NumberScope.STORE,
    )


STORES: Final = Situation(rules=_open_to_all())
"""DEMO with stores that count by themselves, tills that truncate, and buyers of every kind."""


@cache  # a strategy costs far more to build than to draw from
def programmes() -> SearchStrategy[Programme]:
    """Programmes of one to five types with one to three rates each, rounded in any mode.

    Every type has had a rate since some day of 2000 to 2015, and changes later.
    """
    names = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=8)
    histories = st.dictionaries(names, _histories(), min_size=1, max_size=5)
    return st.builds(_programme, histories, st.sampled_from(Rounding))


@st.composite
def catalogues(draw: DrawFn, programme: Programme) -> Catalogue:
    """Catalogues of up to four products of a programme's types; the newest one has no type yet."""
    types = st.sampled_from(sorted({rate.type for rate in programme.rates}))
    periods = st.dictionaries(
        _instants(_FIRST, datetime(2040, 1, 1, tzinfo=UTC)), types, min_size=1, max_size=3
    )
    products = draw(st.dictionaries(skus(), periods.map(_type_periods), max_size=3))
    begins = draw(_instants(datetime(2036, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)))
    return Catalogue(products | {draw(skus()): _type_periods({begins: draw(types)})})


@cache
def skus() -> SearchStrategy[str]:
    """What an ERP calls its products: 1 to 64 visible ASCII characters, often bar codes."""
    bar_codes = st.text(string.digits, min_size=13, max_size=13)
    visible = "".join(chr(code) for code in range(0x21, 0x7F))
    return st.text(visible, min_size=1, max_size=MAX_SKU_CHARS) | bar_codes


@st.composite
def situations(draw: DrawFn) -> Situation:
    """Any programme, catalogue, time zone, age limit, and present instant of 2020 to 2035."""
    zones = ["America/Sao_Paulo", "America/Noronha", "UTC", "Asia/Kathmandu", "Pacific/Kiritimati"]
    programme = draw(programmes())
    return Situation(
        now=draw(_instants(datetime(2020, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC))),
        rules=draw(rules(zones)),
        programme=programme,
        catalogue=draw(catalogues(programme)),
    )


@st.composite
def rules(draw: DrawFn, zones: list[str]) -> SaleRules:
    """What any merchant may lay down."""
    return SaleRules(
        zone=ZoneInfo(draw(st.sampled_from(zones))),
        max_age=timedelta(days=draw(st.integers(30, 3653))),
        line_rounding=draw(st.sampled_from(Rounding)),
        line_tolerance_centavos=draw(_TOLERANCES),
        sale_tolerance_centavos=draw(_TOLERANCES),
        surcharge_earns=draw(st.booleans()),
        buyers=Buyers(
            company=draw(st.sampled_from(BuyerRule)),
            foreign=draw(st.sampled_from(BuyerRule)),
            nobody=draw(st.sampled_from([BuyerRule.REFUSE, BuyerRule.RECORD])),
        ),
        max_ahead=timedelta(seconds=draw(st.integers(0, 86_400))),
        numbers=draw(st.sampled_from(NumberScope)),
    )


@cache
def _instants(first: datetime, last: datetime) -> SearchStrategy[datetime]:
    microseconds = (last - first) // timedelta(microseconds=1)
    return st.integers(0, microseconds).map(lambda us: first + timedelta(microseconds=us))


def _type_periods(history: dict[datetime, str]) -> tuple[TypePeriod, ...]:
    return tuple(
        TypePeriod(type=type_, version=version, starts_at=starts_at)
        for version, (starts_at, type_) in enumerate(sorted(history.items()), start=1)
    )


_History = list[tuple[datetime, int | None]]
"""None stands for a type that is excluded."""


@st.composite
def _histories(draw: DrawFn) -> _History:
    """When a type's rate began and changed, and to how many basis points, if it is not excluded."""
    begin = draw(_instants(_FIRST, datetime(2015, 1, 1, tzinfo=UTC)))
    later = _instants(datetime(2015, 1, 2, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
    changes = {draw(later) for _ in range(draw(st.integers(0, 2)))}
    rate_bp = st.integers(0, MAX_RATE_BP) | st.integers(0, MAX_RATE_BP) | st.none()
    return [(starts_at, draw(rate_bp)) for starts_at in [begin, *sorted(changes)]]


def _programme(histories: dict[str, _History], rounding: Rounding) -> Programme:
    rates = [
        Rate(
            type=name,
            rate_bp=rate_bp or 0,
            version=version,
            starts_at=starts_at,
            excluded=rate_bp is None,
        )
        for name, history in histories.items()
        for version, (starts_at, rate_bp) in enumerate(history, start=1)
    ]
    return Programme(tuple(rates), rounding)
