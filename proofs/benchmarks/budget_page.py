"""Says what benchmarks.budget found: Markdown, and a picture."""

from __future__ import annotations

import collections
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SHOWN: Final = 60
_WIDTH: Final = 860
_BAR: Final = 66
_WRITES: Final = re.compile(r"(?:insert into|(?<!for )(?<!key )update) (?!of\b)(\w+)")

# The first that matches a file, from the innermost frame outward, is where the time counts.
_ROOMS: Final = (
    (r"/site-packages/psycopg", "psycopg"),
    (r"/site-packages/(uvicorn|httptools|uvloop|websockets)", "HTTP server (uvicorn)"),
    (r"/site-packages/litestar", "Litestar"),
    (r"/site-packages/(httpx|httpcore|h11|anyio)", "provider's client"),
    (r"/src/adapters/cashback_client/", "provider's client"),
    (r"/src/adapters/postgres/", "writing and reading rows"),
    (r"/src/adapters/telemetry/|/site-packages/(prometheus|opentelemetry)", "metrics and traces"),
    (r"/src/adapters/http/serving/", "HTTP: admission, watch, log"),
    (r"/src/adapters/http/identity/|/src/adapters/credentials/", "HTTP: who calls"),
    (r"/src/adapters/http/", "HTTP: reading, routing, answering"),
    (r"/src/cashback_core/(sales|values)/", "core: the sale"),
    (r"/src/cashback_core/", "core: accepting and delivering"),
    (r"/asyncio/|/src/cashback_gateway/", "event loop"),
)


@dataclass(frozen=True, slots=True)
class Spent:
    """µs of CPU a sale, in one place."""

    name: str
    us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement's calls and µs of execution a sale; not `top` runs inside another."""

    text: str
    top: bool
    calls: float
    exec_us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Where the CPU of a sale goes at so many connections."""

    connections: int
    rate: float
    api: Sequence[Spent]
    postgres: Sequence[Spent]
    others: Mapping[str, float]
    statements: Sequence[Statement]
    wal_bytes: float
    writes_in_a_transaction: float
    others_share: float


def put_between(document: str, name: str, text: str) -> str:
    """Replace what stands between the marks of that name. Raises ValueError without them."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, begun, rest = document.partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"no marks {begin.strip()} and {end.strip()}")
    return f"{before}{begin}{text}\n{end}{after}"


def rooms_of(samples: str) -> dict[str, float]:
    """Return which part of the samples fell into each room, the largest first."""
    found: collections.Counter[str] = collections.Counter()
    for line in samples.splitlines():
        told = json.loads(line)
        found[_room(told["stack"])] += told["times"]
    whole = found.total() or 1
    return {room: times / whole for room, times in found.most_common()}


def _room(stack: Sequence[str]) -> str:
    for file in stack:
        for pattern, room in _ROOMS:
            if re.search(pattern, file):
                return room
    return "event loop"


def page(budgets: Sequence[Budget]) -> str:
    """Return the tables of docs/performance.md."""
    counts = [budget.connections for budget in budgets]
    extremes = {max(counts), min(counts)}
    return "\n\n".join(
        (
            "\n".join(_table("API: µs of CPU a sale", budgets, [b.api for b in budgets])),
            "\n".join(_table("PostgreSQL: process", budgets, [b.postgres for b in budgets])),
            "\n".join(_facts(budgets)),
            # The most connections and the fewest: what lies between is between them.
            *("\n".join(_statements(b)) for b in budgets if b.connections in extremes),
        )
    )


def _table(
    title: str, budgets: Sequence[Budget], columns: Sequence[Sequence[Spent]]
) -> Iterator[str]:
    yield f"| {title} | " + " | ".join(map(_load, budgets)) + " |"
    yield "|---|" + "---:|" * len(budgets)
    told = [{spent.name: spent.us for spent in column} for column in columns]
    names = dict.fromkeys(name for column in told for name in column)
    for name in names:
        yield f"| {name} | " + " | ".join(f"{c.get(name, 0):.0f}" for c in told) + " |"
    yield "| **together** | " + " | ".join(f"**{sum(c.values()):.0f}**" for c in told) + " |"


