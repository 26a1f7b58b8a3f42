"""Loading a retailer's past by COPY, oldest first, as it would have grown, with progress.

Rows go into tables with all their indexes, in the order of time: what is random in an index while
sales come in is random in it here. Triggers and foreign keys look away (`replica`), CHECKs do not.
"""

from __future__ import annotations

import time
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import psycopg

from volume.found import FOUND, fill_found
from volume.past import BUYERS, GROUPS, cpf, past_sale, sale_count

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from volume.past import PastSale

CHUNK: Final = 10_000
"""Sales of one transaction."""

SALES_A_POSITION: Final = 8
"""How many sales shared a transaction, and so a position in the feed."""

COPIES: Final[dict[str, str]] = {
    "customers": "merchant_id, document, customer_id, name, created_at, updated_at",
    "sales": (
        "merchant_id, cashback_id, sale_id, idempotency_key, sold_at, document, name,"
        " total_centavos, discount_centavos, rounding, exact, raw_body, accepted_at, submitted_by,"
        " store"
    ),
    "sale_lines": (
        "merchant_id, cashback_id, position, type, value_e10, qty_e4, amount_centavos,"
        " discount_centavos, rate_bp, rate_version, exact, cashback_centavos"
    ),
    "sale_names": "merchant_id, kind, name, cashback_id",
    "cashbacks": (
        "merchant_id, cashback_id, status, version, attempt, cashback_centavos, accepted_at,"
        " open_since_at, due_at, lease_until_at, applied_at"
    ),
    "attempts": (
        "merchant_id, cashback_id, attempt, deliverer, started_at, lease_until_at, ended_at,"
        " result, phase, reason, status_code, body, provider_id, elapsed_s"
    ),
    "events": (
        "merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt, reason,"
        " position"
    ),
    "audit": "at, merchant_id, actor, login, action, resource, key, before, after",
    "refused_equals": "merchant_id, refusal_id, at, cashback_id, sold_at",
    "statement_incidents": (
        "incident_id, class, merchant_id, cashback_id, document, centavos, line_key, nth, why,"
        " opened_at, statement_at, closed_at, closed_why"
    ),
}
"""The columns of each table, in the order of its rows."""

TABLES: Final = tuple(COPIES)
_NULL: Final = "\\N"
_RESULTS: Final = {
    "applied": "applied", "held": "own_error", "in_doubt": "unknown", "pending": "refused_for_now",
}  # fmt: skip
_ANSWER: Final = "\\\\x" + b'{"id":"NaN","message":"Cashback criado com sucesso!"}'.hex()

_LONG_AGO: Final = "2020-01-01T00:00:00Z"
_STRANGER: Final = "70008" + 15 * "0"

Rows = dict[str, list[str]]


@dataclass(slots=True)
class Known:
    """Who has bought before: a byte for each buyer of each merchant."""

    seen: dict[int, bytearray] = field(default_factory=dict[int, bytearray])

    def is_new(self, merchant_id: int, buyer: int) -> bool:
        """Whether somebody comes for the first time; they are known from here on."""
        seen = self.seen.setdefault(merchant_id, bytearray(BUYERS))
        if seen[buyer]:
            return False
        seen[buyer] = 1
        return True


def fill(
    dsn: str, *, lines: int, customers: int, newest_at: datetime, tell: Callable[[str], None]
) -> None:
    """Load so many sale lines, and customers up to so many, into a migrated database; ANALYZE.

    As its superuser. Merchants 1 and 2 must be there with the demo's rates.
    """
    sales = sale_count(lines)
    known = Known()
    begun_s = time.monotonic()
    with psycopg.connect(dsn) as connection:
        connection.execute("set session_replication_role = replica")
        factors = _fill_pages(connection)
        for first in range(sales, 0, -CHUNK):
            rows: Rows = {table: [] for table in TABLES}
            for number in range(first, max(first - CHUNK, 0), -1):
                rows_of(past_sale(number, newest_at), rows, sales=sales, known=known)
            _copy(connection, rows)
            connection.commit()
            done = min(sales, sales - first + CHUNK)
            spent_s = time.monotonic() - begun_s
            tell(
                f"{done:,} of {sales:,} sales, {done / spent_s:,.0f} a second,"
                f" {spent_s / done * (sales - done):,.0f} s left"
            )
        _fill_customers(connection, customers, known)
        fill_found(connection, sales=sales, newest_at=newest_at)
        _leave_room(connection, factors)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select renew_feed(true)")
        # VACUUM as autovacuum would have: without it nothing is known to be visible to all.
        connection.execute(f"vacuum (analyze) {', '.join((*TABLES, *FOUND))}".encode())
        connection.execute("checkpoint")
    tell(f"{sales:,} sales in {time.monotonic() - begun_s:,.0f} s")


