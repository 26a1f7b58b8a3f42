"""The past of a retailer, counted from its newest sale: the same recent sales, however long it is.

Sale 1 is the newest. Whatever a sale is follows from its number alone, so a longer past is a
shorter one with more behind it: what reads the newest sales must find the same in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from cashback_core.values.documents import cpf_check_digits

LINES_A_SALE: Final = 3
APART: Final = timedelta(seconds=26)
"""Between two sales: some 3,300 a day, so that a longer past has more days and no busier ones."""

RECENT: Final = 30_000
"""Among so many of the newest sales lies all that is open, and every sale of a regular."""

REGULARS: Final = 10
BUYERS: Final = 2_000_000
GROUPS: Final = 7
ROUND: Final = 10 * GROUPS
"""After so many sales merchants, groups, stores and numbers of lines come as they came before."""

MERCHANTS: Final = (1, 2)
RATES_BP: Final = {"A": 500, "B": 100, "C": 800, "D": 1000}
"""The demo's, in force for ever."""

_MASK: Final = 0xFFFF_FFFF_FFFF_FFFF
_STEMS: Final = 1_000_000_000
_STRIDE: Final = 387_420_489  # coprime to 10**9: distinct numbers give distinct, scattered stems
_LINE_KINDS: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class LineKind:
    """One of the lines that there are."""

    centavos: int
    earns: int
    row: str
    """What COPY is told of it after the sale and its position."""

    body: str
    """How an ERP tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSale:
    """A sale as its number says, with the texts that its rows are made of."""

    number: int
    merchant_id: int
    id: str
    accepted_at: str
    sold_at: str
    paid_at: str
    buyer: int
    document: str
    lines: tuple[LineKind, ...]
    status: str
    chance: int
    """64 bits that are its own."""

    @property
    def key(self) -> str:
        """Its idempotency key: as most ERPs make them, random."""
        return f"{self.chance:016x}-{self.number:x}"

    @property
    def raw_body(self) -> str:
        """The request that it came by."""
        total = sum(line.centavos for line in self.lines)
        return (
            f'{{"sold_at":"{self.sold_at}","sale_id":"nf-{self.number}",'
            f'"customer":{{"document":"{self.document}","name":"Cliente de Teste"}},'
            f'"total":"{total // 100}.{total % 100:02d}","products":['
            + ",".join(line.body for line in self.lines)
            + "]}"
        )


def sale_count(lines: int) -> int:
    """How many sales have so many lines, but for a last few: every past begins as every other."""
    return lines // LINES_A_SALE // ROUND * ROUND


def past_sale(number: int, newest_at: datetime) -> PastSale:
    """The sale of a number, of the retailer whose newest one is of that instant."""
    chance = _mixed(number)
    at = newest_at - (number - 1) * APART
    milliseconds = int(at.timestamp() * 1000)
    text = at.isoformat()
    kinds = line_kinds()
    buyer = buyer_of(number, chance)
    count = 1 + number % 5  # from one to five, three on average
    return PastSale(
        number=number,
        merchant_id=2 if number % 10 == 3 else 1,
        id=f"{milliseconds:012x}7{chance & 0xFFF:03x}8{chance >> 12 & 0xFFF:03x}{number:012x}",
        accepted_at=text,
        sold_at=(at - timedelta(seconds=1 + chance % 600)).isoformat(timespec="seconds"),
        paid_at=(at + timedelta(milliseconds=300)).isoformat(),
        buyer=buyer,
        document=cpf(buyer),
        lines=tuple(kinds[(chance >> 8 * k) % _LINE_KINDS] for k in range(count)),
        status=_status(number),
        chance=chance,
    )


def buyer_of(number: int, chance: int) -> int:
    """Who bought: now and then a regular, whose sales are all recent; else one of very many."""
    if number <= RECENT and number % 100 == 1:
        return number // 100 % REGULARS
    return REGULARS + chance % (BUYERS - REGULARS)


def cpf(number: int) -> str:
    """The CPF of a buyer."""
    stem = f"{(number + 1) * _STRIDE % _STEMS:09d}"
    return stem + cpf_check_digits(stem)


def _status(number: int) -> str:
    if number <= RECENT:
        if number % 150 == 7:
            return "held"
        if number % 1000 == 500:
            return "in_doubt"
        if number % 1000 == 700:
            return "pending"
        if number % 3000 == 900:
            return "sending"
    return "applied"


@cache
def line_kinds() -> tuple[LineKind, ...]:
    """Every kind of line: made once, so that a line of ten millions costs little."""
    return tuple(_line_kind(n) for n in range(_LINE_KINDS))


def _line_kind(number: int) -> LineKind:
    type_, rate_bp = tuple(RATES_BP.items())[number % 4]
    centavos = 500 + _mixed(number) % 49_500
    earned = centavos * rate_bp
    earns = (earned + 5_000) // 10_000
    price = f"{centavos // 100}.{centavos % 100:02d}"
    decimals = f"{earned % 10**6:06d}".rstrip("0").ljust(2, "0")
    values = (
        type_, centavos * 10**8, 10_000, centavos, 0, rate_bp, 1,
        f"{earned // 10**6}.{decimals}", earns,
    )  # fmt: skip
    return LineKind(
        centavos=centavos,
        earns=earns,
        row="\t".join(map(str, values)),
        body=f'{{"type":"{type_}","value":"{price}","qty":"1"}}',
    )


def _mixed(number: int) -> int:
    """64 bits in which no order of the numbers is left (SplitMix64)."""
    mixed = number * 0x9E37_79B9_7F4A_7C15 & _MASK
    mixed = (mixed ^ mixed >> 30) * 0xBF58_476D_1CE4_E5B9 & _MASK
    mixed = (mixed ^ mixed >> 27) * 0x94D0_49BB_1331_11EB & _MASK
    return mixed ^ mixed >> 31
