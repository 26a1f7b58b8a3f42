"""Acting on many, for every command that does: shown first, done when what was shown is said again.

What would move is told by status, as a count and in reais, and by a token that names each cashback
as it stands. It is done with `--expect COUNT:AMOUNT:TOKEN`, just that which was shown: as many,
worth as much, may be others, or have been sent once more since. At a terminal, with `--as` and what
else an act asks for, the count is asked for and typed, and means just what was shown above it.
"""

from __future__ import annotations

import re
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from cashback_core.values.money import format_centavos
from cashback_gateway.commands.readers import read_by
from cashback_gateway.commands.tables import TableColumn, show_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cashback_core.delivery.states import Status

_FIGURES: Final = re.compile(r"([0-9]{1,9}):([0-9]{1,13})\.([0-9]{2}):([0-9a-f]{8})\Z", re.ASCII)
_TOTALS: Final = (
    TableColumn("from"),
    TableColumn("to"),
    TableColumn("count", right=True),
    TableColumn("cashback", right=True),
)


@dataclass(frozen=True, slots=True)
class ShownFigures:
    """What was shown: how many cashbacks move, what they are worth, and the token of just these.

    Written as `136:912.40:3fa1c2d0`.
    """

    count: int
    centavos: int
    token: str

    def __str__(self) -> str:
        return f"{self.count}:{format_centavos(self.centavos)}:{self.token}"

    def refusal(self, shown: ShownFigures) -> str:
        """Why nothing is done by these figures where others are shown by now."""
        if (self.count, self.centavos) == (shown.count, shown.centavos):
            return "nothing was done: it is not just what was shown, some have moved; look again"
        now = f"{shown.count} worth {format_centavos(shown.centavos)}"
        return f"nothing was done: now it is {now} that would move"


def read_figures(text: str) -> ShownFigures:
    """ShownFigures as they were shown. Raises ValueError."""
    found = _FIGURES.match(text)
    if found is None:
        raise ValueError("not COUNT:AMOUNT:TOKEN as it was shown, such as 136:912.40:3fa1c2d0")
    count, reais, centavos = map(int, found.groups()[:3])
    return ShownFigures(count, reais * 100 + centavos, found[4])


Expected = Annotated[
    ShownFigures,
    read_by(read_figures, "what was shown, COUNT:AMOUNT:TOKEN: does just that"),
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
    """Ask for the count that was shown; anything else is no. Ctrl-C raises KeyboardInterrupt."""
    print(f"Type {figures.count} to do it, anything else to leave it: ", end="", flush=True)
    # The loop's own handler would only note it: nothing runs there while a line is waited for.
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return sys.stdin.readline().strip() == str(figures.count)
    finally:
        signal.signal(signal.SIGINT, former)
