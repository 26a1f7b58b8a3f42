"""Sales that were recorded before content names had their present layout are known by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres import migrate
from adapters.postgres.sales.store import PostgresCashbackStore
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.sales.calculation import calculate
from cashback_core.sales.content import content_names
from cashback_core.sales.sale import Line
from contract.builders import PROGRAMME, SOLD_AT, a_sale, accepted, submitted

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database


@pytest.fixture
def store(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy())


def names_again() -> bytes:
    """The statement of the migration that names what is recorded."""
    (path,) = (Path(migrate.__file__).parent / "migrations").glob("*_same_sale.sql")
    text = path.read_text(encoding="utf-8")
    begin = text.index("insert into sale_names")
    return text[begin : text.index(";", begin)].encode()


async def test_the_database_makes_the_same_names_of_what_is_recorded(
    store: PostgresCashbackStore, dsn: str
) -> None:
    lines = (
        Line(type="B", value_centavos=1_050, qty_thousandths=350, discount_centavos=7),
        Line(type="A", value_centavos=999, qty_thousandths=12_000),
        Line(type="A", value_centavos=9, qty_thousandths=12_000),
        Line(type="A", value_centavos=9, qty_thousandths=2_000),
    )
    nets = sum(line.net_centavos for line in lines)
    many = replace(a_sale(), lines=lines, total_centavos=nets - 11, discount_centavos=11)
    sales = [many, a_sale(sold_at=SOLD_AT.replace(microsecond=1_230)), a_sale(sale_id="NF-1")]
    for sale in sales:
        submission = replace(submitted(sale), cashback=calculate(sale, PROGRAMME))
        await accepted(store, submission)
    await accepted(store, submitted(replace(sales[2], sale_id="NF-2")))
    with psycopg.connect(dsn) as owner:
        owner.execute("set session_replication_role = replica")  # the names are guarded
        before = owner.execute(CONTENTS).fetchall()
        owner.execute("delete from sale_names where kind = 'content'")
        owner.execute(names_again())
        assert owner.execute(CONTENTS).fetchall() == before
        assert {name for name, _ in before} == {n for sale in sales for n in content_names(sale)}


CONTENTS = "select name, cashback_id from sale_names where kind = 'content' order by name"
