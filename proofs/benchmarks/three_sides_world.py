"""A day of many sales, the file that its ERP sends and the provider's statement of it.

What a sale is follows from its number. Of a hundred some differ on either side; the sums by class
are known beforehand (`Expected`), so that a run which is quick and wrong does not pass.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from benchmarks.sales import cpf
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.three_sides import ErpClass
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import psycopg

DAY: Final = datetime(2026, 11, 28, 3, tzinfo=UTC)
"""When the day began in São Paulo."""

DAY_S: Final = 86_400
UTC_3: Final = timedelta(hours=3)
"""How far behind São Paulo's clocks are: an ERP tells them without an offset."""
BUYERS: Final = 300_000
RATE_BP: Final = 500
UNPAID_EACH: Final = 97
DIFFERS_EACH: Final = 101
NOT_TOLD_EACH: Final = 211
NEVER_ARRIVED_EACH: Final = 307
NOT_CREDITED_EACH: Final = 401
ALTERED_EACH: Final = 503
FOREIGN_EACH: Final = 601


ERP_COLUMNS: Final = (
    "sale_id", "store", "customer.document", "customer.name", "sold_at", "total", "discount",
    "cashback",
)  # fmt: skip
STATEMENT_COLUMNS: Final = ("document", "cashback", "at", "reference")


@dataclass(slots=True)
class Expected:
    """What a run must find, counted while the files are written."""

    erp: Counter[ErpClass] = field(default_factory=Counter["ErpClass"])
    provider: Counter[FindingClass] = field(default_factory=Counter["FindingClass"])
    line_centavos: int = 0
    record_centavos: int = 0
    credit_centavos: int = 0

    @property
    def credit_lines(self) -> int:
        """What the statement has, without what it should have."""
        return self.provider.total() - self.provider[FindingClass.APPLIED_ABSENT]


