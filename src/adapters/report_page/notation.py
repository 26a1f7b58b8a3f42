"""Amounts, counts, parts and instants as they are written in a language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.report_page.markup import UNBROKEN
from cashback_core.words.locales import ENGLISH

if TYPE_CHECKING:
    from datetime import date, datetime
    from fractions import Fraction
    from zoneinfo import ZoneInfo

    from cashback_core.words.locales import Language

_MINUS: Final = "\u2212"
_CENTAVOS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """Separators, and a day's forms for `strftime`; `1,234.56` or `1.234,56`."""

    group: str
    point: str
    day_form: str
    short_day_form: str

    def count(self, number: int) -> str:
        """A whole number, in groups of three."""
        sign = _MINUS if number < 0 else ""
        return sign + f"{abs(number):,}".replace(",", self.group)

    def amount(self, centavos: int) -> str:
        """Reais and centavos, without the sign of the currency."""
        reais, rest = divmod(abs(centavos), _CENTAVOS)
        sign = _MINUS if centavos < 0 else ""
        return f"{sign}{self.count(reais)}{self.point}{rest:02}"

    def money(self, centavos: int) -> str:
        """The same with it: `R$ 1.234,56`."""
        return f"R${UNBROKEN}{self.amount(centavos)}"

    def reais(self, centavos: int) -> str:
        """For an axis: whole reais, or with centavos where it is not of whole ones."""
        whole = centavos % _CENTAVOS == 0
        return self.count(centavos // _CENTAVOS) if whole else self.amount(centavos)

    def percent(self, part: Fraction | None) -> str:
        """A part of one as `5,03 %`, rounded half to even; a dash for None."""
        if part is None:
            return "\u2013"
        return f"{self.amount(round(part * _CENTAVOS * _CENTAVOS))}{UNBROKEN}%"

    def seconds(self, seconds: float | None) -> str:
        """`1,25 s`, or `80 ms`; a dash for None."""
        if seconds is None:
            return "\u2013"
        if seconds < 1:
            return f"{round(seconds * 1000)}{UNBROKEN}ms"
        return f"{seconds:.2f}".replace(".", self.point) + f"{UNBROKEN}s"

    def day(self, day: date) -> str:
        """A day."""
        return day.strftime(self.day_form)

    def short_day(self, day: date) -> str:
        """A day without its year."""
        return day.strftime(self.short_day_form)

    def instant(self, at: datetime, zone: ZoneInfo) -> str:
        """A minute of the merchant's clock."""
        return at.astimezone(zone).strftime(f"{self.day_form} %H:%M")


_ENGLISH: Final = Notation(group=",", point=".", day_form="%Y-%m-%d", short_day_form="%m-%d")
_BRAZILIAN: Final = Notation(group=".", point=",", day_form="%d/%m/%Y", short_day_form="%d/%m")


def notation_of(language: Language) -> Notation:
    """English has its own; every other language is written as in Brazil, where the reais are."""
    return _ENGLISH if language == ENGLISH else _BRAZILIAN