def _load(budget: Budget) -> str:
    return f"{budget.connections} connection{'s'[: budget.connections > 1]}"


def _facts(budgets: Sequence[Budget]) -> Iterator[str]:
    yield "| besides | " + " | ".join(map(_load, budgets)) + " |"
    yield "|---|" + "---:|" * len(budgets)
    for name in budgets[0].others:
        cells = " | ".join(f"{b.others[name]:.0f}" for b in budgets)
        yield f"| {name}, µs of CPU a sale | {cells} |"
    yield "| sales/s | " + " | ".join(f"{b.rate:.0f}" for b in budgets) + " |"
    yield "| WAL, bytes a sale | " + " | ".join(f"{b.wal_bytes:.0f}" for b in budgets) + " |"
    writes = " | ".join(f"{b.writes_in_a_transaction:.1f}" for b in budgets)
    yield f"| writes in a transaction (a sale is two) | {writes} |"
    busy = " | ".join(f"{b.others_share:.0%}" for b in budgets)
    yield f"| other programs' share of the machine | {busy} |"


def _statements(budget: Budget) -> Iterator[str]:
    yield f"| statement at {_load(budget)} | calls a sale | µs a sale |"
    yield "|---|---:|---:|"
    for statement in budget.statements:
        text = statement.text[:_SHOWN].strip().replace("|", "\\|").replace("`", "'")
        written = ", ".join(dict.fromkeys(_WRITES.findall(statement.text)))
        inside = "" if statement.top else "inside: "
        said = f"{inside}`{text}`{f' (writes {written})' if written else ''}"
        yield f"| {said} | {statement.calls:.2f} | {statement.exec_us:.0f} |"


def picture(budgets: Sequence[Budget]) -> str:
    """Return an SVG: a bar for each number of connections, and what its colours mean."""
    parts = [_parts(budget) for budget in budgets]
    names = list(dict.fromkeys(part.name for each in parts for part in each))
    longest = max(sum(part.us for part in each) for each in parts)
    rows = (len(names) + 1) // 2
    legend_top = len(budgets) * _BAR + 30
    height = legend_top + rows * 18 + 10
    shapes: list[str] = []
    for row, (budget, each) in enumerate(zip(budgets, parts, strict=True)):
        shapes += _bar(budget, each, row * _BAR, _WIDTH / longest, names)
    for number, name in enumerate(names):
        x, y = 10 + number // rows * 430, legend_top + number % rows * 18
        us = ", ".join(f"{sum(p.us for p in each if p.name == name):.0f}" for each in parts)
        shapes += [
            f'<rect x="{x}" y="{y}" width="12" height="12" fill="{_colour(number)}"/>',
            f'<text x="{x + 18}" y="{y + 11}">{escape(name)}: {us}</text>',
        ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 880 {height}" '
        'font-family="sans-serif" font-size="13">\n'
        f'<rect width="880" height="{height}" fill="white"/>\n' + "\n".join(shapes) + "\n</svg>\n"
    )


def _bar(
    budget: Budget, parts: Sequence[Spent], top: float, per_us: float, names: Sequence[str]
) -> Iterator[str]:
    total = sum(part.us for part in parts)
    yield f'<text x="10" y="{top + 20}">{_load(budget)}: {total:.0f} µs of CPU a sale</text>'
    left = 10.0
    for part in parts:
        width, colour = part.us * per_us, _colour(names.index(part.name))
        yield (
            f'<rect x="{left:.1f}" y="{top + 26}" width="{width:.1f}" height="26" '
            f'fill="{colour}"><title>{escape(part.name)}: {part.us:.0f} µs</title></rect>'
        )
        left += width


def _colour(number: int) -> str:
    """Return a hue far from the last one's."""
    return f"hsl({number * 137 % 360}, 55%, {45 + number % 3 * 12}%)"


def _parts(budget: Budget) -> list[Spent]:
    postgres = [Spent(f"PostgreSQL: {each.name}", each.us) for each in budget.postgres]
    return [*budget.api, *postgres, *(Spent(name, us) for name, us in budget.others.items())]
