"""What a plain sale costs the core: against the way before fiscal numbers, timed in turns.

`calculate` against the plain way, which is kept here as it was: one fraction, no surcharges, no
payments, no buyers. With another checkout's `src` beside it, both checkouts' `parse_sale`,
`calculate`, `content_names` and the way from a body's bytes to a sale, each in a process of its
own. Two ways are timed in turns of some milliseconds of CPU, so that a busy machine slows both. It
is told how long the quickest turn took of each, and the median of the turns' ratios. It fails where
`calculate` costs more than HIGHEST_RATIO of the plain way.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from importlib import import_module
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any, Final

from cashback_core import (
    Programme,
    Rate,
    SaleRules,
    calculate,
    content_names,
    parse_sale,
)
from cashback_core.values.rounding import Rounding, round_ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cashback_core import Sale

HIGHEST_RATIO: Final = 1.0
LINES: Final = (1, 3, 10)
TURN_S: Final = 0.005
AT: Final = datetime(2026, 6, 3, 12, tzinfo=UTC)
RULES: Final = SaleRules()
PROGRAMME: Final = Programme(
    tuple(
        Rate(type=type_, rate_bp=rate_bp, version=1, starts_at=datetime(2020, 1, 1, tzinfo=UTC))
        for type_, rate_bp in (("A", 500), ("B", 100), ("C", 800))
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainLine:
    """What a line earned, as it was told before."""

    type: str
    rate_bp: int
    rate_version: int
    amount_centavos: int
    net_centavos: int
    exact_centavos: Fraction
    cashback_centavos: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainCashback:
    """What a sale earned, as it was told before."""

    cashback_centavos: int
    exact_centavos: Fraction
    rounding: Rounding
    lines: tuple[PlainLine, ...]


def plain_way(sale: Sale, programme: Programme) -> PlainCashback:
    """The calculation before fiscal numbers; every line has a rate."""
    rates = _rates(sale, programme)
    amounts = [line.amount_centavos for line in sale.lines]
    nets = [
        amount - line.discount_centavos for amount, line in zip(amounts, sale.lines, strict=True)
    ]
    denominator = 10_000 * sum(nets) or 1
    numerators = [
        net * rate.rate_bp * sale.total_centavos for net, rate in zip(nets, rates, strict=True)
    ]
    cashback = round_ratio(sum(numerators), denominator, programme.rounding)
    ties = list(zip([line.type for line in sale.lines], amounts, nets, strict=True))
    parts = _allot(cashback, numerators, denominator, ties)
    return PlainCashback(
        cashback_centavos=cashback,
        exact_centavos=Fraction(sum(numerators), denominator),
        rounding=programme.rounding,
        lines=tuple(
            PlainLine(
                type=line.type,
                rate_bp=rate.rate_bp,
                rate_version=rate.version,
                amount_centavos=amount,
                net_centavos=net,
                exact_centavos=Fraction(numerator, denominator),
                cashback_centavos=part,
            )
            for line, rate, amount, net, numerator, part in zip(
                sale.lines, rates, amounts, nets, numerators, parts, strict=True
            )
        ),
    )


def _rates(sale: Sale, programme: Programme) -> list[Rate]:
    rates: list[Rate] = []
    for line in sale.lines:
        rate = programme.rate_at(line.type, sale.sold_at)
        assert rate is not None
        rates.append(rate)
    return rates


def _allot(
    whole: int, numerators: list[int], denominator: int, ties: list[tuple[str, int, int]]
) -> list[int]:
    floors = [numerator // denominator for numerator in numerators]
    missing = whole - sum(floors)
    if missing == 0:
        return floors
    places = range(len(numerators))
    order = sorted(places, key=lambda i: (-(numerators[i] % denominator), ties[i]))
    for index in order[:missing]:
        floors[index] += 1
    return floors


def plain_document(lines: int) -> dict[str, Any]:
    """A sale of so many lines that tells nothing but what each sale must, and its number."""
    products = [
        {"type": "ABC"[n % 3], "value": f"{9 + n}.90", "qty": 1 + n % 3} for n in range(lines)
    ]
    total = sum((990 + 100 * n) * (1 + n % 3) for n in range(lines))
    return {
        "sale_id": "1042",
        "sold_at": "2026-06-03 08:59:00",
        "customer": {"document": "52998224725", "name": "JOSE DA SILVA"},
        "total": f"{total // 100}.{total % 100:02d}",
        "products": products,
    }


@dataclass(frozen=True, slots=True)
class Timed:
    """The quickest turn of each way, in microseconds a call, and the median of the ratios."""

    former_us: float
    present_us: float
    ratio: float


def in_turns(former: Callable[[int], float], present: Callable[[int], float], turns: int) -> Timed:
    """Time both, by what tells the seconds of so many calls; each begins every other turn."""
    calls = max(1, int(TURN_S / max(former(20) / 20, 1e-7)))
    took: list[tuple[float, float]] = []
    for turn in range(turns):
        if turn % 2:
            second = present(calls)
            first = former(calls)
        else:
            first, second = former(calls), present(calls)
        took.append((first / calls * 1e6, second / calls * 1e6))
    return Timed(
        min(first for first, _ in took),
        min(second for _, second in took),
        median(second / first for first, second in took),
    )


def main() -> int:
    """Print the figures; return 1 where `calculate` costs too much."""
    options = _options()
    if options.serve:
        return _serve()
    print(f"{'':24}{'lines':>6}{'before µs':>12}{'now µs':>10}{'ratio':>8}")
    too_much = False
    for lines in LINES:
        sale = parse_sale(plain_document(lines), rules=RULES, now=AT, programme=PROGRAMME)
        found = calculate(sale, PROGRAMME)
        plain = plain_way(sale, PROGRAMME)
        assert found.exact_centavos == plain.exact_centavos
        told = in_turns(
            _timed(partial(plain_way, sale, PROGRAMME)),
            _timed(partial(calculate, sale, PROGRAMME, rules=RULES, accepted_at=AT)),
            options.turns,
        )
        _print("calculate", lines, told)
        too_much |= told.ratio > HIGHEST_RATIO
    if options.beside is not None:
        _beside(options.beside, options.turns)
    return int(too_much)


def _timed(call: Callable[[], object]) -> Callable[[int], float]:
    def timed(calls: int) -> float:
        began_s = process_time()
        for _ in range(calls):
            call()
        return process_time() - began_s

    return timed


def _print(name: str, lines: int, told: Timed) -> None:
    print(f"{name:24}{lines:>6}{told.former_us:>12.1f}{told.present_us:>10.1f}{told.ratio:>8.2f}")


def _beside(src: Path, turns: int) -> None:
    with _process(src) as former, _process(Path(__file__).parents[2] / "src") as present:
        for name in _WAYS:
            for lines in LINES:
                told = in_turns(_asked(former, name, lines), _asked(present, name, lines), turns)
                _print(f"{name}, checkouts", lines, told)


def _process(src: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, "--serve"],
        env={**os.environ, "PYTHONPATH": str(src)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )


def _asked(process: subprocess.Popen[str], name: str, lines: int) -> Callable[[int], float]:
    def asked(calls: int) -> float:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{name} {lines} {calls}\n")
        return float(process.stdout.readline())

    return asked


def _serve() -> int:
    """Time what stdin asks for, until it ends."""
    for line in sys.stdin:
        name, lines, calls = line.split()
        print(_timed(_WAYS[name](int(lines)))(int(calls)), flush=True)
    return 0


def _parsing(lines: int) -> Callable[[], object]:
    document = plain_document(lines)
    return lambda: parse_sale(document, rules=RULES, now=AT, programme=PROGRAMME)


def _calculating(lines: int) -> Callable[[], object]:
    sale = parse_sale(plain_document(lines), rules=RULES, now=AT, programme=PROGRAMME)
    return lambda: calculate(sale, PROGRAMME)


def _naming(lines: int) -> Callable[[], object]:
    sale = parse_sale(plain_document(lines), rules=RULES, now=AT, programme=PROGRAMME)
    return lambda: content_names(sale)


def _from_bytes(lines: int) -> Callable[[], object]:
    body = json.dumps(plain_document(lines), separators=(",", ":")).encode()
    try:
        read = import_module("adapters.http.sales.quick_reader").read_sale
    except ImportError:  # a checkout from before there was a quick way
        read = import_module("adapters.http.wire.body").decode_json
    return lambda: parse_sale(read(body), rules=RULES, now=AT, programme=PROGRAMME)


_WAYS: Final[Mapping[str, Callable[[int], Callable[[], object]]]] = {
    "parse_sale": _parsing,
    "calculate": _calculating,
    "content_names": _naming,
    "from_bytes": _from_bytes,
}


def _options(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plain_sales", description=__doc__)
    parser.add_argument("--turns", type=int, default=200, help="how often each way is timed")
    parser.add_argument(
        "--beside",
        type=Path,
        metavar="SRC",
        help="another checkout's src, timed in turns with this",
    )
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(given)


if __name__ == "__main__":
    sys.exit(main())
