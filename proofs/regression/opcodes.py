"""What reading and reckoning a sale is to the interpreter: its instructions, counted one by one.

The same on every run and on every machine, whatever the neighbours do; of one version of Python.
What C code does is not seen: that is what the ratios are for.
"""

from __future__ import annotations

import gc
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cashback_core.sales.calculation import calculate
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.validation import parse_sale
from regression.steps import PROGRAMME, document

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_NOW: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_RUNS: Final = 5


def opcodes() -> dict[str, int]:
    """Instructions by what is done; the least of some runs, for caches fill in the first."""
    told, rules = document(1), SaleRules()
    sale = parse_sale(told, rules=rules, now=_NOW)
    return {
        "reading a sale": instructions(lambda: parse_sale(told, rules=rules, now=_NOW)),
        "reckoning a sale": instructions(lambda: calculate(sale, PROGRAMME)),
    }


def instructions(act: Callable[[], object]) -> int:
    """How many one act takes when all that it remembers is remembered.

    Garbage is not collected meanwhile: that runs what others want told of it, and their finalizers.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return min(_once(act) for _ in range(_RUNS))
    finally:
        if collecting:
            gc.enable()


def _once(act: Callable[[], object]) -> int:
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count
