"""Acting on many, for every command that does: shown first, done when what was shown is said again.

What would move is told by status, as a count and in reais. It is done with `--expect COUNT:AMOUNT`,
the figures that were shown: a count alone is soon that of others. At a terminal, with `--as` and
what else an act asks for, the count is asked for and typed.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from cashback_core.values.money import format_centavos
from cashback_gateway.commands.readers import read_by
from cashback_gateway.commands.tables import TableColumn, show_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cashback_core.delivery.states import Status

_FIGURES: Final = re.compile(r"([0-9]{1,9}):([0-9]{1,13})\.([0-9]{2})\Z", re.ASCII)
_TOTALS: Final = (
    TableColumn("from"),
    TableColumn("to"),
    TableColumn("count", right=True),
    TableColumn("cashback", right=True),
)


@dataclass(frozen=True, slots=True)
class ShownFigures:
    """How many cashbacks move, and what they are worth; written as `136:912.40`."""

    count: int
    centavos: int

    def __str__(self) -> str:
        return f"{self.count}:{format_centavos(self.centavos)}"


def read_figures(text: str) -> ShownFigures:
    """ShownFigures as they were shown. Raises ValueError."""
    found = _FIGURES.match(text)
    if found is None:
        raise ValueError("not COUNT:AMOUNT as it was shown, such as 136:912.40")
    count, reais, centavos = map(int, found.groups())
    return ShownFigures(count, reais * 100 + centavos)


Expected = Annotated[
    ShownFigures,
    read_by(read_figures, "what was shown, COUNT:AMOUNT (136:912.40): does it"),
]


def totals_record(from_: Status, to: Status, count: int, centavos: int) -> dict[str, object]:
    """How many go from one status to another, as a table and JSON tell it."""
    return {"from": from_, "to": to, "count": count, "cashback": format_centavos(centavos)}


def show_totals(totals: Iterable[dict[str, object]]) -> None:
    """Print them, unless there are none."""
    if records := [*totals]:
        show_table(_TOTALS, records)


def may_ask() -> bool:
    """Whether a person is there to be asked, and sees what is asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def is_typed(figures: ShownFigures) -> bool:
    """Ask for the count that was shown; anything else is no."""
    print(f"Type {figures.count} to do it, anything else to leave it: ", end="", flush=True)
    return sys.stdin.readline().strip() == str(figures.count)
