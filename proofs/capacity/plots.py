"""The plots of docs/sizing.md."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, cast

from capacity.day import MINUTE_PEAK, Chain, tasks
from capacity.page import task_of

if TYPE_CHECKING:
    from pathlib import Path

    from capacity.measured import Measured

_SERVICES = ("api", "database", "nginx", "worker", "sandbox")


def plot(measured: Measured, folder: Path) -> None:
    """Write load.svg, cost.svg and day.svg."""
    matplotlib = cast("Any", importlib.import_module("matplotlib"))
    matplotlib.use("Agg")
    # The same figures give the same files.
    matplotlib.rcParams.update({"svg.hashsalt": "sizing", "svg.fonttype": "none", "font.size": 9})
    pyplot = cast("Any", importlib.import_module("matplotlib.pyplot"))
    for name, draw in {"load": _load, "cost": _cost, "day": _day}.items():
        figure = pyplot.figure(figsize=(8, 3.4), layout="constrained")
        draw(figure, measured)
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        pyplot.close(figure)


def _load(figure: Any, measured: Measured) -> None:
    rates, waits = figure.subplots(1, 2)
    for profile in measured.profiles:
        at = [step.connections for step in profile.steps]
        [line] = rates.plot(at, [step.rate for step in profile.steps], "o-", label=profile.name)
        knee = profile.knee
        colour = line.get_color()
        rates.plot([knee.connections], [knee.rate], "o", ms=12, mfc="none", color=colour)
        waits.plot(at, [step.p99_ms for step in profile.steps], "o-", color=colour)
    for axes in (rates, waits):
        axes.set_xscale("log", base=2)
        counts = sorted({step.connections for p in measured.profiles for step in p.steps})
        axes.set_xticks(counts, [str(count) for count in counts])
        axes.set_xlabel("connections")
        axes.grid(alpha=0.3)
    rates.set_title("sales a second (circle: the knee)")
    rates.set_ylim(bottom=0)
    rates.legend(title="each of two APIs")
    waits.set_title("p99 of the answers, ms")
    waits.set_ylim(bottom=0)


def _cost(figure: Any, measured: Measured) -> None:
    processor, memory = figure.subplots(1, 2)
    names = [profile.name for profile in measured.profiles]
    below = [0.0] * len(names)
    for service in _SERVICES:
        costs = [profile.knee.ms_a_sale(service) for profile in measured.profiles]
        processor.bar(names, costs, bottom=below, label=service)
        below = [low + cost for low, cost in zip(below, costs, strict=True)]
    processor.set_title("processor, ms a sale at the knee")
    processor.legend(loc="upper left", bbox_to_anchor=(1, 1))
    last = measured.profiles[-1].steps[-1].memory_bytes
    memory.barh(list(last), [size / 2**20 for size in last.values()])
    memory.set_title(f"memory at the highest load, MiB\n({measured.profiles[-1].name})")
    processor.tick_params(axis="x", rotation=20)
    processor.set_ylim(bottom=0)


def _day(figure: Any, measured: Measured) -> None:
    axes, task = figure.subplots(), task_of(measured)
    count = axes.twinx()
    hours = range(24)
    for factor, style in ((1.0, "-"), (Chain().busiest_day, "--")):
        rates = Chain().rates(factor=factor)
        name = "an ordinary day" if factor == 1 else f"the busiest day (× {factor:g})"
        axes.plot(hours, [rate / MINUTE_PEAK for rate in rates], style, color="C0", label=name)
        count.step(hours, [tasks(r, task) for r in rates], style, color="C1", where="mid")
    axes.set_xlabel("hour of the day")
    axes.set_ylabel("sales a second, mean of the hour", color="C0")
    count.set_ylabel("API tasks", color="C1")
    axes.set_ylim(bottom=0)
    count.set_ylim(bottom=0)
    axes.legend(loc="upper left")
