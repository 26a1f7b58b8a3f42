"""What tills print holds in the database too: amounts, sums, buyers, payments, whoever writes."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import psycopg
import pytest
from psycopg.errors import IntegrityError

from cashback_core.values.money import MAX_QUANTITY_E4, MAX_VALUE_E10, PRODUCT_PER_CENTAVO
from integration.database.test_recorded_stays import record, recording
from integration.whole_sale import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator


def also(**columns: str) -> dict[str, str]:
    """WHOLE with these of its sale, each as an expression."""
    sale = WHOLE["sale"].replace("accepted_at)", f"accepted_at, {', '.join(columns)})")
    return {**WHOLE, "sale": f"{sale.removesuffix(')')}, {', '.join(columns.values())})"}


def lines(**columns: str) -> dict[str, str]:
    """WHOLE with these of its lines."""
    told = WHOLE["lines"].replace(
        "cashback_centavos) ", f"cashback_centavos, {', '.join(columns)}) "
    )
    return {
        **WHOLE,
        "lines": told.replace(" from gen", f", {', '.join(columns.values())} from gen"),
    }


NOBODY: Final = {
    **WHOLE,
    "sale": also(nothing_due="'nobody'")["sale"].replace("'79336512404', 'JOSE'", "null, null"),
    "cashback": WHOLE["cashback"]
    .replace("'pending', 1, 0, 75", "'not_due', 1, 0, 0")
    .replace("now(), now(), now()", "now(), now(), null"),
    "lines": WHOLE["lines"].replace("50 - i * 25", "0"),
}
SURCHARGED: Final = {
    **lines(surcharge_centavos="case i when 1 then 30 end"),
    "sale": also(surcharge_centavos="20", difference_centavos="-50")["sale"],
}
"""Lines of 10.00 and 10.00 - 5.00 + 0.30, a discount of 5.00: 10.30 + 0.20 - 0.50 are 10.00."""


def unpaid(why: str, exact: str) -> dict[str, str]:
    """A sale of somebody's for which nothing is due, for a reason."""
    sale = also(nothing_due=f"'{why}'")["sale"].replace("'0.75'", f"'{exact}'")
    return {**NOBODY, "sale": sale}


TAKEN: Final = {
    "what rounds to zero": unpaid("rounds_to_zero", "0.004"),
    "what earns nothing": unpaid("earns_nothing", "0.00"),
    "a company that is only recorded": unpaid("company", "0.00"),
    "to nobody": NOBODY,
    "surcharges and a difference": SURCHARGED,
    "payments": also(payments="""'[["pix", 300], ["cashback", 700]]'"""),
    "a place": also(store="'7'", till="'3'", series="'1'"),
    "notes": also(cashier="'RUI'", metadata="""'{"a": "1"}'"""),
    "an invoice": also(
        invoice_cnpj="'12ABC34501DE35'",
        invoice_month="'2026-01'",
        invoice_series="0",
        invoice_number="999999999",
    ),
    "a company": {
        **WHOLE,
        "company": "insert into customers (merchant_id, document, name) values"
        " (1, '12ABC34501DE35', 'X'), (1, 'E2345678000195', 'X'), (1, 'F:AA-12.3/4', 'X')",
    },
}
REFUSED: Final = {
    "nothing, called rounded": unpaid("rounds_to_zero", "0.00"),
    "a part of a centavo, called nothing": unpaid("earns_nothing", "0.004"),
    "a reason that there is not": unpaid("tired", "0.00"),
    "nobody's by name": {**NOBODY, "sale": NOBODY["sale"].replace("null, null", "null, 'JOSE'")},
    "nobody's for another reason": {
        **NOBODY,
        "sale": NOBODY["sale"].replace("'nobody'", "'rounds_to_zero'"),
    },
    "somebody's called nobody's": also(nothing_due="'nobody'"),
    "nothing due although it is": also(nothing_due="'company'"),
    "not due, and not why": {**NOBODY, "sale": WHOLE["sale"]},
    "a surcharge that its total lacks": {**SURCHARGED, "sale": WHOLE["sale"]},
    "a surcharge that its lines lack": also(surcharge_centavos="20"),
    "a surcharge of nothing": also(surcharge_centavos="0"),
    "a difference of a real": also(difference_centavos="100"),
    "payments that do not add up": also(payments="""'[["pix", 300], ["cash", 701]]'"""),
    "payments less than nothing": also(payments="""'[["pix", 1001], ["cash", -1]]'"""),
    "a payment of another kind": also(payments="""'[["bitcoin", 1000]]'"""),
    "no payments at all": also(payments="'[]'"),
    "a till with a blank": also(till="'a b'"),
    "a store of no name": also(store="''"),
    "a series that is long": also(series="repeat('9', 33)"),
    "metadata that are none": also(metadata="'[1]'"),
    "half an invoice": also(invoice_cnpj="'11222333000181'", invoice_month="'2026-01'"),
    "an invoice of no month": also(
        invoice_cnpj="'11222333000181'",
        invoice_month="'2026-13'",
        invoice_series="0",
        invoice_number="1",
    ),
    "alike to itself": also(alike_to="%(id)s"),
    "alike to another before the first": also(also_alike_to="%(id)s"),
    "a surcharge less than nothing": lines(surcharge_centavos="-1"),
    "a difference of two reais": lines(difference_centavos="200"),
    "an amount that it is not, told with a difference": {
        **lines(difference_centavos="1"),
        "sale": WHOLE["sale"],
    },
    "alike to nothing": also(alike_to="gen_random_uuid()"),
    "an amount that it is not": {**WHOLE, "lines": WHOLE["lines"].replace("1000, i *", "999, i *")},
    "a difference of nothing": lines(difference_centavos="0"),
    "a difference that its amount lacks": lines(difference_centavos="1"),
    "excluded, and it pays": lines(excluded="true"),
    "not excluded, in words": lines(excluded="false"),
    "excluded where its type is not": {
        **NOBODY,
        "lines": lines(excluded="true")["lines"]
        .replace("50 - i * 25", "0")
        .replace("i * 500, 500", "i * 500, 0"),
    },
    "a document of thirteen": {
        "c": "insert into customers (merchant_id, document, name) values (1, '1122233300018', 'X')"
    },
    "a foreign document of four": {
        "c": "insert into customers (merchant_id, document, name) values (1, 'F:A123', 'X')"
    },
    "a pseudonym that is not erased": {
        "c": "insert into customers (merchant_id, document, name)"
        " values (1, 'E' || repeat('0', 32), 'X')"
    },
}


