"""docs/sizing.md, made of what was measured: no figure in it is written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capacity.day import (
    FEWEST_TASKS,
    HOUR_SHARES,
    MINUTE_PEAK,
    SCALE_OUT_MIN,
    Chain,
    Task,
    steepest_rise,
    task_memory_mib,
    tasks,
)
from capacity.measured import NEARLY_ALL, best

if TYPE_CHECKING:
    from collections.abc import Iterable

    from capacity.measured import Measured

MIB = 2**20
_TABLES_SHOWN = 8
_PROVIDER_CONNECTIONS = (64, 128, 256)
_LATENCIES_MS = (20, 50, 100, 200, 500, 1000)


def task_of(measured: Measured) -> Task:
    """The Fargate task that the figures speak for."""
    profile = best(measured.profiles)
    needed = max(p.api_memory_bytes for p in measured.profiles)
    knee = profile.knee
    used = sum(knee.cores[f"api{number + 1}"] for number in range(profile.apis))
    return Task(
        vcpu=profile.cpus,
        memory_mib=task_memory_mib(profile.cpus, needed),
        rate=knee.rate / profile.apis,
        cpu_share=min(1.0, used / profile.apis / profile.cpus),
    )


def page(measured: Measured) -> str:
    """The whole page."""
    return "\n\n".join([
        "# Sizing",
        _conditions(measured),
        _load(measured),
        _cost(measured),
        _connections(measured),
        _provider(),
        _growth(measured),
        _fargate(measured),
        _day(measured),
        _again(),
    ]) + "\n"  # fmt: skip


def _conditions(measured: Measured) -> str:
    lines = "\n".join(f"- {line}" for line in measured.machine)
    return (
        f"Written by `make capacity` on {measured.at} UTC, code {measured.revision}: the compose"
        f" file with its two\nAPIs behind Nginx, {measured.seconds_a_step:g} s at each load, 3-line"
        " sales of distinct customers, every answer checked. Of"
        f" all\n{measured.paid_once} sales each was paid once, to the cent. Where the machine was"
        " full, the table says so: then the\ncontainer could do more elsewhere.\n\n" + lines
    )


def _load(measured: Measured) -> str:
    rows = [
        (
            profile.name,
            step.connections,
            f"{step.rate:.0f}{' **knee**' if step is profile.knee else ''}",
            f"{step.p50_ms:.0f}",
            f"{step.p99_ms:.0f}",
            f"{step.held_back:.0%}",
            f"{step.host_busy:.0%}",
            f"{step.group_size:.1f}",
            step.not_applied,
        )
        for profile in measured.profiles
        for step in profile.steps
    ]
    heads = (
        "each API", "connections", "sales/s", "p50, ms", "p99, ms", "held back by its limit",
        "machine busy", "writes a commit", "not 201",
    )  # fmt: skip
    return (
        "## Rising load\n\n![Sales a second and p99 at rising load](sizing/load.svg)\n\n"
        f"The knee is the fewest connections that reach {NEARLY_ALL:.0%} of the highest rate; beyond"
        " it, waiting grows and sales do\nnot.\n\n" + _table(heads, rows)
    )


def _cost(measured: Measured) -> str:
    rows = [
        (
            profile.name,
            f"{profile.knee.rate:.0f}",
            f"{profile.rate_a_vcpu:.0f}",
            *(f"{profile.knee.ms_a_sale(name):.2f}" for name in ("api", "database", "nginx")),
            f"{profile.api_memory_bytes / MIB:.0f}",
            profile.ended_for_memory,
            "the machine" if profile.limited_by_machine else "the container's limit",
        )
        for profile in measured.profiles
    ]
    heads = (
        "each API", "sales/s at the knee", "sales/s per vCPU allowed", "API, ms a sale",
        "PostgreSQL, ms", "Nginx, ms", "API memory, MiB", "ended for memory", "what limits",
    )  # fmt: skip
    last = measured.profiles[-1]
    memory = [(name, f"{size / MIB:.0f}") for name, size in last.steps[-1].memory_bytes.items()]
    return (
        "## What a sale costs\n\n![Processor and memory by container](sizing/cost.svg)\n\n"
        + _table(heads, rows)
        + f"\n\nMemory of each container after the highest load ({last.name}; working set, without"
        " what the kernel can\ntake back):\n\n" + _table(("container", "MiB"), memory)
    )


def _connections(measured: Measured) -> str:
    told = measured.connections
    each = max(count for name, count in told.by_service.items() if name.startswith("api"))
    return (
        f"## Connections\n\nAt most {told.database_sessions} sessions of {told.database_sessions_max}"
        " that the database allows. They do not grow with the\nload: each process has a few of its"
        " own, and what waits, waits in the process.\n\n"
        + _table(("container", "most sessions of the database"), told.by_service.items())
        + f"\n\nCount {each} sessions for each API task; raise `max_connections` before all come to"
        " 80 % of it (alert\nSessionsNearLimit)."
    )


def _provider() -> str:
    """By arithmetic and not by this run: how slow a provider is, is none of our figures."""
    rows = [
        (f"{latency_ms}", *(f"{count * 1000 / latency_ms:.0f}" for count in _PROVIDER_CONNECTIONS))
        for latency_ms in _LATENCIES_MS
    ]
    heads = ("provider, ms a call", *(f"{count} connections" for count in _PROVIDER_CONNECTIONS))
    return (
        "## The provider's connections\n\nA call keeps its connection until it is answered, so a"
        " process pays at most `CASHBACK_PROVIDER_CONNECTIONS`\n/ latency a second, however many ask:"
        " whoever finds none waits, within the delivery's deadline. Calls a second for\neach process:"
        "\n\n"
        + _table(heads, rows)
        + "\n\nThe table is arithmetic; a trial on two cores (November 2026, 256 callers, a provider of"
        " 200 ms) agreed: 410 sales/s\nby 64 connections, 1,173 by 256. `./cashback doctor` works it"
        " out from the latest payments, and warns where calls wait.\n"
        f"The default stays {_PROVIDER_CONNECTIONS[0]}: every process opens as many, and how many a"
        " provider takes is its own to say; with one of 20 ms more\nconnections gained nothing. Raise"
        " it, with the provider's consent, once the doctor warns. It costs no session of the\ndatabase;"
        " memory only for connections in use, some tens of KiB each (with TLS the most)."
    )


def _growth(measured: Measured) -> str:
    grown = measured.growth
    rows = [
        (f"`{name}`", _gigabytes(grown.bytes_a_million(size)))
        for name, size in list(grown.tables.items())[:_TABLES_SHOWN]
    ]
    return (
        f"## Growth of the database\n\nPer million sales of three lines, by the {grown.sales} of this"
        f" run: **{_gigabytes(grown.bytes_a_million(grown.database_bytes))}** on the disk, and"
        f"\n{_gigabytes(grown.bytes_a_million(grown.wal_bytes))} of log before compression, which the"
        " archive keeps since the oldest backup.\n\n"
        + _table(("table, indexes included", "per million sales"), rows)
    )


def _fargate(measured: Measured) -> str:
    task, profile = task_of(measured), best(measured.profiles)
    doubt = (
        "**The machine was full at every setting that was tried**, so that a container's limit was"
        " never what held sales back: take these\nfigures as the least that a task does.\n\n"
        if profile.limited_by_machine
        else ""
    )
    return (
        f"## A Fargate task and its rule\n\n{doubt}"
        f"- **Task**: one API container, {task.vcpu:g} vCPU and {task.memory_mib} MiB."
        f" {profile.name} gave the most for each vCPU allowed\n"
        f"  ({profile.rate_a_vcpu:.0f} sales/s); the largest working set was"
        f" {max(p.api_memory_bytes for p in measured.profiles) / MIB:.0f} MiB, and {task.memory_mib}"
        " MiB is the least that AWS sells with\n  this vCPU and half as much again. One process uses"
        " one core at most: never give it more than 1 vCPU.\n"
        f"- **Rule**: target tracking on `ECSServiceAverageCPUUtilization` at"
        f" **{task.target_share:.0%}**. At the knee a task used {task.cpu_share:.0%}\n  of its"
        f" CPU for {task.rate:.0f} sales/s. A new task serves some {SCALE_OUT_MIN} minutes after the"
        f" load has risen; until then the day below\n  rises to {steepest_rise():.2f} times itself at"
        f" most (a busiest minute of {MINUTE_PEAK:g} times the hour's mean included). So a task\n"
        f"  serves {task.rate_at_target:.0f} sales/s as a rule. Scale in after 15 minutes, one at a"
        f" time; never fewer than {FEWEST_TASKS}, in two zones.\n"
        "- **Alarm, not rule**: `SlowAnswers` and `ProcessSaturated`. A slow provider makes answers"
        " slow while the CPU idles, and\n  more tasks would not help.\n"
        "- **What does not scale with tasks**: the database. A sale costs it"
        f" {profile.knee.ms_a_sale('database'):.2f} ms of processor, so 1,000 sales/s keep\n"
        f"  {profile.knee.ms_a_sale('database'):.1f} cores busy; size it for the busiest day at half"
        " of that use. One worker (0.25 vCPU, 512 MiB) and a second for\n  its loss are enough.\n"
        "- A vCPU of Fargate is half of a core (a thread), and its kind differs by day and region:"
        " measure there before the\n  first real day, with this tool's load against one task."
    )


def _day(measured: Measured) -> str:
    task, chain = task_of(measured), Chain()
    ordinary, busiest = chain.rates(), chain.rates(factor=chain.busiest_day)
    rows = [
        (
            f"{hour:02d}:00",
            f"{share:g} %",
            f"{ordinary[hour]:.0f}",
            tasks(ordinary[hour], task),
            f"{busiest[hour]:.0f}",
            tasks(busiest[hour], task),
        )
        for hour, share in enumerate(HOUR_SHARES)
    ]
    hours = [sum(tasks(rate, task) for rate in rates) for rates in (ordinary, busiest)]
    heads = (
        "hour", "of the day's sales", "busiest minute, sales/s", "tasks",
        f"× {chain.busiest_day:g}: sales/s", "tasks",
    )  # fmt: skip
    database = best(measured.profiles).knee.ms_a_sale("database") * max(busiest) / 1000
    year = measured.growth.bytes_a_million(measured.growth.database_bytes)
    return (
        "## A chain's day, worked out\n\n![Load and tasks over the day](sizing/day.svg)\n\n"
        f"Assumed, not measured: {chain.stores} stores with {chain.sales_a_store} sales each,"
        f" {chain.sales_a_day:,} a day; the shares below; a busiest day of the\nyear with"
        f" {chain.busiest_day:g} times as many. Put your own into `proofs/capacity/day.py` and print the page"
        " again (below).\n\n"
        + _table(heads, rows)
        + f"\n\nThat is {hours[0]} task hours on an ordinary day ({hours[0] * task.vcpu:g} vCPU hours)"
        f" and {hours[1]} on the busiest; peak-sized around the\nclock the ordinary day would take"
        f" {24 * max(tasks(r, task) for r in ordinary)}. The database needs {database:.1f} cores in"
        f" the busiest minute of the year, and grows by\n"
        f"{_gigabytes(year * chain.sales_a_day * 365 / 1e6)} a year"
        f" ({_gigabytes(year * chain.sales_a_day * 30 / 1e6)} a month)."
    )


def _again() -> str:
    return (
        "## Measuring again\n\n```sh\n"
        "make capacity                                  # on a quiet machine; rewrites this page\n"
        'make capacity ARGS="--profiles 1/512 --connections 8,32 --to /tmp"\n'
        'make capacity ARGS="--from docs/sizing/measured.json"    # the page alone, of the kept run\n'
        "```"
    )


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.2f} GB" if size < 1e11 else f"{size / 1e9:.0f} GB"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [heads, ("---", *["---:"] * (len(heads) - 1)), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
