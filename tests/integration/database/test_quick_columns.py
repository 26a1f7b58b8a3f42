"""Both ways of writing take their columns from one list, and nobody forgets one in it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import psycopg
import pytest

from adapters.postgres.delivery.conclusions import result_row
from adapters.postgres.sales.acceptance import sale_row
from adapters.postgres.sales.brakes import Brakes
from cashback_core.delivery.evidence import ProviderAnswer
from cashback_core.delivery.states import Actor, Conclusion, Delivery, Move, Status
from cashback_core.sales.payments import Payment, PaymentKind
from cashback_core.sales.place import Place
from cashback_core.sales.same_sale import NewSale
from cashback_core.values.ids import new_id
from contract.builders import SOLD_AT, submitted, unchecked
from contract.tills import INVOICE
from integration.database.test_group_writer import applied, submission

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

LATER: Final = {
    "cashbacks": {"confirmed_at", "applied_at", "risk_accepted_at"},
    "events": {"actor_name", "position"},
}
"""What a table has that no acceptance writes."""


def told_with_everything() -> dict[str, Any]:
    line = unchecked(
        submission(1).sale.lines[0], sku="S", surcharge_centavos=1, difference_centavos=1
    )
    sale = unchecked(
        submission(1).sale,
        lines=(line,),
        surcharge_centavos=1,
        difference_centavos=1,
        payments=(Payment(kind=PaymentKind.PIX, value_centavos=1),),
        place=Place(store="1", till="2", series="3"),
        sale_id=INVOICE,
        confirm_later=True,
        cashier="ANA",
        metadata=(("a", "b"),),
    )
    told = submitted(submission(1).sale)
    cashback = replace(
        told.cashback,
        lines=tuple(replace(earned, excluded=True) for earned in told.cashback.lines),
        surcharge_earns=True,
    )
    meaning = NewSale(same_content_as=new_id(), alike_to=(new_id(), new_id()))
    everything = replace(told, sale=sale, cashback=cashback, submitted_by="user:ana")
    return sale_row(everything, meaning, Brakes(), name_differs=False)


def ended_with_everything() -> dict[str, Any]:
    answer = ProviderAnswer(status_code=201, id="1", message="ok", created_at="now")
    before = Delivery(status=Status.SENDING, attempt=1, open_since_at=SOLD_AT)
    moved = Conclusion(
        move=Move(to=Status.PENDING, actor=Actor.API, reason="x", due_at=SOLD_AT), incident="x"
    )
    # When it was paid before, the plain way alone knows.
    return result_row(applied(submission(1)), answer, moved, before, 2) | {"after": None}


def read_by(dsn: str, function: str) -> list[str]:
    """The source of a function, and the columns of each list that it reads."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select prosrc from pg_proc where proname = %s", [function]
        ).fetchone()
    assert row is not None
    return [
        str(row[0]),
        *re.findall(r"_to_recordset\([a-z.]+\) as [il] \((.*?)\)", row[0], re.DOTALL),
    ]


def names(listed: str) -> set[str]:
    return {part.split()[0].strip('"') for part in listed.split(",")}


def test_of_a_sale_all_that_is_told_is_read_and_nothing_else(dsn: str) -> None:
    told = told_with_everything()
    _, sale, line = read_by(dsn, "write_sales")
    assert names(sale) == told.keys()
    assert names(line) == told["lines"][0].keys()


def test_of_an_end_all_that_is_told_is_read_and_nothing_else(dsn: str) -> None:
    _, end = read_by(dsn, "write_results")
    assert names(end) == ended_with_everything().keys()


@pytest.mark.parametrize("table", ["sales", "sale_lines", "cashbacks", "events"])
def test_a_column_of_a_table_is_written_by_an_acceptance(dsn: str, table: str) -> None:
    body, *_ = read_by(dsn, "write_sales")
    found = re.search(rf"insert into {table} \((.*?)\)", body, re.DOTALL)
    assert found is not None
    assert names(found[1]) == columns(dsn, table) - LATER.get(table, set())


def test_what_is_read_is_written(dsn: str) -> None:
    """Named once in the list, and once at least where it goes."""
    for function in ("write_sales", "write_results"):
        body, *lists = read_by(dsn, function)
        for listed in lists:
            body = body.replace(listed, "")
        told = {name for listed in lists for name in names(listed)}
        assert {name for name in told if not re.search(rf"(?<![a-z_]){name}\b", body)} == set()


def columns(dsn: str, table: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        found: Iterable[tuple[str]] = connection.execute(
            "select column_name from information_schema.columns"
            " where table_schema = 'public' and table_name = %s",
            [table],
        ).fetchall()
    return {name for (name,) in found}