@pytest.mark.parametrize("statements", TAKEN.values(), ids=TAKEN.keys())
def test_the_database_takes(dsn: str, statements: dict[str, str]) -> None:
    with recording(dsn) as serving:
        record(serving, statements)


@pytest.mark.parametrize("statements", REFUSED.values(), ids=REFUSED.keys())
def test_the_database_refuses(dsn: str, statements: dict[str, str]) -> None:
    with recording(dsn) as serving, pytest.raises(IntegrityError):
        record(serving, statements)


def test_an_amount_is_value_times_quantity_rounded_whatever_rounds_it(dsn: str) -> None:
    """In integers and in numeric alike, up to the highest value and quantity."""
    rows = list(_amounts(Random(13)))
    with psycopg.connect(dsn) as connection:
        told = connection.execute(
            "select is_beside(value_e10, qty_e4,"
            " amount_centavos - coalesce(difference_centavos, 0))"
            " from unnest(%s::bigint[], %s::integer[], %s::bigint[], %s::smallint[])"
            " with ordinality as l (value_e10, qty_e4, amount_centavos, difference_centavos, nth)"
            " order by nth",
            list(map(list, zip(*rows, strict=True))),
        ).fetchall()
    expected = [
        abs((amount - (difference or 0)) * PRODUCT_PER_CENTAVO - value * qty) < PRODUCT_PER_CENTAVO
        for value, qty, amount, difference in rows
    ]
    assert {True, False} <= set(expected)
    assert [row[0] for row in told] == expected


def _amounts(random: Random) -> Iterator[tuple[int, int, int, int | None]]:
    for _ in range(500):
        value = random.randint(0, MAX_VALUE_E10) // 10 ** random.randint(0, 18)
        qty = 1 + random.randint(0, MAX_QUANTITY_E4 - 1) // 10 ** random.randint(0, 9)
        if random.random() < 0.3:  # whole centavos, whole pieces
            value, qty = value - value % 10**8, max(10**4, qty - qty % 10**4)
        below = value * qty // PRODUCT_PER_CENTAVO
        for amount in range(max(0, below - 1), below + 3):
            yield value, qty, amount, random.choice([None, None, 1, -1])
    yield MAX_VALUE_E10, MAX_QUANTITY_E4, 999_989_999_900_001, None
    yield MAX_VALUE_E10, MAX_QUANTITY_E4, 999_989_999_900_002, None
    for product in (9_223_371_036_854_775_807, 9_223_371_036_854_775_808):  # the last in integers
        yield product // 2, 2, product // PRODUCT_PER_CENTAVO, None
        yield product // 2, 2, product // PRODUCT_PER_CENTAVO + 2, None