@dataclass(frozen=True, slots=True)
class DaySale:
    """A sale by its number."""

    number: int
    lines: int

    @property
    def id(self) -> str:
        """As ids are made: ascending, and random behind."""
        made_ms = int(self.sold_at.timestamp() * 1000)
        chance = self.number * 0x9E3779B97F4A7C15 & 0x3FFF_FFFF_FFFF_FFFF
        whole = made_ms << 80 | 0x7 << 76 | (self.number & 0xFFF) << 64 | 0x2 << 62 | chance
        digits = f"{whole:032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    @property
    def sold_at(self) -> datetime:
        """All over the day."""
        return DAY + timedelta(seconds=self.number * DAY_S // self.lines)

    @property
    def document(self) -> str:
        """Its buyer's, of whom there are many."""
        return cpf(1 + self.number % BUYERS)

    @property
    def total_centavos(self) -> int:
        """From 5 to 505 reais."""
        return 500 + self.number * 7919 % 50_000

    @property
    def cashback_centavos(self) -> int:
        """Half to even of five per cent."""
        whole, rest = divmod(self.total_centavos * RATE_BP, 10_000)
        return whole + (rest > 5_000 or (rest == 5_000 and whole % 2 == 1))

    @property
    def is_applied(self) -> bool:
        """Most are."""
        return self.number % UNPAID_EACH != 0


def fill(connection: psycopg.Connection[Any], lines: int) -> None:
    """Load the day's sales by COPY, triggers and foreign keys aside."""
    connection.execute("set session_replication_role = replica")
    for table, columns, rows in (
        ("customers", "merchant_id, document, name", _customers(lines)),
        (
            "sales",
            (
                "merchant_id, cashback_id, sale_id, idempotency_key, sold_at, document, name,"
                " total_centavos, discount_centavos, rounding, exact, raw_body, accepted_at, store"
            ),
            _sales(lines),
        ),
        (
            "sale_lines",
            (
                "merchant_id, cashback_id, position, type, value_e10, qty_e4, amount_centavos,"
                " discount_centavos, rate_bp, rate_version, exact, cashback_centavos"
            ),
            _sale_lines(lines),
        ),
        ("sale_names", "merchant_id, kind, name, cashback_id", _names(lines)),
        (
            "cashbacks",
            (
                "merchant_id, cashback_id, status, version, attempt, cashback_centavos,"
                " accepted_at, open_since_at, applied_at"
            ),
            _cashbacks(lines),
        ),
        (
            "attempts",
            (
                "merchant_id, cashback_id, attempt, deliverer, started_at, lease_until_at,"
                " ended_at, result, phase, status_code"
            ),
            _attempts(lines),
        ),
    ):
        copy_rows(connection, table, columns, rows)
    connection.execute("set session_replication_role = origin")
    connection.commit()


def copy_rows(
    connection: psycopg.Connection[Any], table: str, columns: str, rows: Iterable[str]
) -> None:
    """COPY rows that are texts already."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy {table} ({columns}) from stdin".encode()) as copy,
    ):
        for row in rows:
            copy.write(row)


def _customers(lines: int) -> Iterator[str]:
    return (f"1\t{cpf(1 + n)}\tCliente de Teste\n" for n in range(min(lines + 1, BUYERS)))


def _sales(lines: int) -> Iterator[str]:
    for one in _all(lines):
        at = one.sold_at.isoformat()
        yield (
            f"1\t{one.id}\tnf-{one.number}\t{_key(one)}"
            f"\t{at}\t{one.document}\tCliente de Teste\t{one.total_centavos}\t0\thalf_even"
            f"\t{_exact(one)}\t{{}}\t{at}\t{one.number % 50}\n"
        )


def _key(one: DaySale) -> str:
    return f"key-{one.number * 2654435761 % 2**32:x}-{one.number}"


def _sale_lines(lines: int) -> Iterator[str]:
    for one in _all(lines):
        total = one.total_centavos
        yield (
            f"1\t{one.id}\t0\tA\t{total * 10**8}\t10000\t{total}\t0\t{RATE_BP}\t1\t{_exact(one)}"
            f"\t{one.cashback_centavos}\n"
        )


def _exact(one: DaySale) -> str:
    whole, rest = divmod(one.total_centavos * RATE_BP, 10_000)
    return f"{whole}.{rest:04d}"


def _names(lines: int) -> Iterator[str]:
    for one in _all(lines):
        yield f"1\tsale_id\tnf-{one.number}\t{one.id}\n"
        yield f"1\tidempotency_key\t{_key(one)}\t{one.id}\n"


def _cashbacks(lines: int) -> Iterator[str]:
    for one in _all(lines):
        at = one.sold_at.isoformat()
        status, applied = ("applied", at) if one.is_applied else ("held", "\\N")
        yield f"1\t{one.id}\t{status}\t3\t1\t{one.cashback_centavos}\t{at}\t{at}\t{applied}\n"


def _attempts(lines: int) -> Iterator[str]:
    for one in _all(lines):
        at = one.sold_at.isoformat()
        end = "applied\tstatus_seen\t201" if one.is_applied else "refused\tstatus_seen\t422"
        yield f"1\t{one.id}\t1\tapi\t{at}\t{at}\t{at}\t{end}\n"


def _all(lines: int) -> Iterator[DaySale]:
    return (DaySale(number, lines) for number in range(1, lines + 1))


def write_files(folder: Path, lines: int) -> Expected:
    """The ERP's day file and the provider's statement, and what comparing them must find."""
    expected = Expected()
    with (
        (folder / "erp.csv").open("w", newline="") as erp_file,
        (folder / "statement.csv").open("w", newline="") as statement_file,
    ):
        erp, statement = csv.writer(erp_file), csv.writer(statement_file)
        erp.writerow(ERP_COLUMNS)
        statement.writerow(STATEMENT_COLUMNS)
        for one in _all(lines):
            expected.record_centavos += one.total_centavos
            for row in _erp_rows(one, expected):
                erp.writerow(row)
            for line in _statement_rows(one, expected):
                statement.writerow(line)
    return expected


def _erp_rows(one: DaySale, expected: Expected) -> Iterator[tuple[object, ...]]:
    cashback, number = one.cashback_centavos, one.number
    if number % NOT_TOLD_EACH == 0:
        expected.erp[ErpClass.NOT_TOLD] += 1
        return
    differs = number % DIFFERS_EACH == 0
    expected.erp[ErpClass.DIFFERS if differs else ErpClass.EQUAL] += 1
    rows = [(f"nf-{number}", cashback + differs)]
    if number % NEVER_ARRIVED_EACH == 0:
        expected.erp[ErpClass.NEVER_ARRIVED] += 1
        rows.append((f"lost-{number}", cashback))
    for name, told in rows:
        expected.line_centavos += one.total_centavos
        yield (
            name, one.number % 50, one.document, "Cliente de Teste",
            f"{one.sold_at - UTC_3:%Y-%m-%dT%H:%M:%S}",
            f"{one.total_centavos / 100:.2f}".replace(".", ","), "0,00",
            f"{told / 100:.2f}".replace(".", ","),
        )  # fmt: skip


def _statement_rows(one: DaySale, expected: Expected) -> Iterator[tuple[object, ...]]:
    number, centavos = one.number, one.cashback_centavos
    if number % FOREIGN_EACH == 0:
        expected.provider[FindingClass.UNKNOWN_HERE] += 1
        expected.credit_centavos += 5
        yield cpf(900_000_000 + number), "0,05", format_instant(one.sold_at), f"campaign {number}"
    if not one.is_applied:
        return
    if number % NOT_CREDITED_EACH == 0:
        expected.provider[FindingClass.APPLIED_ABSENT] += 1
        return
    altered = number % ALTERED_EACH == 0
    expected.provider[FindingClass.ALTERED if altered else FindingClass.MATCHED] += 1
    told = centavos + altered
    expected.credit_centavos += told
    yield one.document, f"{told / 100:.2f}".replace(".", ","), format_instant(one.sold_at), one.id
