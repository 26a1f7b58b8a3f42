"""Sales made of a file's lines: in CSV the lines that follow one another with one number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from adapters.files.lines import Fault, text_lines
from adapters.files.records import table_of
from adapters.files.strict_json import NotJsonLineError, decode_line
from cashback_gateway.imports.csv_sales import CsvSales
from cashback_gateway.imports.file_sale import KEY, FileSale, faults_of_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adapters.files.profile import Profile

MAX_SALE_BYTES: Final = 256 * 1024
"""As the body of a request has."""


def sales_of(file: BinaryIO, profile: Profile) -> Iterator[FileSale]:
    """Every sale of a file, in order. Raises ProfileError and UnreadableFileError."""
    if profile.form == "jsonl":
        yield from _json_sales(file, profile)
        return
    table = table_of(file, profile)
    yield from CsvSales(profile, table.header, table.placed).sales(table.records)


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
        faults = () if key is None else faults_of_key(key, line=number, column=KEY)
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
