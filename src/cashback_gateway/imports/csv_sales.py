"""The sales of a CSV file: of the lines that follow one another with one number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from adapters.files.cells import CellError, PlainCell, read_cell
from adapters.files.lines import Fault, FileRow
from adapters.files.records import CUT
from cashback_core.sales.sale import MAX_LINES
from cashback_core.values.violations import show
from cashback_gateway.imports.file_sale import KEY, FileSale, faults_of_key
from cashback_gateway.imports.profile import METADATA, PRODUCT, is_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.files.profile import Profile

_LINE_BYTES: Final = 200
_CUSTOMER: Final = "customer."
_NAMES: Final = ("sale_id", KEY, "store")


@dataclass(slots=True)
class _Open:
    """A sale whose lines are being read."""

    line: int
    last_line: int
    told: dict[str, str]
    products: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    lines: list[int] = field(default_factory=list[int])
    faults: list[Fault] = field(default_factory=list[Fault])

    @property
    def names(self) -> tuple[str | None, ...]:
        return tuple(self.told.get(name) for name in _NAMES)

    def goes_on_with(self, told: dict[str, str]) -> bool:
        names = tuple(told.get(name) for name in _NAMES)
        return names == self.names and names[:2] != (None, None)


@dataclass(slots=True)
class CsvSales:
    """Makes sales of records; `placed` is where each field is in them."""

    profile: Profile
    header: tuple[str, ...]
    placed: dict[str, tuple[int, str]]

    def sales(self, records: Iterator[FileRow | Fault]) -> Iterator[FileSale]:
        """Every sale, in order; what is not read comes as one with its fault."""
        open_: _Open | None = None
        unread: FileRow | Fault | None = None
        for record in records:
            fault = self._fault_of(record)
            if fault is not None:
                if open_ is not None and self._may_be_of(open_, record):
                    open_.faults.append(_incomplete(record.line, record))
                yield self._unread(record, fault)
                unread = record
                continue
            assert isinstance(record, FileRow)
            faults: list[Fault] = []
            told = self._read(record, faults)
            if open_ is None or not open_.goes_on_with(told):
                if open_ is not None:
                    yield self._sale(open_)
                open_ = _Open(line=record.line, last_line=record.last_line, told=_of_sale(told))
                if unread is not None and self._may_be_of(open_, unread):
                    faults.append(_incomplete(record.line, unread))
            else:
                faults += self._contradictions(open_, told, record.line)
                if unread is not None:
                    faults.append(_incomplete(record.line, unread))
            unread = None
            self._add(open_, record, told, faults)
        if open_ is not None:
            yield self._sale(open_)

    def _fault_of(self, record: FileRow | Fault) -> Fault | None:
        """Why a record is nobody's line: its last cell may be cut, its cells another column's."""
        if isinstance(record, Fault):
            return record
        if not record.ended:
            return Fault(line=record.line, code="no_line_end", reason=CUT)
        if len(record.cells) == len(self.header):
            return None
        reason = f"it has {len(record.cells)} columns and not {len(self.header)}"
        return Fault(line=record.line, code="columns_count", reason=reason)

    def _unread(self, record: FileRow | Fault, fault: Fault) -> FileSale:
        """What is told of such a record: its number, too, where it seems to have one."""
        told = self._read(record, []) if isinstance(record, FileRow) else {}
        number = {"sale_id": told["sale_id"]} if "sale_id" in told else None
        return FileSale(line=fault.line, last_line=fault.line, document=number, faults=(fault,))

    def _may_be_of(self, open_: _Open, unread: FileRow | Fault) -> bool:
        """Whether a line that is not read seems to be one of this sale.

        Of a file's end whatever does not say otherwise; of any other what has the sale's name.
        """
        if open_.names[:2] == (None, None):
            return False
        if isinstance(unread, Fault):
            return not unread.ended
        told = self._read(unread, [])
        last = len(unread.cells) - 1
        for name, (place, _) in self.placed.items():
            if name.startswith(PRODUCT) or (unread.ended and name not in _NAMES):
                continue
            own, theirs = told.get(name, ""), open_.told.get(name, "")
            if unread.ended or place < last:
                if own != theirs:
                    return False
            elif place == last and is_text(name) and not theirs.startswith(own):
                return False
        return True

    def _read(self, row: FileRow, faults: list[Fault]) -> dict[str, str]:
        told = dict(self.profile.constants)
        for name, (place, column) in self.placed.items():
            cell = row.cells[place] if place < len(row.cells) else ""
            text = cell if isinstance(cell, PlainCell) else cell.strip()
            if not text:
                continue
            try:
                told[name] = str(read_cell(self.profile, name, text))
            except CellError as error:
                told[name] = text
                faults.append(
                    Fault(
                        line=row.line,
                        column=column,
                        code="cell",
                        reason=f"expected {error}",
                        received=show(text),
                    )
                )
        return told

    def _contradictions(self, open_: _Open, told: dict[str, str], line: int) -> list[Fault]:
        found: list[Fault] = []
        own = _of_sale(told)
        for name in sorted(own.keys() | open_.told.keys()):
            if own.get(name) != open_.told.get(name):
                _, column = self.placed.get(name, (0, name))
                reason = f"it is another than in line {open_.line}, of the same sale"
                found.append(Fault(line=line, column=column, code="contradiction", reason=reason))
        return found

    def _add(self, open_: _Open, row: FileRow, told: dict[str, str], faults: list[Fault]) -> None:
        open_.last_line = row.last_line
        if len(open_.lines) > MAX_LINES:  # told by its count; no more is kept of it
            return
        open_.faults += faults
        open_.lines.append(row.line)
        open_.products.append(
            {
                name.removeprefix(PRODUCT): text
                for name, text in told.items()
                if name.startswith(PRODUCT)
            }
        )

    def _sale(self, open_: _Open) -> FileSale:
        buyer = {
            name.removeprefix(_CUSTOMER): text
            for name, text in open_.told.items()
            if name.startswith(_CUSTOMER)
        }
        # A type alone, told for all, makes nobody somebody.
        document: dict[str, Any] = {"customer": buyer if buyer.keys() - {"document_type"} else None}
        for name, text in open_.told.items():
            if name.startswith(METADATA):
                document.setdefault("metadata", {})[name.removeprefix(METADATA)] = text
            elif name != KEY and not name.startswith(_CUSTOMER):
                document[name] = text
        document["products"] = open_.products
        key, (_, column) = open_.told.get(KEY), self.placed.get(KEY, (0, KEY))
        if key is not None:
            open_.faults += faults_of_key(key, line=open_.line, column=column)
        return FileSale(
            line=open_.line,
            last_line=open_.last_line,
            lines=tuple(open_.lines),
            size=_LINE_BYTES * len(open_.lines),
            document=document,
            key=key,
            columns={name: column for name, (_, column) in self.placed.items()},
            faults=tuple(open_.faults),
        )


def _of_sale(told: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in told.items() if not name.startswith(PRODUCT)}


def _incomplete(line: int, unread: FileRow | Fault) -> Fault:
    reason = f"line {unread.line} cannot be read, and seems to be of this sale"
    return Fault(line=line, code="incomplete", reason=reason)
