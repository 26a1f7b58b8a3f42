"""A whole file of a day, as an import leaves one, for tests of what is done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID


def keep_day_file(dsn: str, day: date, *, merchant_id: int = 1) -> UUID:
    """Keep one of a single line, of a sale that has not come; its id."""
    id_ = new_id()
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into files (file_id, kind, merchant_id, sha256, identity, name, declared_by,"
            " day) values (%(id)s, 'erp_day', %(merchant)s, sha256(%(name)s), sha256(%(name)s),"
            " 'day.csv', 'ana', %(day)s)",
            {"id": id_, "merchant": merchant_id, "name": id_.bytes, "day": day},
        )
        connection.execute(
            "insert into erp_lines (file_id, line, merchant_id, name_kind, name, sold_at,"
            " total_centavos, cashback_centavos)"
            " values (%s, 1, %s, 'sale_id', 'nf-4711-lost', %s + time '15:00', 10000, 500)",
            [id_, merchant_id, day],
        )
        connection.execute(
            "update files set lines = 1, centavos = 10000, gross_centavos = 10000,"
            " read_through = 1, completed_at = now() where file_id = %s",
            [id_],
        )
    return id_
