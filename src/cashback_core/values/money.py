"""Money, unit values and quantities in integers, each at its own scale: never a binary float.

Money is centavos. A unit value has up to ten decimals and a quantity up to four, as in a fiscal
document (NF-e: vUnCom, qCom): `e10` is reais × 10^10, `e4` is a quantity × 10^4.

Texts are ASCII digits without a leading zero, then, if need be, a point and decimals ("10",
"10.5", "10.50"); no sign, exponent, separator or currency. They are taken when they are exact to
their scale: of money "10.5000" as databases print it, but not "10.501". So is a JSON number (int,
float, Decimal): 100, 100.0, 9.99, but not 9.990000000000002, which tells of arithmetic in floats on
the other side.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

MAX_CENTAVOS: Final = 9_999_999_999
"""Highest amount and total: 99 999 999.99."""

VALUE_SCALE: Final = 10**10
QUANTITY_SCALE: Final = 10**4

MAX_VALUE_E10: Final = MAX_CENTAVOS * (VALUE_SCALE // 100)
"""Highest unit value: 99 999 999.99."""

MAX_QUANTITY_E4: Final = 99_999 * QUANTITY_SCALE
"""Highest quantity: 99 999."""

PRODUCT_PER_CENTAVO: Final = VALUE_SCALE * QUANTITY_SCALE // 100
"""So many units of `value_e10 * qty_e4` are one centavo."""

_TEXT: Final = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?\Z", re.ASCII)
_MAX_DIGITS: Final = 40
"""A number with more digits or a larger exponent is out of every range: it is never expanded."""

_TWO_DIGITS: Final = tuple(f"{number:02d}" for number in range(100))
"""Looked up, for a format by width takes three times as long; each sale tells some thirty."""

PER_CENTAVO: Final = 10_000
"""Millionths of a real; what centavos times basis points are, too."""

_CENTAVO: Final = VALUE_SCALE // 100
_SCALES: Final = {2: 100, 4: QUANTITY_SCALE, 10: VALUE_SCALE}
_POWERS: Final[tuple[int, ...]] = tuple(10**places for places in range(11))


class MoneyFault(StrEnum):
    """What is wrong with a number."""

    TYPE = "type"
    """Neither a text nor a number."""
    FORMAT = "format"
    """Not spelled as an amount, or more decimals than allowed."""
    RANGE = "range"
    """Beyond any amount that is taken."""


_SENTENCES: Final = {
    MoneyFault.TYPE: "this is neither a text nor a number",
    MoneyFault.FORMAT: "this is not spelled as an exact amount is",
    MoneyFault.RANGE: "this is beyond any amount that is taken",
}


class InvalidMoney(ValueError):  # noqa: N818 (named by what is wrong)
    """A value that is no amount; `fault` says why, the message says it in a sentence."""

    def __init__(self, fault: MoneyFault) -> None:
        super().__init__(fault)
        self.fault = fault

    def __str__(self) -> str:
        return _SENTENCES[self.fault]


def parse_centavos(value: object) -> int:
    """The centavos of "10.00", 10, 10.0 or Decimal("10"), zero included, at most MAX_CENTAVOS.

    Raises InvalidMoney.
    """
    centavos = _parse_text(value, 2) if type(value) is str else _parse_scaled(value, 2)
    if centavos > MAX_CENTAVOS:
        raise InvalidMoney(MoneyFault.RANGE)
    return centavos


def parse_value(value: object) -> int:
    """The unit value "5.899" as reais × 10^10, zero included, at most MAX_VALUE_E10.

    Raises InvalidMoney.
    """
    value_e10 = _parse_text(value, 10) if type(value) is str else _parse_scaled(value, 10)
    if value_e10 > MAX_VALUE_E10:
        raise InvalidMoney(MoneyFault.RANGE)
    return value_e10


def parse_quantity(value: object) -> int:
    """A quantity such as "0.350", 3 or 1.5 as itself × 10^4, zero included.

    At most MAX_QUANTITY_E4. Raises InvalidMoney.
    """
    qty_e4 = _parse_text(value, 4) if type(value) is str else _parse_scaled(value, 4)
    if qty_e4 > MAX_QUANTITY_E4:
        raise InvalidMoney(MoneyFault.RANGE)
    return qty_e4


def format_centavos(centavos: int) -> str:
    """1000 as "10.00"."""
    if centavos < 0:
        raise ValueError("money is never negative here")
    return f"{centavos // 100}.{_TWO_DIGITS[centavos % 100]}"


def format_signed_centavos(centavos: int) -> str:
    """-1 as "-0.01": a difference, which alone may be below zero."""
    return f"-{format_centavos(-centavos)}" if centavos < 0 else format_centavos(centavos)


def format_value(value_e10: int) -> str:
    """A unit value in its shortest spelling of two decimals or more: "9.99", "0.4723", "10.00"."""
    if value_e10 < 0:
        raise ValueError("a unit value is never negative here")
    centavos, beyond = divmod(value_e10, _CENTAVO)
    if not beyond:  # as most prices
        return format_centavos(centavos)
    whole, rest = divmod(value_e10, VALUE_SCALE)
    decimals = f"{rest:010d}"
    return f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


def format_quantity(qty_e4: int) -> str:
    """A quantity in its shortest spelling: 10_000 as "1", 3570 as "0.357"."""
    whole, rest = divmod(qty_e4, QUANTITY_SCALE)
    return f"{whole}.{rest:04d}".rstrip("0") if rest else str(whole)


def format_exact(centavos: Fraction) -> str:
    """Exact centavos as reais: a decimal ("4.065") where one exists, else a fraction ("47/30")."""
    if PER_CENTAVO % centavos.denominator == 0:  # every sale without a discount of its own
        return format_millionths(centavos.numerator * (PER_CENTAVO // centavos.denominator))
    reais = centavos / 100
    twos = fives = 0
    rest = reais.denominator
    while rest % 2 == 0:
        rest //= 2
        twos += 1
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    if rest != 1:
        return f"{reais.numerator}/{reais.denominator}"
    places = max(twos, fives)  # five at least: whatever needs fewer was written above
    scaled = reais.numerator * 10**places // reais.denominator
    return f"{scaled // 10**places}.{scaled % 10**places:0{places}d}"


def format_millionths(millionths: int) -> str:
    """Millionths of a real in the shortest spelling of two decimals or more: "4.065"."""
    centavos, beyond = divmod(millionths, PER_CENTAVO)
    if not beyond:
        return format_centavos(centavos)
    return f"{format_centavos(centavos)}{beyond:04d}".rstrip("0")


def parse_exact(text: str) -> Fraction:
    """The centavos that `format_exact` wrote."""
    return Fraction(text) * 100


def _parse_scaled(value: object, places: int) -> int:
    if isinstance(value, str):
        return _parse_text(value, places)
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise InvalidMoney(MoneyFault.FORMAT)
        return value * _SCALES[places]
    if isinstance(value, float):
        # The repr of a float is its shortest exact spelling: 9.99 stays 9.99. A subclass
        # (numpy's) may spell its own otherwise.
        return _parse_decimal(Decimal(float.__repr__(value)), places)
    if isinstance(value, Decimal):
        return _parse_decimal(value, places)
    raise InvalidMoney(MoneyFault.TYPE)


def _parse_text(text: str, places: int) -> int:
    found = _TEXT.match(text)
    if found is None:
        raise InvalidMoney(MoneyFault.FORMAT)
    whole, decimals = found.groups("")
    missing = places - len(decimals)
    if missing < 0:  # zeros behind the last place change nothing
        beyond = decimals[places:]
        if len(decimals) > _MAX_DIGITS or beyond.strip("0"):
            raise InvalidMoney(MoneyFault.FORMAT)
        decimals, missing = decimals[:places], 0
    if len(whole) > _MAX_DIGITS:
        raise InvalidMoney(MoneyFault.RANGE)
    return int(whole + decimals) * _POWERS[missing]


def _parse_decimal(number: Decimal, places: int) -> int:
    if not number.is_finite() or number.is_signed():
        raise InvalidMoney(MoneyFault.FORMAT)
    # Looked at before any expansion: int(Decimal("1e999999")) takes tens of seconds.
    if number.adjusted() > _MAX_DIGITS:
        raise InvalidMoney(MoneyFault.RANGE)
    if number.adjusted() < -_MAX_DIGITS or len(number.as_tuple().digits) > _MAX_DIGITS:
        raise InvalidMoney(MoneyFault.FORMAT)
    numerator, denominator = number.as_integer_ratio()
    scaled, rest = divmod(numerator * _SCALES[places], denominator)
    if rest:
        raise InvalidMoney(MoneyFault.FORMAT)
    return scaled
