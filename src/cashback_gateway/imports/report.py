"""What became of a file's sales: a count of each, and a line for whatever was not taken."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, TextIO, assert_never

from adapters.files.lines import Fault
from cashback_core.delivery.states import Status
from cashback_core.intake.batch import NotTaken
from cashback_core.intake.submission import (
    ContentKnown,
    KeyReused,
    Recorded,
    Replayed,
    SaleIdTaken,
)
from cashback_core.values.violations import InvalidSale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cashback_core.delivery.record import Record
    from cashback_core.intake.submission import Submitted
    from cashback_core.sales.content import Difference
    from cashback_gateway.imports.file_sale import FileSale

COLUMNS: Final = ("line", "column", "sale_id", "code", "reason", "received")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(slots=True, kw_only=True)
class ImportTally:
    """How many sales there were of each outcome.

    `known` came before, as what the file brings now. Those of `already_live` came before, live,
    and the file brings history; those of `is_history` are history, and the file is live.
    """

    taken: int = 0
    known: int = 0
    refused: int = 0
    already_live: int = 0
    is_history: int = 0

    @property
    def all(self) -> int:
        """How many there were."""
        return self.taken + self.known + self.untaken

    @property
    def untaken(self) -> int:
        """How many are not what the file says of them; the report tells each."""
        return self.refused + self.already_live + self.is_history

    @property
    def words(self) -> str:
        """For a person."""
        told = f"{self.taken} taken, {self.known} known before, {self.refused} refused"
        if self.already_live:
            told += f", {self.already_live} live already"
        return f"{told}, {self.is_history} history already" if self.is_history else told

    def as_told(self) -> dict[str, int]:
        """For a program."""
        return asdict(self)


class Report:
    """A CSV file, which is written line by line: a run that breaks off has told what it knew."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def tell(self, sale: FileSale, faults: Sequence[Fault]) -> None:
        """Write what is wrong with a sale."""
        for fault in faults:
            told = (fault.line, fault.column, sale.sale_id, fault.code, fault.reason,
                    fault.received)  # fmt: skip
            self._writer.writerow(["" if cell is None else _plain(str(cell)) for cell in told])

    def flush(self) -> None:
        """Hand on what is written."""
        self._file.flush()


def crossed(sale: FileSale, record: Record, *, as_recorded: bool) -> Fault | None:
    """What is told of a sale that came before, the other way; what earned nothing is the same."""
    if as_recorded and record.status not in {Status.RECORDED, Status.NOT_DUE}:
        code, reason = "already_live", f"it came here live, and is {record.status}: no history"
    elif not as_recorded and record.status is Status.RECORDED:
        code, reason = "is_history", "it was brought in as history: nothing is sent for it"
    else:
        return None
    return Fault(line=sale.line, code=code, reason=reason, received=str(record.id))


def _plain(cell: str) -> str:
    """A spreadsheet takes what begins so for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def faults_of(sale: FileSale, outcome: Submitted | NotTaken) -> list[Fault]:
    """Why a sale was not taken, by line and column; nothing where it was, or came before."""
    match outcome:
        case Recorded() | Replayed():
            return []
        case KeyReused(differences):
            return _differing(sale, "idempotency_key_reused", differences)
        case SaleIdTaken(differences):
            return _differing(sale, "sale_id_conflict", differences)
        case ContentKnown(record):
            reason = "a sale of this very content is recorded"
            received = None if record is None else str(record.id)
            code = "sale_already_recorded"
            return [Fault(line=sale.line, code=code, reason=reason, received=received)]
        case NotTaken(InvalidSale() as error):
            return [_violated(sale, v.pointer, v.code, f"{v.detail()} Expected: {v.expected()}.",
                              v.received) for v in error.violations]  # fmt: skip
        case NotTaken(error):
            reason = f"an error of ours: {type(error).__name__}"
            return [Fault(line=sale.line, code="internal_error", reason=reason)]
        case _:
            assert_never(outcome)


def _differing(sale: FileSale, code: str, differences: Sequence[Difference]) -> list[Fault]:
    if not differences:
        return [Fault(line=sale.line, code=code, reason="another sale has this name")]
    return [
        _violated(
            sale,
            difference.pointer,
            code,
            f"the recorded sale of this name has {difference.recorded} here",
            difference.received,
        )
        for difference in differences
    ]


def _violated(sale: FileSale, pointer: str, code: str, reason: str, received: str | None) -> Fault:
    line, column = sale.place_of(pointer)
    return Fault(
        line=line,
        column=column,
        code=code,
        reason=reason,
        received=None if received is None else str(received),
    )