def _fill_pages(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Rows come as they are in the end, so no room is left for it; what room tables leave.

    A loaded page with room would draw the first new row to it, and each of these would be a page
    of the log.
    """
    found = connection.execute(
        "select relname, option_value from pg_class"
        " cross join pg_options_to_table(reloptions)"
        " where relname = any(%s) and option_name = 'fillfactor'",
        [list(TABLES)],
    )
    factors: dict[str, str] = dict(found.fetchall())
    for table in factors:
        connection.execute(f"alter table {table} set (fillfactor = 100)".encode())
    # Sales differ in length. Row by row each goes where there is room for it, as they come.
    connection.execute("create temporary table staged (like sales including defaults)")
    return factors


def _leave_room(connection: psycopg.Connection[Any], factors: dict[str, str]) -> None:
    for table, factor in factors.items():
        connection.execute(f"alter table {table} set (fillfactor = {factor})".encode())
    connection.commit()


def _copy(connection: psycopg.Connection[Any], rows: Rows) -> None:
    with connection.cursor() as cursor:
        for table, columns in COPIES.items():
            if rows[table]:
                into = "staged" if table == "sales" else table
                with cursor.copy(f"copy {into} ({columns}) from stdin".encode()) as copy:
                    copy.write("".join(rows[table]))
        columns = COPIES["sales"]
        cursor.execute(f"insert into sales ({columns}) select {columns} from staged".encode())
        cursor.execute("truncate staged")


def _fill_customers(connection: psycopg.Connection[Any], count: int, known: Known) -> None:
    """Customers who never bought, until merchant 1 has so many, or all that there are."""
    missing = count - sum(known.seen[1])
    strangers = (buyer for buyer in range(BUYERS) if known.is_new(1, buyer))
    statement = f"copy customers ({COPIES['customers']}) from stdin".encode()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for buyer in islice(strangers, max(0, missing)):
            document = cpf(buyer)
            # They came before all others, one after the other.
            copy.write(_customer(1, document, f"0000{buyer:08x}{_STRANGER}", _LONG_AGO))
    connection.commit()


def _uuid(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]


def _customer(merchant_id: int, document: str, id_: str, at: str) -> str:
    return f"{merchant_id}\t{document}\t{id_}\tCliente de Teste\t{at}\t{at}\n"


def rows_of(sale: PastSale, rows: Rows, *, sales: int, known: Known) -> None:
    """Add the rows of one of so many sales, as texts that COPY reads."""
    m, c, at = sale.merchant_id, sale.id, sale.accepted_at
    earns = sum(line.earns for line in sale.lines)
    total = sum(line.centavos for line in sale.lines)
    if known.is_new(m, sale.buyer):
        rows["customers"].append(_customer(m, sale.document, f"{c[:20]}{c[:-13:-1]}", at))
    rows["sales"].append(
        f"{m}\t{c}\tnf-{sale.number}\t{sale.key}\t{sale.sold_at}\t{sale.document}"
        f"\tCliente de Teste\t{total}\t0\thalf_even\t{earns // 100}.{earns % 100:02d}"
        f"\t\\\\x{sale.raw_body.encode().hex()}\t{at}\tclient:cli_{sale.number % GROUPS}"
        f"\t{sale.number % 10}\n"
    )
    rows["sale_lines"].extend(
        f"{m}\t{c}\t{place}\t{line.row}\n" for place, line in enumerate(sale.lines)
    )
    content = b64encode(sha256(sale.key.encode()).digest()[:24]).decode()
    rows["sale_names"].append(
        f"{m}\tidempotency_key\t{sale.key}\t{c}\n{m}\tsale_id\tnf-{sale.number}\t{c}\n"
        f"{m}\tcontent\t{content}\t{c}\n"
    )
    _delivery_rows(sale, rows, earns=earns, position=1 + (sales - sale.number) // SALES_A_POSITION)
    _rare_rows(sale, rows)


def _delivery_rows(sale: PastSale, rows: Rows, *, earns: int, position: int) -> None:
    m, c, at, paid_at = sale.merchant_id, sale.id, sale.accepted_at, sale.paid_at
    status, ended = sale.status, sale.status != "sending"
    rows["cashbacks"].append(
        f"{m}\t{c}\t{status}\t{3 if ended else 2}\t1\t{earns}\t{at}\t{at}"
        f"\t{paid_at if status == 'pending' else _NULL}\t{_NULL if ended else paid_at}"
        f"\t{paid_at if status == 'applied' else _NULL}\n"
    )
    if ended:
        answer = (
            f"status_seen\tstatus 201\t201\t{_ANSWER}\tNaN"
            if status == "applied"
            else f"sent\tno answer\t{_NULL}\t{_NULL}\t{_NULL}"
        )
        rows["attempts"].append(
            f"{m}\t{c}\t1\tapi\t{at}\t{paid_at}\t{paid_at}\t{_RESULTS[status]}\t{answer}\t0.01\n"
        )
    else:
        rows["attempts"].append(f"{m}\t{c}\t1\tapi\t{at}\t{paid_at}" + f"\t{_NULL}" * 8 + "\n")
    events = (
        f"{m}\t{c}\t1\t{at}\tapi\t{_NULL}\tpending\t0\taccepted\t{position}\n"
        f"{m}\t{c}\t2\t{at}\tapi\tpending\tsending\t1\tfirst attempt\t{position}\n"
    )
    if ended:
        events += f"{m}\t{c}\t3\t{paid_at}\tapi\tsending\t{status}\t1\tstatus 201\t{position + 1}\n"
    rows["events"].append(events)


def _rare_rows(sale: PastSale, rows: Rows) -> None:
    """What there is of one sale in some hundreds: administration, refusals, incidents."""
    m, c, at, number = sale.merchant_id, sale.id, sale.accepted_at, sale.number
    if number % 20 == 10:
        actor = f"user:{number // 20 % 20}"
        rows["audit"].append(
            f"{at}\t{m}\t{actor}\tcashback\tupdate\tproducts\tsku-{number % 5_000}"
            '\t{"name": "before"}\t{"name": "after"}\n'
        )
    if number % 500 == 250:
        rows["refused_equals"].append(f"{m}\t{_uuid(c)}\t{at}\t{c}\t{sale.sold_at}\n")
    if number % 5_000 == 1:
        closed = f"{at}\tcovered" if number > RECENT_INCIDENTS else f"{_NULL}\t{_NULL}"
        rows["statement_incidents"].append(
            f"{_uuid(c)}\taltered\t{m}\t{c}\t{sale.document}\t500\tline {number}\t1\tanother amount"
            f"\t{at}\t{at}\t{closed}\n"
        )


RECENT_INCIDENTS: Final = 25_000
"""Incidents of older sales are closed."""
