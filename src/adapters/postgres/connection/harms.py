"""By what a login that may only read could be in the way of whoever sells.

`schema/everybody.py` takes it away where it may; here is told what of it is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.connection.sessions import REPORTING_ROLE

if TYPE_CHECKING:
    import psycopg

TAKEN: Final[LiteralString] = (
    "p.pronamespace = 'pg_catalog'::regnamespace and ("
    "p.proname ~ '^pg_(try_)?advisory_' or p.proname in ("
    "'lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lowrite', 'lo_truncate',"
    " 'lo_truncate64', 'pg_logical_emit_message', 'pg_current_xact_id', 'txid_current'))"
)
"""Of `pg_proc as p`, functions by which a login without any right is in the way of others."""

SPOKEN: Final[LiteralString] = "l.lanispl and l.lanpltrusted"
"""Of `pg_language as l`, those that everybody may write blocks in.

A loop that commits takes 300,000 transaction numbers in three seconds, and a server has 2^31 until
it must clear them away.
"""


def left_to(connection: psycopg.Connection[Any]) -> list[str]:
    """By what a reporting login could be in the way of sales: names of what it may use."""
    found = connection.execute(
        "select distinct p.proname from pg_proc as p where " + TAKEN + " and"  # noqa: S608 (literals)
        " has_function_privilege(%(role)s, p.oid, 'execute')"
        " union all select 'language ' || l.lanname from pg_language as l where " + SPOKEN + " and"
        " has_language_privilege(%(role)s, l.oid, 'usage')"
        " union all select 'schema ' || n.nspname from pg_namespace as n where exists ("
        "  select from pg_class as c where c.relnamespace = n.oid and c.relname = 'brakes_lock')"
        " and has_schema_privilege(%(role)s, n.oid, 'usage') order by 1",
        {"role": REPORTING_ROLE},
    )
    return [str(name) for (name,) in found.fetchall()]
