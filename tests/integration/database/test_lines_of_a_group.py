"""The lines of many sales come in one statement, and each is looked at as if it came alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, LiteralString
from uuid import UUID

import psycopg
import pytest

from integration.products import put_product
from integration.whole_sale import CUSTOMER

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGAN: Final = datetime(2000, 1, 1, tzinfo=UTC)
FIRST, SECOND = UUID(int=1), UUID(int=2)
SALE: Final[LiteralString] = (
    "insert into sales (merchant_id, cashback_id, sold_at, document, name, total_centavos,"
    " discount_centavos, rounding, exact, raw_body, accepted_at) values"
    " (1, %s, now(), '79336512404', 'JOSE', 1000, 0, 'half_even', '0.50', '', now())"
)
LINES: Final[LiteralString] = (
    "insert into sale_lines (merchant_id, cashback_id, position, type, value_e10, qty_e4,"
    " amount_centavos, discount_centavos, rate_bp, rate_version, exact, cashback_centavos, sku)"
    " select 1, l.id, 0, l.type, 100000000000, 10000, 1000, 0, l.rate, 1, '0', 50, l.sku"
    " from unnest(%s::uuid[], %s::text[], %s::integer[], %s::text[]) as l (id, type, rate, sku)"
)


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """In the middle of a transaction that has two sales, and wants their lines."""
    with psycopg.connect(dsn) as connection:
        put_product(connection, 1, "CHA", ("A", BEGAN))
        put_product(connection, 1, "MATE", ("B", BEGAN))
        connection.commit()
        connection.execute(CUSTOMER)
        for id_ in (FIRST, SECOND):
            connection.execute(SALE, [id_])
        yield connection
        connection.rollback()


def told(connection: psycopg.Connection[Any], *lines: tuple[str, int, str | None]) -> None:
    """The first line is the first sale's, the second the other one's."""
    types, rates, skus = zip(*lines, strict=True)
    connection.execute(LINES, [[FIRST, SECOND], list(types), list(rates), list(skus)])


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (("B", 500, None), "type B had another rate"),
        (("A", 500, "MATE"), "product MATE was of another type"),
        (("B", 100, "CHA"), "product CHA was of another type"),
    ],
)
def test_one_wrong_line_is_refused_whatever_its_neighbour_is(
    connection: psycopg.Connection[Any], second: tuple[str, int, str | None], words: str
) -> None:
    with pytest.raises(psycopg.IntegrityError, match=words) as caught:
        told(connection, ("A", 500, None), second)
    assert caught.value.sqlstate == "23C01"
    assert caught.value.diag.constraint_name == "lines_follow_terms"


def test_what_any_of_them_uses_first_is_marked(connection: psycopg.Connection[Any]) -> None:
    told(connection, ("A", 500, "CHA"), ("B", 100, None))
    used = connection.execute(
        "select type from product_types where merchant_id = 1 and used_at is not null"
        " union all select sku from products where merchant_id = 1 and used_at is not null"
        " order by 1"
    ).fetchall()
    assert used == [("A",), ("B",), ("CHA",)]
