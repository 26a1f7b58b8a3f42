"""The committed baseline, and what differs from it: counts exactly, ratios by more than a bit."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from regression.counts import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FILE: Final = Path(__file__).with_name("baseline.json")

TOLERANCE: Final = 2.0
"""How many times its baseline a ratio may be.

Row-level security once cost a factor of four; what costs less is seen by the exact figures. On a
machine where others worked, measurements lay up to 1.2 apart (November 2026), and CI's may be
another; what is over is measured again, and only what stays over is told.
"""

INSTRUCTIONS: Final = "instructions of Python"

_FIGURES: Final[Mapping[str, str]] = {
    "round_trips": "round trips",
    "fsyncs": "syncs of the log",
    "wal_records": "records of the log",
    "wal_bytes": "bytes of the log",
}
_SHOWN: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run: what was measured, and on what."""

    commit: str
    postgresql: str
    python: str
    processor: str
    counts: dict[str, Step]
    opcodes: dict[str, int] = field(default_factory=dict[str, int])
    cpu: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure that is not the baseline's."""

    step: str
    figure: str
    before: float
    now: float
    where: str = ""

    def __str__(self) -> str:
        word = "GREW" if self.now > self.before else "FELL"
        where = f" ({self.where})" if self.where else ""
        return f"{word}: {self.step}, {self.figure}: {self.before:.10g} -> {self.now:.10g}{where}"


def read(file: Path = FILE) -> Measured:
    """The baseline. Raises OSError without one."""
    return measured_of(json.loads(file.read_text(encoding="utf-8")))


def measured_of(told: dict[str, Any]) -> Measured:
    """A run out of decoded JSON."""
    counts = {name: Step(**step) for name, step in told["counts"].items()}
    rest: dict[str, Any] = {name: value for name, value in told.items() if name != "counts"}
    return Measured(counts=counts, **rest)


def write(measured: Measured, file: Path = FILE) -> None:
    """Make these the figures that later ones are held against."""
    file.write_text(json.dumps(asdict(measured), indent=1) + "\n", encoding="utf-8")


def count_changes(before: Mapping[str, Step], now: Mapping[str, Step]) -> list[Change]:
    """Every count that is another than before."""
    return [
        Change(
            step=name,
            figure=words,
            before=getattr(before[name], figure),
            now=getattr(step, figure),
            where=_where(before[name], step) if figure.startswith("wal") else "",
        )
        for name, step in now.items()
        if name in before
        for figure, words in _FIGURES.items()
        if getattr(before[name], figure) != getattr(step, figure)
    ]


def exact_changes(before: Measured, now: Measured) -> list[Change]:
    """All that is counted and is another figure than before."""
    return [*count_changes(before.counts, now.counts), *opcode_changes(before, now)]


def opcode_changes(before: Measured, now: Measured) -> list[Change]:
    """Every other number of instructions, where both are of one version of Python."""
    if _minor(before.python) != _minor(now.python):
        return []
    return [
        Change(step=name, figure=INSTRUCTIONS, before=before.opcodes[name], now=count)
        for name, count in now.opcodes.items()
        if name in before.opcodes and before.opcodes[name] != count
    ]


def _minor(python: str) -> str:
    """3.11 of `3.11.7 (CPython, …)`."""
    return ".".join(python.split(".")[:2])


def ratio_changes(before: Mapping[str, float], now: Mapping[str, float]) -> list[Change]:
    """Every ratio that is over its tolerance."""
    return [
        Change(step=name, figure="pieces of a loop", before=before[name], now=ratio)
        for name, ratio in now.items()
        if name in before and ratio > before[name] * TOLERANCE
    ]


def table(measured: Measured) -> str:
    """All figures, for whoever reads the log of a run."""
    counted = [f"{name}: {count} {INSTRUCTIONS}" for name, count in measured.opcodes.items()]
    return "\n".join([*_lines(measured.counts), *counted, *_ratios(measured.cpu.items())])


def _lines(counts: Mapping[str, Step]) -> Iterator[str]:
    for name, step in counts.items():
        yield (
            f"{name}: {step.round_trips:g} round trips, {step.fsyncs:g} syncs,"
            f" {step.wal_records:g} records and {step.wal_bytes:.10g} bytes of the log"
        )


def _ratios(cpu: Iterable[tuple[str, float]]) -> Iterator[str]:
    for name, ratio in cpu:
        yield f"{name}: a sale costs {ratio:.1f} pieces of the calibration loop"


def _where(before: Step, now: Step) -> str:
    """Which tables and indexes have another number of records, the most first."""
    names = {*before.log, *now.log}
    apart = {name: now.log.get(name, 0) - before.log.get(name, 0) for name in names}
    moved = sorted((n for n in names if apart[n]), key=lambda n: (-abs(apart[n]), n))
    more = [f"and {len(moved) - _SHOWN} more"] if len(moved) > _SHOWN else []
    return ", ".join([*(f"{name} {apart[name]:+g}" for name in moved[:_SHOWN]), *more])
