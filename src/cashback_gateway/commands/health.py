"""One line of `doctor`: what was looked at, what was found, what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Level(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line: what was looked at, what was found, and what to do about it."""

    level: Level
    name: str
    found: str
    advice: str = ""

    def __str__(self) -> str:
        advice = f"; {self.advice}" if self.advice else ""
        return f"{self.level:4}  {self.name}: {self.found}{advice}"


def minutes_words(seconds: float) -> str:
    """A time in minutes, or in seconds."""
    return f"{seconds // 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


def lasting(span: timedelta) -> str:
    """A time in whole seconds."""
    return str(timedelta(seconds=int(span.total_seconds())))
