"""A longer past is a shorter one with more behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cashback_core.values.documents import Cpf
from volume.filling import COPIES, TABLES, Known, rows_of
from volume.past import APART, LINES_A_SALE, RECENT, REGULARS, past_sale, sale_count

NEWEST = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
NUMBERS = st.integers(1, 10_000_000)


@given(number=NUMBERS)
def test_a_sale_follows_from_its_number_alone(number: int) -> None:
    sale = past_sale(number, NEWEST)
    assert sale == past_sale(number, NEWEST)
    assert Cpf(sale.document)
    made_at = datetime.fromtimestamp((UUID(sale.id).int >> 80) / 1000, UTC)
    assert abs(made_at - (NEWEST - (number - 1) * APART)) < timedelta(milliseconds=2)
    assert UUID(sale.id).version == 7
    assert datetime.fromisoformat(sale.sold_at) < datetime.fromisoformat(sale.accepted_at)


@given(number=NUMBERS)
def test_every_row_has_its_columns_and_the_lines_add_up(number: int) -> None:
    rows: dict[str, list[str]] = {table: [] for table in TABLES}
    rows_of(past_sale(number, NEWEST), rows, sales=10_000_000, known=Known())
    for table, told in rows.items():
        for line in "".join(told).splitlines():
            assert line.count("\t") == COPIES[table].count(",")
    lines = [row.rstrip("\n").split("\t") for row in rows["sale_lines"]]
    (sale,) = (row.split("\t") for row in rows["sales"])
    (cashback,) = (row.split("\t") for row in rows["cashbacks"])
    assert int(sale[7]) == sum(int(line[6]) for line in lines)
    assert int(cashback[5]) == sum(int(line[11]) for line in lines) > 0


def test_open_ones_and_regulars_are_recent_and_lines_are_three_on_average() -> None:
    sales = [past_sale(number, NEWEST) for number in range(1, RECENT + 10_001)]
    older = sales[RECENT:]
    assert {sale.status for sale in older} == {"applied"}
    assert min(sale.buyer for sale in older) >= REGULARS
    assert {sale.status for sale in sales} == {"applied", "held", "in_doubt", "pending", "sending"}
    assert sum(len(sale.lines) for sale in sales) / len(sales) == LINES_A_SALE
    assert len({sale.id for sale in sales} | {sale.key for sale in sales}) == 2 * len(sales)


def test_every_past_begins_alike() -> None:
    """Whose feed is read from its start reads past as many changes of others in each."""

    def begins(lines: int) -> list[tuple[str, ...]]:
        rows: dict[str, list[str]] = {table: [] for table in TABLES}
        sales = sale_count(lines)
        for back in range(1_000):
            rows_of(past_sale(sales - back, NEWEST), rows, sales=sales, known=Known())
        told = [row.split("\t") for row in rows["sales"]]
        columns = [COPIES["sales"].split(", ").index(c) for c in ("merchant_id", "submitted_by")]
        return [tuple(row[column] for column in columns) for row in told]

    assert begins(100_000) == begins(1_000_000) == begins(10_000_000)
