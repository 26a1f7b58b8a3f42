"""What each role may do in a database, read from its catalogue; docs/database.md has the table.

`python -m adapters.postgres.schema.rights docs/database.md` writes it anew from the migrations.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, LiteralString, NamedTuple

import psycopg

from adapters.postgres.connection.sessions import REPORTING_ROLE, DatabaseRole

if TYPE_CHECKING:
    from collections.abc import Iterable

BEGIN: Final = "<!-- the table of rights -->\n"
END: Final = "<!-- the end of the table of rights -->\n"
PUBLIC: Final = "public"
"""Everybody, whatever their role; what everybody may do is not said again of a role."""


class Right(NamedTuple):
    """A role, what it is about, and what it may do there, as the table says it."""

    role: str
    on: str
    may: str


_VERBS: Final = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
_MAINTAIN_SINCE: Final = 170_000
_RELATIONS: Final[LiteralString] = """
    with roles as (
        select r.name, case when r.name = 'public' then 0 else r.name::regrole::oid end as id
        from unnest(%(roles)s::text[]) as r (name)
    ), verbs (verb, place) as (
        select v, i from unnest(%(verbs)s::text[]) with ordinality as v (v, i)
    ), whole as (
        select r.name, c.oid, c.relkind, c.relname, n.nspname as home, v.verb, v.place,
            has_table_privilege(r.name, c.oid, v.verb) as held
        from roles as r cross join verbs as v cross join pg_class as c
        join pg_namespace as n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^(pg_|information_schema$)'
    ), told as (
        select w.name, w.relkind, w.home, w.relname, w.place, case
            when w.held then w.verb
            when w.verb in ('select', 'insert', 'update', 'references') then (
                select w.verb || ' (' || string_agg(a.attname, ', ' order by a.attnum) || ')'
                from pg_attribute as a
                where a.attrelid = w.oid and a.attnum > 0 and not a.attisdropped
                    and has_column_privilege(w.name, w.oid, a.attnum, w.verb)
            )
        end as may
        from whole as w
    )
    select name, case when relkind in ('r', 'p') then 'table ' else 'view ' end
            || case home when 'public' then '' else home || '.' end || relname,
        string_agg(may, ', ' order by place)
    from told where may is not null group by name, relkind, home, relname
"""
_OTHERS: Final[LiteralString] = """
    with roles as (
        select r.name, case when r.name = 'public' then 0 else r.name::regrole::oid end as id
        from unnest(%(roles)s::text[]) as r (name)
    ), held (name, thing, verb) as (
        select r.name, 'sequence ' || c.relname, v
        from roles as r cross join unnest(array['usage', 'select', 'update']) as v
        cross join pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where c.relkind = 'S' and n.nspname !~ '^(pg_|information_schema$)'
            and has_sequence_privilege(r.name, c.oid, v)
        union all
        select r.name, 'function ' || p.proname, 'execute'
        from roles as r cross join pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
        where n.nspname !~ '^(pg_|information_schema$)'
            and has_function_privilege(r.name, p.oid, 'execute')
        union all
        select r.name, 'schema ' || n.nspname, v
        from roles as r cross join unnest(array['usage', 'create']) as v
        cross join pg_namespace as n
        where n.nspname !~ '^(pg_|information_schema$)' and has_schema_privilege(r.name, n.oid, v)
        union all
        select r.name, 'the database', v
        from roles as r cross join unnest(array['connect', 'create', 'temporary']) as v
        where has_database_privilege(r.name, current_database(), v)
        union all
        select r.name, 'itself', 'be a member of ' || m.roleid::regrole
        from roles as r join pg_auth_members as m on m.member = r.id
        union all
        select r.name, 'itself', v.can
        from roles as r join pg_roles as p on p.oid = r.id
        cross join lateral (values
            (p.rolsuper, 'be superuser'), (p.rolbypassrls, 'pass every policy'),
            (p.rolcreaterole, 'make roles'), (p.rolcreatedb, 'make databases'),
            (p.rolreplication, 'replicate'), (p.rolcanlogin, 'log in')
        ) as v (has, can)
        where v.has
        union all
        select r.name, 'what ' || d.defaclrole::regrole || ' will make', case d.defaclobjtype
            when 'r' then 'tables: ' when 'S' then 'sequences: ' when 'f' then 'functions: '
            when 'T' then 'types: ' when 'n' then 'schemas: ' else 'others: '
        end || lower(a.privilege_type)
        from pg_default_acl as d cross join aclexplode(d.defaclacl) as a
        join roles as r on r.id = a.grantee
        union all
        select r.name, 'what it owns', o.classid::regclass || ' ' || o.objid
        from roles as r join pg_shdepend as o on o.refobjid = r.id
        where o.refclassid = 'pg_authid'::regclass and o.deptype = 'o' and r.id <> 0
            and o.dbid in (0, (select oid from pg_database where datname = current_database()))
    )
    select name, thing, string_agg(distinct verb, ', ' order by verb) from held group by 1, 2
"""


def rights(connection: psycopg.Connection[Any]) -> list[Right]:
    """What everybody, and each of our roles beyond that, may do in this database; sorted."""
    newer = connection.info.server_version >= _MAINTAIN_SINCE
    asked = {
        "roles": [PUBLIC, *(role.value for role in DatabaseRole), REPORTING_ROLE],
        "verbs": [*_VERBS, "maintain"] if newer else [*_VERBS],
    }
    found = [
        Right(*row)
        for query in (_RELATIONS, _OTHERS)
        for row in connection.execute(query, asked).fetchall()
    ]
    everybodys = {(right.on, right.may) for right in found if right.role == PUBLIC}
    return sorted(
        right for right in found if right.role == PUBLIC or (right.on, right.may) not in everybodys
    )


def table(found: Iterable[Right]) -> str:
    """The table in Markdown."""
    lines = [f"| `{right.role}` | {right.on} | {right.may} |" for right in found]
    return "\n".join(["| role | on | may |", "|---|---|---|", *lines, ""])


def read(page: str) -> list[Right]:
    """The rows of the table in a page. Raises ValueError when there is none."""
    told = page.split(BEGIN, 1)[1].split(END, 1)[0] if BEGIN in page else ""
    rows = [line.strip("|").split("|") for line in told.splitlines()[2:] if line]
    if not rows:
        raise ValueError("no table of rights in this page")
    return [Right(role.strip(" `"), on.strip(), may.strip()) for role, on, may in rows]


def _main(path: Path) -> None:
    from adapters.postgres.embedded import throwaway_postgres
    from adapters.postgres.schema.migration import migrate

    with throwaway_postgres() as server:
        dsn = server.create_database("rights")
        migrate(dsn)
        with psycopg.connect(dsn) as connection:
            made = table(rights(connection))
    page = path.read_text("utf-8")
    before, after = page.split(BEGIN, 1)[0], page.split(END, 1)[1]
    path.write_text(f"{before}{BEGIN}{made}{END}{after}", "utf-8")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
