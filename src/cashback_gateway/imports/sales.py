"""Sales made of a file's lines: in CSV the lines that follow one another with one number."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from cashback_core.sales.sale import MAX_LINES
from cashback_core.values.violations import show
from cashback_gateway.imports.cells import CellError, read_cell
from cashback_gateway.imports.lines import Fault, FileRow, rows, text_lines
from cashback_gateway.imports.profile import METADATA, PRODUCT, ProfileError
from cashback_gateway.imports.strict_json import NotJsonLineError, decode_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cashback_gateway.imports.profile import Profile

MAX_SALE_BYTES: Final = 256 * 1024
"""As the body of a request has."""

_LINE_BYTES: Final = 200
_CUSTOMER: Final = "customer."
_NAMES: Final = ("sale_id", "idempotency_key", "store")
KEY: Final = "idempotency_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSale:
    """A sale of a file: where it stands, what it tells; with `faults` it is not to be taken.

    `lines` are those of its products, `columns` the columns of its fields.
    """

    line: int
    last_line: int
    lines: tuple[int, ...] = ()
    size: int = 0
    """About so many bytes."""
    document: object = field(default=None, repr=False)
    key: str | None = None
    columns: dict[str, str] = field(default_factory=dict[str, str])
    faults: tuple[Fault, ...] = ()

    @property
    def sale_id(self) -> str | None:
        """Its own number, if it tells one."""
        if not isinstance(self.document, dict):
            return None
        sale_id = cast("dict[str, object]", self.document).get("sale_id")
        return sale_id if isinstance(sale_id, str) else None

    @property
    def is_nameless(self) -> bool:
        """Whether it has neither number nor key of its own."""
        return self.key is None and self.sale_id is None

    @property
    def raw(self) -> bytes:
        """Its bytes: of the same sale always the same."""
        told = json.dumps(self.document, ensure_ascii=False, separators=(",", ":"), default=str)
        return told.encode("utf-8", errors="replace")

    def place_of(self, pointer: str) -> tuple[int, str | None]:
        """The line and the column of what a JSON pointer into the sale names."""
        parts = pointer.removeprefix("/").split("/")
        if parts[0] != "products":
            return self.line, self.columns.get(".".join(parts), pointer or None)
        number = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
        line = self.lines[number] if number < len(self.lines) else self.line
        return line, self.columns.get(f"{PRODUCT}{'.'.join(parts[2:])}", pointer)


def sales_of(file: BinaryIO, profile: Profile) -> Iterator[FileSale]:
    """Every sale of a file, in order. Raises ProfileError and UnreadableFileError."""
    if not profile.is_csv:
        yield from _json_sales(file, profile)
        return
    records = rows(text_lines(file, profile.encoding), profile.delimiter)
    header = next(records, None)
    if header is None:
        raise ProfileError("the file is empty")
    if isinstance(header, Fault):
        raise ProfileError(f"line {header.line}, the columns' names: {header.reason}")
    yield from _Csv(profile, header.cells, profile.placed(header.cells)).sales(records)


def of_history(sales: Iterable[FileSale]) -> Iterator[FileSale]:
    """The same; one that no repeat would be known by has a fault that says so."""
    reason = (
        "history needs the sale_id or key that its ERP will send, or that is paid again;"
        " where it is never sent: --nameless"
    )
    for sale in sales:
        if sale.faults or not sale.is_nameless:
            yield sale
        else:
            fault = Fault(line=sale.line, code="history_without_name", reason=reason)
            yield replace(sale, faults=(fault,))


def _json_sales(file: BinaryIO, profile: Profile) -> Iterator[FileSale]:
    for line in text_lines(file, profile.encoding):
        if isinstance(line, Fault):
            yield FileSale(line=line.line, last_line=line.line, faults=(line,))
            continue
        number = line.line
        try:
            document: object = decode_line(line.text)
        except NotJsonLineError as error:
            fault = Fault(line=number, code="not_json", reason=str(error))
            yield FileSale(line=number, last_line=number, faults=(fault,))
            continue
        key = _key_beside(document)
        faults = () if key is None or isinstance(key, str) else (_not_a_key(number),)
        yield FileSale(
            line=number,
            last_line=number,
            size=len(line.text),
            document=document,
            key=key if isinstance(key, str) else None,
            faults=faults,
        )


def _key_beside(document: object) -> object:
    """What stands beside a sale's fields as its key; it is none of them."""
    return (
        cast("dict[str, object]", document).pop(KEY, None) if isinstance(document, dict) else None
    )


def _not_a_key(line: int) -> Fault:
    return Fault(line=line, column=KEY, code="key", reason="a key is a text")


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
class _Csv:
    profile: Profile
    header: tuple[str, ...]
    placed: dict[str, tuple[int, str]]

    def sales(self, records: Iterator[FileRow | Fault]) -> Iterator[FileSale]:
        open_: _Open | None = None
        unread: Fault | None = None
        for record in records:
            row = self._fitting(record)
            if isinstance(row, Fault):
                yield FileSale(line=row.line, last_line=row.line, faults=(row,))
                unread = row
                continue
            faults: list[Fault] = []
            told = self._read(row, faults)
            if open_ is None or not open_.goes_on_with(told):
                if open_ is not None:
                    yield self._sale(open_)
                open_ = _Open(line=row.line, last_line=row.last_line, told=_of_sale(told))
            else:
                faults += self._contradictions(open_, told, row.line)
                if unread is not None:
                    faults.append(_incomplete(row.line, unread))
            unread = None
            self._add(open_, row, told, faults)
        if open_ is not None:
            yield self._sale(open_)

    def _fitting(self, record: FileRow | Fault) -> FileRow | Fault:
        if isinstance(record, Fault) or len(record.cells) == len(self.header):
            return record
        reason = f"it has {len(record.cells)} columns and not {len(self.header)}"
        return Fault(line=record.line, code="columns_count", reason=reason)

    def _read(self, row: FileRow, faults: list[Fault]) -> dict[str, str]:
        told = dict(self.profile.constants)
        for name, (place, column) in self.placed.items():
            text = row.cells[place].strip()
            if not text:
                continue
            try:
                told[name] = read_cell(self.profile, name, text)
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
        return FileSale(
            line=open_.line,
            last_line=open_.last_line,
            lines=tuple(open_.lines),
            size=_LINE_BYTES * len(open_.lines),
            document=document,
            key=open_.told.get(KEY),
            columns={name: column for name, (_, column) in self.placed.items()},
            faults=tuple(open_.faults),
        )


def _of_sale(told: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in told.items() if not name.startswith(PRODUCT)}


def _incomplete(line: int, unread: Fault) -> Fault:
    reason = f"line {unread.line} cannot be read, and stands between lines of this sale"
    return Fault(line=line, code="incomplete", reason=reason)
