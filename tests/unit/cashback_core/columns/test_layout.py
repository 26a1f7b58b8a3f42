"""What columns may hold, and what is told of rows that are no sale."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from cashback_core import Programme, Rate, Rounding, SaleRules
from cashback_core.columns import ColumnsRefused, Each, SaleColumns, SaleFault
from cashback_core.columns.batches import in_order, whole_sales
from cashback_core.columns.files import scan_lines
from cashback_core.columns.layout import MAX_COLUMN_CENTAVOS
from cashback_core.sales.sale import MAX_LINES, line_amount
from cashback_core.values.money import MAX_QUANTITY_E4, MAX_VALUE_E10

if TYPE_CHECKING:
    from pathlib import Path

SINCE = datetime(2000, 1, 1, tzinfo=UTC)
AT = datetime(2026, 6, 3, 12, tzinfo=UTC)
PROGRAMME = Programme(
    (
        Rate(type="A", rate_bp=500, version=1, starts_at=SINCE),
        Rate(type="B", rate_bp=100, version=1, starts_at=SINCE),
        Rate(type="B", rate_bp=900, version=2, starts_at=AT),
    )
)
INSTANT = pl.Datetime("us", "UTC")


def line(**told: Any) -> dict[str, Any]:
    given = {"sale": 1, "sold_at": AT, "type": "A", "amount_centavos": 1000}
    return {**given, "total_centavos": 1000, **told}


def frame(*lines: dict[str, Any]) -> pl.DataFrame:
    schema: dict[str, pl.DataType] = {
        "sold_at": INSTANT, "accepted_at": INSTANT, "buyer": pl.String(),
    }  # fmt: skip
    known = {name: dtype for name, dtype in schema.items() if name in lines[0]}
    return pl.DataFrame(list(lines), schema_overrides=known)


def told_of(*lines: dict[str, Any], rules: SaleRules | None = None) -> pl.DataFrame:
    return SaleColumns(PROGRAMME, rules or SaleRules())(frame(*lines), each=Each.SALE).rows


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"amount_centavos": None}, SaleFault.LINE_INVALID),
        ({"amount_centavos": -1, "total_centavos": -1}, SaleFault.LINE_INVALID),
        ({"amount_centavos": MAX_COLUMN_CENTAVOS + 1}, SaleFault.LINE_INVALID),
        ({"discount_centavos": 1001}, SaleFault.LINE_INVALID),
        ({"discount_centavos": -1, "total_centavos": 1001}, SaleFault.LINE_INVALID),
        ({"surcharge_centavos": -1, "total_centavos": 999}, SaleFault.LINE_INVALID),
        ({"sold_at": None}, SaleFault.SALE_INVALID),
        ({"sale": None}, SaleFault.SALE_INVALID),
        ({"buyer": "company"}, SaleFault.SALE_INVALID),
        ({"total_centavos": None}, SaleFault.SALE_INVALID),
        ({"sale_discount_centavos": -1, "total_centavos": 1001}, SaleFault.SALE_INVALID),
        ({"sale_discount_centavos": 1001, "total_centavos": -1}, SaleFault.SALE_INVALID),
        (
            {"sale_discount_centavos": 1001, "sale_surcharge_centavos": 1, "total_centavos": 0},
            SaleFault.SALE_INVALID,
        ),
        ({"sale_surcharge_centavos": -1, "total_centavos": 999}, SaleFault.SALE_INVALID),
        ({"sale_difference_centavos": 100, "total_centavos": 1100}, SaleFault.SALE_INVALID),
        ({"sale_difference_centavos": -100, "total_centavos": 900}, SaleFault.SALE_INVALID),
        ({"unearning_centavos": 1001}, SaleFault.SALE_INVALID),
        ({"unearning_centavos": -1}, SaleFault.SALE_INVALID),
        ({"total_centavos": 999}, SaleFault.TOTAL_MISMATCH),
        ({"type": "Z"}, SaleFault.TYPE_UNKNOWN),
        ({"type": None}, SaleFault.TYPE_UNKNOWN),
        ({"sold_at": datetime(1999, 1, 1, tzinfo=UTC)}, SaleFault.TYPE_UNKNOWN),
        ({"accepted_at": datetime(1999, 1, 1, tzinfo=UTC)}, SaleFault.TYPE_UNKNOWN),
    ],
    ids=str,
)
def test_what_is_no_sale_has_a_fault_and_nothing_else(wrong: dict[str, Any], fault: str) -> None:
    unlike_zero: dict[str, Any] = {"buyer": "cpf", "accepted_at": None}
    good = {name: unlike_zero.get(name, 0) for name in wrong if name not in line()}
    before, after = line(sale=0, **good), line(sale=2, **good)
    rows = told_of(before, line(**{**good, **wrong}), after)
    assert rows["fault"].to_list() == [None, fault, None]
    assert rows["cashback_centavos"].to_list() == [50, None, 50]
    calculated = SaleColumns(PROGRAMME)(frame(before, line(**{**good, **wrong}), after))
    assert (calculated.sales, calculated.faulty) == (3, 1)
    of_lines = calculated.rows.select(
        "net_centavos", "rate_bp", "rate_version", "excluded", "cashback_centavos",
        "sale_cashback_centavos", "nothing_due",
    )  # fmt: skip
    assert of_lines.row(1) == (None,) * 7
    assert of_lines.row(0) == of_lines.row(2) == (1000, 500, 1, False, 50, 50, None)


def test_lines_of_a_sale_agree_on_it() -> None:
    total = {"total_centavos": 2000}
    rows = told_of(line(**total, buyer="cpf"), line(**total, buyer=None))
    assert rows["fault"].to_list() == [SaleFault.SALE_DIFFERS]


def test_lines_that_stand_apart_do_not_make_their_total() -> None:
    rows = told_of(line(total_centavos=2000), line(sale=2), line(total_centavos=2000))
    mismatch = SaleFault.TOTAL_MISMATCH
    assert rows["fault"].to_list() == [mismatch, None, mismatch]


def test_a_sale_has_no_more_lines_than_a_fiscal_document() -> None:
    for count, fault in ((MAX_LINES, None), (MAX_LINES + 1, SaleFault.LINES_COUNT)):
        rows = told_of(*[line(total_centavos=1000 * count)] * count)
        assert rows.row(0, named=True)["fault"] == fault


def test_a_wall_clock_is_the_merchants() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    walls = [datetime(2026, 6, 3, 8, 59, 59), datetime(2026, 6, 3, 9)]  # noqa: DTZ001 (a wall's)
    lines = pl.DataFrame([line(sale=n, type="B", sold_at=wall) for n, wall in enumerate(walls)])
    rows = SaleColumns(PROGRAMME, SaleRules(zone=zone))(lines).rows
    assert rows["rate_version"].to_list() == [1, 2]


def test_of_a_time_that_a_wall_clock_showed_twice_it_is_the_first(tmp_path: Path) -> None:
    """On 17 February 2018 it was 23:30 in São Paulo at 01:30 and again at 02:30 UTC."""
    zone = ZoneInfo("America/Sao_Paulo")
    change = datetime(2018, 2, 18, 2, tzinfo=UTC)
    rates = tuple(
        Rate(type="A", rate_bp=500, version=version, starts_at=starts_at)
        for version, starts_at in enumerate((SINCE, change), start=1)
    )
    columns = SaleColumns(Programme(rates), SaleRules(zone=zone))
    wall = pl.DataFrame([line(sold_at=datetime(2018, 2, 17, 23, 30))])  # noqa: DTZ001 (a wall's)
    assert columns(wall).rows["rate_version"].to_list() == [1]
    wall.with_columns(pl.col("sold_at").dt.to_string("%Y-%m-%d %H:%M:%S")).write_csv(
        tmp_path / "wall.csv"
    )
    read = scan_lines(tmp_path / "wall.csv", zone=zone)
    assert columns.lazily(read).collect()["rate_version"].to_list() == [1]


def test_a_number_beyond_64_bits_is_not_taken_for_one_that_is_not_told() -> None:
    lines = frame(line(discount_centavos=0)).cast({"discount_centavos": pl.UInt64})
    beyond = lines.with_columns(discount_centavos=pl.lit(2**63 + 5, pl.UInt64))
    columns = SaleColumns(PROGRAMME)
    assert columns(lines).faulty == 0
    assert columns(beyond).rows["fault"].to_list() == [SaleFault.LINE_INVALID]


def test_a_time_that_no_wall_clock_showed_is_no_instant() -> None:
    skipped = datetime(2018, 11, 4, 0, 30)  # noqa: DTZ001 (a wall's)
    rows = SaleColumns(PROGRAMME)(pl.DataFrame([line(sold_at=skipped)])).rows
    assert rows["fault"].to_list() == [SaleFault.SALE_INVALID]


@pytest.mark.parametrize("mode", Rounding)
def test_amounts_are_made_of_value_and_quantity(mode: Rounding) -> None:
    told = [
        (9_990_000_000_0, 3_570),
        (125 * 10**8, 10_040),
        (0, 10_000),
        (10**16, 9_000_000),
        (MAX_VALUE_E10, 9_999),
        (123_456_789_012_345_678, 98_765),
        (MAX_VALUE_E10, MAX_QUANTITY_E4),
    ]
    amounts = [line_amount(value, qty, mode) for value, qty in told]
    lines = pl.DataFrame(
        [
            {"sale": n, "sold_at": AT, "type": "A", "value_e10": value, "qty_e4": qty}
            | {"total_centavos": amount}
            for n, ((value, qty), amount) in enumerate(zip(told, amounts, strict=True))
        ]
    )
    calculated = SaleColumns(PROGRAMME, SaleRules(line_rounding=mode))(lines)
    assert calculated.rows["net_centavos"].to_list() == amounts
    assert calculated.by_calculate == 4
    for name, wrong in (("qty_e4", 0), ("qty_e4", None), ("value_e10", -1)):
        bad = lines.with_columns(pl.lit(wrong, pl.Int64).alias(name))
        rows = SaleColumns(PROGRAMME)(bad, each=Each.SALE).rows
        assert set(rows["fault"]) == {SaleFault.LINE_INVALID}


def test_columns_may_be_of_other_types_that_hold_the_same() -> None:
    plain = frame(line(buyer="cpf"), line(sale=2, buyer="cnpj"))
    other = plain.with_columns(
        pl.col("amount_centavos", "total_centavos").cast(pl.UInt16),
        pl.col("type", "buyer").cast(pl.Categorical),
        pl.col("sold_at").cast(pl.Datetime("ns", "America/Manaus")),
        pl.col("sale").cast(pl.String),
    )
    columns = SaleColumns(PROGRAMME)
    new = ["net_centavos", "cashback_centavos", "nothing_due", "fault"]
    assert columns(other).rows.select(new).equals(columns(plain).rows.select(new))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (frame(line()).drop("sale", "type"), "columns are missing: sale, type"),
        (frame(line()).drop("amount_centavos"), "columns are missing: value_e10, qty_e4"),
        (frame(line(amount_centavos=10.5)), "amount_centavos is Float64"),
        (frame(line(total_centavos="10.00")), "total_centavos is String"),
        (frame(line()).cast({"sold_at": pl.String}), "sold_at is String"),
        (frame(line(fault="none")), "columns are in the way of the answer: fault"),
    ],
    ids=lambda told: told if isinstance(told, str) else "",
)
def test_a_frame_of_something_else_is_refused(lines: pl.DataFrame, words: str) -> None:
    with pytest.raises(ColumnsRefused, match=words):
        SaleColumns(PROGRAMME)(lines)
    with pytest.raises(ColumnsRefused, match=words):
        SaleColumns(PROGRAMME).lazily(lines)


def test_no_lines_are_no_sales() -> None:
    empty = frame(line()).clear()
    columns = SaleColumns(PROGRAMME)
    assert columns(empty)[1:] == (0, 0, 0, 0)
    assert columns.lazily(empty).collect().is_empty()
    assert columns(empty).rows.schema == columns.lazily(empty).collect_schema()


@pytest.mark.parametrize("each", Each)
def test_a_lazy_answer_is_read_as_far_as_it_is_wanted(each: Each) -> None:
    lines = frame(*(line(sale=n) for n in range(50)))
    lazily = SaleColumns(PROGRAMME).lazily(lines, each=each, batch_lines=5)
    assert lazily.head(7).collect().height == 7
    assert lazily.filter(pl.col("sale") == 33).select("cashback_centavos").collect().item() == 50
    assert lazily.collect_schema() == lazily.collect().schema


def test_a_stream_is_cut_between_sales_and_keeps_no_more_than_a_sale() -> None:
    numbers = [1, 1, 2, 3, 3, 3, *[4] * (MAX_LINES + 5), 5]
    frames = [pl.DataFrame({"sale": [n]}) for n in numbers]
    batches = [batch["sale"].to_list() for batch in whole_sales(frames)]
    assert [n for batch in batches for n in batch] == numbers
    assert batches[:3] == [[1, 1], [2], [3, 3, 3]]
    assert max(map(len, batches)) == MAX_LINES + 1, "what no sale may be is not kept for ever"


def test_what_is_computed_at_once_comes_in_order_and_a_fault_is_heard() -> None:
    frames = [pl.DataFrame({"sale": [n]}) for n in range(20)]
    assert list(in_order(lambda one: one["sale"][0], frames, 3)) == list(range(20))
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda one: 1 // one["sale"][0], frames, 3))
