"""What a local run starts with: one merchant, the challenge's product types, one user."""

from __future__ import annotations

from typing import Final

import psycopg

from adapters.http.identity.passwords import hash_password

MERCHANT: Final = "demo"
USERNAME: Final = "demo"
RATES_BP: Final = {"A": 500, "B": 100, "C": 800, "D": 1000}
"""The first implementation's rates: 5 %, 1 %, 8 %, 10 %."""

MAX_SALE_AGE_DAYS: Final = 3653
"""Ten years: the challenge's own examples are of another year. A real merchant has 30 days."""


def load(dsn: str, password: str) -> bool:
    """Make the demo merchant and its user, who may submit and read; whether the user is new.

    Only the password's hash is stored, and a user who is there keeps theirs.
    """
    merchant_id = load_merchant(dsn)
    with psycopg.connect(dsn) as connection:
        known = connection.execute("select 1 from users where username = %s", [USERNAME]).fetchone()
        if known is not None:
            return False
        made = connection.execute(
            "insert into users (username, merchant_id, role, password_hash)"
            " values (%s, %s, 'erp', %s) on conflict (username) do nothing",
            [USERNAME, merchant_id, hash_password(password)],
        )
    return made.rowcount == 1


def load_merchant(dsn: str, *, slug: str = MERCHANT, name: str = "Demo retailer") -> int:
    """Make a merchant with the demo rates unless it is there; its id."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into merchants (slug, name, max_sale_age_days) values (%s, %s, %s)"
            " on conflict (slug) do nothing",
            [slug, name, MAX_SALE_AGE_DAYS],
        )
        found = connection.execute(
            "select merchant_id from merchants where slug = %s", [slug]
        ).fetchone()
        if found is None:
            raise LookupError(slug)
        merchant_id = int(found[0])
        for type_, rate_bp in RATES_BP.items():
            connection.execute(
                "insert into product_types (merchant_id, type) values (%s, %s)"
                " on conflict do nothing",
                [merchant_id, type_],
            )
            connection.execute(
                "insert into rates (merchant_id, type, version, rate_bp, starts_at)"
                " select t.merchant_id, t.type, 1, %s, '2000-01-01T00:00:00Z'"
                " from product_types as t where t.merchant_id = %s and t.type = %s"
                " and not exists (select from rates as r"
                " where r.merchant_id = t.merchant_id and r.type = t.type)",
                [rate_bp, merchant_id, type_],
            )
    return merchant_id
