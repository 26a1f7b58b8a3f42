"""Says what benchmarks.budget found: Markdown, and a picture."""

from __future__ import annotations

import collections
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_SHOWN: Final = 60
_WRITES: Final = re.compile(r"(?:insert into|update) (\w+)")

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
    return "\n\n".join(
        (
            "\n".join(_table("API: µs of CPU a sale", budgets, [b.api for b in budgets])),
            "\n".join(_table("PostgreSQL: process", budgets, [b.postgres for b in budgets])),
            "\n".join(_facts(budgets)),
            *("\n".join(_statements(budget)) for budget in budgets),
        )
    )


def _table(
    title: str, budgets: Sequence[Budget], columns: Sequence[Sequence[Spent]]
) -> Iterator[str]:
    yield f"| {title} | " + " | ".join(f"{b.connections} connections" for b in budgets) + " |"
    yield "|---|" + "---:|" * len(budgets)
    told = [{spent.name: spent.us for spent in column} for column in columns]
    names = dict.fromkeys(name for column in told for name in column)
    for name in names:
        yield f"| {name} | " + " | ".join(f"{c.get(name, 0):.0f}" for c in told) + " |"
    yield "| **together** | " + " | ".join(f"**{sum(c.values()):.0f}**" for c in told) + " |"


def _facts(budgets: Sequence[Budget]) -> Iterator[str]:
    yield "| besides | " + " | ".join(f"{b.connections} connections" for b in budgets) + " |"
    yield "|---|" + "---:|" * len(budgets)
    for name in budgets[0].others:
        cells = " | ".join(f"{b.others[name]:.0f}" for b in budgets)
        yield f"| {name}, µs of CPU a sale | {cells} |"
    yield "| sales/s | " + " | ".join(f"{b.rate:.0f}" for b in budgets) + " |"
    yield "| WAL, bytes a sale | " + " | ".join(f"{b.wal_bytes:.0f}" for b in budgets) + " |"
    writes = " | ".join(f"{b.writes_in_a_transaction:.1f}" for b in budgets)
    yield f"| writes in a transaction (a sale is two) | {writes} |"


def _statements(budget: Budget) -> Iterator[str]:
    yield f"| statement at {budget.connections} connections | calls a sale | µs a sale |"
    yield "|---|---:|---:|"
    for statement in budget.statements:
        text = statement.text[:_SHOWN].strip().replace("|", "\\|").replace("`", "'")
        written = ", ".join(dict.fromkeys(_WRITES.findall(statement.text)))
        inside = "" if statement.top else "inside: "
        said = f"{inside}`{text}`{f' (writes {written})' if written else ''}"
        yield f"| {said} | {statement.calls:.2f} | {statement.exec_us:.0f} |"


def picture(budgets: Sequence[Budget], file: Path) -> None:
    """Draw a bar for each number of connections: the API's rooms, PostgreSQL, the rest."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "budget"
    figure, axes = plt.subplots(figsize=(10, 1.6 + 0.9 * len(budgets)))
    names = dict.fromkeys(part.name for b in budgets for part in _parts(b))
    colours = plt.get_cmap("tab20")
    labels = [f"{b.connections} connections" for b in budgets]
    lefts = [0.0] * len(budgets)
    for number, name in enumerate(names):
        widths = [sum(p.us for p in _parts(b) if p.name == name) for b in budgets]
        axes.barh(labels, widths, left=lefts, label=name, color=colours(number % 20))
        lefts = [left + width for left, width in zip(lefts, widths, strict=True)]
    axes.set_xlabel("µs of CPU a sale")
    axes.invert_yaxis()
    axes.legend(fontsize=7, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.35))
    figure.savefig(file, bbox_inches="tight", metadata={"Date": None})


def _parts(budget: Budget) -> list[Spent]:
    postgres = [Spent(f"PostgreSQL: {each.name}", each.us) for each in budget.postgres]
    return [*budget.api, *postgres, *(Spent(name, us) for name, us in budget.others.items())]
