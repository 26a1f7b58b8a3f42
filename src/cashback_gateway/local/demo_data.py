"""What a local run starts with: a merchant, the challenge's product types, a user of each role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adapters.credentials.password_hashes import hash_password
from adapters.postgres.connection.sessions import Session, opened

if TYPE_CHECKING:
    import psycopg

MERCHANT: Final = "demo"
USERNAME: Final = "demo"
"""The ERP's."""

ROLES: Final = {
    USERNAME: "erp",
    "demo-operator": "operator",
    "demo-analyst": "analyst",
    "demo-admin": "admin",
    "demo-platform": "platform",
}
"""Who there is, each by what they are there for; the platform's administrator has no merchant."""

RATES_BP: Final = {"A": 500, "B": 100, "C": 800, "D": 1000}
"""The first implementation's rates: 5 %, 1 %, 8 %, 10 %."""

MAX_SALE_AGE_DAYS: Final = 3653
"""Ten years: the challenge's own examples are of another year. A real merchant has 30 days."""

_SESSION: Final = Session(application="cashback demo data", deadline_s=20.0)
"""As the owner: no role of ours makes a merchant and its sales' terms at once."""


def load(dsn: str, password: str) -> list[str]:
    """Make the demo merchant and its users, all with that password; those who are new.

    Only the password's hash is stored, and a user who is there keeps theirs.
    """
    merchant_id = load_merchant(dsn)
    with opened(dsn, _SESSION) as connection:
        rows = connection.execute(
            "select username from users where username = any(%s)", [list(ROLES)]
        ).fetchall()
        known = {username for (username,) in rows}
        missing = [username for username in ROLES if username not in known]
        password_hash = hash_password(password) if missing else ""
        return [name for name in missing if _add(connection, name, merchant_id, password_hash)]


def _add(
    connection: psycopg.Connection[Any], username: str, merchant_id: int, password_hash: str
) -> bool:
    role = ROLES[username]
    made = connection.execute(
        "insert into users (username, merchant_id, role, password_hash)"
        " values (%s, %s, %s, %s) on conflict (username) do nothing",
        [username, None if role == "platform" else merchant_id, role, password_hash],
    )
    return made.rowcount == 1


def load_merchant(dsn: str, *, slug: str = MERCHANT, name: str = "Demo retailer") -> int:
    """Make a merchant with the demo rates unless it is there; its id."""
    with opened(dsn, _SESSION) as connection:
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
